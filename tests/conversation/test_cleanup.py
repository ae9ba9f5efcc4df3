import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from conversation import cleanup
from conversation.cleanup import Cleanup
from conversation.failures import Failures
from conversation.tables import Conversation, InboxEvent, Message, OutboxItem, Receipt
from db.base import now
from db.engine import Database

DAY_S = 86_400


async def _add(database: Database, name: str, days: float, status: str = "done") -> None:
    """Put one of each into the database, `days` old."""
    at = now() - timedelta(days=days)
    async with database.write() as session:
        session.add(Conversation(id=name, channel="phone", address=name))
        await session.flush()
        session.add(
            Message(id=name, conversation_id=name, seq=1, author="bot", text="x", lang="id")
        )
        await session.flush()
        session.add(
            InboxEvent(
                id=name,
                channel="phone",
                source_id=name,
                status=status,
                raw={"a": 1},
                received_at=at,
            )
        )
        session.add(Receipt(channel="phone", external_id=name, state="read", at=at))
        sent = "sent" if status == "done" else "pending"
        session.add(
            OutboxItem(
                id=name,
                message_id=name,
                conversation_id=name,
                channel="phone",
                address=name,
                seq=1,
                status=sent,
                next_at=at,
            )
        )


async def _left(database: Database) -> dict[str, list[str]]:
    async with database.read() as session:
        return {
            "events": sorted(row.id for row in await session.scalars(select(InboxEvent))),
            "receipts": sorted(row.external_id for row in await session.scalars(select(Receipt))),
            "messages": sorted(row.id for row in await session.scalars(select(OutboxItem))),
        }


async def test_only_what_no_repeat_can_need_is_forgotten(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cleanup, "_BATCH", 2)  # so that it takes several
    for n in range(5):
        await _add(database, f"old{n}", days=9)
    await _add(database, "fresh", days=7)
    await _add(database, "open", days=9, status="new")
    await _add(database, "parked", days=9, status="parked")
    await _add(database, "never looked at", days=31, status="parked")

    gone = await Cleanup(database, tmp_path / "none", timedelta(days=8)).once()

    assert gone == {"events": 6, "receipts": 8, "messages": 5, "files": 0}
    assert await _left(database) == {
        "events": ["fresh", "open", "parked"],
        "receipts": ["fresh"],
        "messages": ["fresh", "never looked at", "open", "parked"],
    }
    assert [event.id for event in await Failures(database).events()] == ["parked"]


async def test_files_are_deleted_when_their_days_are_over(
    sqlite_database: Database, tmp_path: Path
) -> None:
    files = tmp_path / "files"
    files.mkdir()
    for name, days in {"old": 3.1, "old.part": 3.1, "fresh": 2.9}.items():
        (files / name).write_bytes(b"x")
        os.utime(files / name, (time.time() - days * DAY_S,) * 2)

    gone = await Cleanup(sqlite_database, files, timedelta(days=3)).once()

    left = {name: (files / name).exists() for name in ("old", "old.part", "fresh")}
    assert (gone["files"], left) == (2, {"old": False, "old.part": False, "fresh": True})
