"""What could not be taken in or delivered: shown, tried again, or put away for good by a person."""

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import select, update

from conversation.tables import InboxEvent, OutboxItem
from db.base import now
from db.engine import Database


class Failures:
    """Reads and settles parked events and undelivered messages; ids are unique over both."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def events(self, limit: int = 100) -> list[InboxEvent]:
        """List the events nobody could take in, newest first."""
        async with self._database.read() as session:
            rows = await session.scalars(
                select(InboxEvent)
                .where(InboxEvent.status == "parked")
                .order_by(InboxEvent.received_at.desc())
                .limit(limit)
            )
            return list(rows)

    async def messages(self, limit: int = 100) -> list[OutboxItem]:
        """List the messages that were given up, newest first."""
        async with self._database.read() as session:
            rows = await session.scalars(
                select(OutboxItem)
                .where(OutboxItem.status == "dead")
                .order_by(OutboxItem.next_at.desc(), OutboxItem.seq)
                .limit(limit)
            )
            return list(rows)

    async def retry(self, ids: Sequence[str]) -> int:
        """Let these be tried again from the beginning; return how many there were.

        Workers find them within a second. A message may then come after later ones.
        """
        anew = {"tries": 0, "next_at": now(), "lease_until": None, "error": None}
        return await self._settle(ids, {"status": "new", **anew}, {"status": "pending", **anew})

    async def drop(self, ids: Sequence[str]) -> int:
        """Put these away for good; return how many there were. A repeat of an event stays one."""
        return await self._settle(ids, {"status": "done", "raw": None}, {"status": "dropped"})

    async def _settle(
        self, ids: Sequence[str], event: dict[str, Any], message: dict[str, Any]
    ) -> int:
        async with self._database.write() as session:
            events = await session.execute(
                update(InboxEvent)
                .where(InboxEvent.id.in_(ids), InboxEvent.status == "parked")
                .values(event)
            )
            messages = await session.execute(
                update(OutboxItem)
                .where(OutboxItem.id.in_(ids), OutboxItem.status == "dead")
                .values(message)
            )
            return sum(cast("Any", result).rowcount or 0 for result in (events, messages))
