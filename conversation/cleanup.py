"""Forget what no repeat and no receipt can need any more; runs by itself in every app process.

Vendors repeat for 7 days, so keys are kept for 8. Rows go in small batches: a long deletion would
keep customers' messages waiting for the database.
"""

import asyncio
import random
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import structlog
from sqlalchemy import ColumnElement, Select, delete, select, tuple_, update
from sqlalchemy.orm import InstrumentedAttribute

from conversation.tables import InboxEvent, OutboxItem, Receipt
from db.base import now
from db.engine import Database

log = structlog.get_logger()

KEYS_KEPT = timedelta(days=8)
_PARKED_KEPT = timedelta(days=30)  # customers' words that nobody looked at in a month
_BATCH = 500


class Cleanup:
    """Deletes old keys, raw events, receipts, delivered rows and files."""

    def __init__(self, database: Database, files: Path, files_kept: timedelta) -> None:
        """`files` is the folder of what customers sent."""
        self._database = database
        self._files = files
        self._files_kept = files_kept

    async def run(self, every_s: float = 3600.0) -> None:
        """Clean up until cancelled, at once and then about every `every_s`."""
        while True:
            try:
                await self.once()
            except Exception:
                log.exception("clean-up stopped for now")
            # Several processes on one database should not all come at once.
            await asyncio.sleep(every_s * random.uniform(0.9, 1.1))  # noqa: S311

    async def once(self) -> Mapping[str, int]:
        """Forget what is old now; return how many of each were forgotten."""
        moment = now()
        old = moment - KEYS_KEPT
        await self._give_up_parked(moment - _PARKED_KEPT)
        gone = {
            "events": await self._delete(
                InboxEvent,
                [InboxEvent.id],
                InboxEvent.status == "done",
                InboxEvent.received_at < old,
            ),
            "receipts": await self._delete(
                Receipt, [Receipt.channel, Receipt.external_id], Receipt.at < old
            ),
            "messages": await self._delete(
                OutboxItem,
                [OutboxItem.id],
                OutboxItem.status.in_(("sent", "dropped")),
                OutboxItem.next_at < old,
            ),
            "files": await asyncio.to_thread(
                _delete_files, self._files, time.time() - self._files_kept.total_seconds()
            ),
        }
        if any(gone.values()):
            log.info("old things forgotten", **gone)
        return gone

    async def _delete(
        self,
        table: type[InboxEvent | Receipt | OutboxItem],
        key: list[InstrumentedAttribute[str]],
        *which: ColumnElement[bool],
    ) -> int:
        gone = 0
        found = cast("Select[Any]", select(*key).where(*which).limit(_BATCH))
        while True:
            async with self._database.read() as session:  # looking for them keeps nobody waiting
                keys = [tuple(row) for row in await session.execute(found)]
            if not keys:
                return gone
            async with self._database.write() as session:
                await session.execute(delete(table).where(tuple_(*key).in_(keys), *which))
            gone += len(keys)

    async def _give_up_parked(self, before: datetime) -> None:
        async with self._database.write() as session:
            await session.execute(
                update(InboxEvent)
                .where(InboxEvent.status == "parked", InboxEvent.received_at < before)
                .values(status="done", raw=None)
            )


def _delete_files(folder: Path, before_s: float) -> int:
    """Delete what was written before that moment, also what a crash left half written."""
    gone = 0
    for path in folder.glob("*") if folder.is_dir() else ():
        try:
            if path.is_file() and path.stat().st_mtime < before_s:
                path.unlink()
                gone += 1
        except FileNotFoundError:  # another process was faster
            continue
    return gone
