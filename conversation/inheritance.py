"""Take over what a process held when it died, seconds later, and not when its leases end.

A process that lives on is left in peace: it must have been missing for a while, during which this
one could read the roll all the time, since a database that restarts loses everybody's place in it.
"""

import asyncio
import time
from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Protocol

import structlog
from sqlalchemy import delete, select, update

from conversation.tables import Conversation, InboxEvent, Lease, OutboxItem
from db.base import now
from db.engine import Database

log = structlog.get_logger()

_MISSING_S = 3.0  # a process whose connection broke is back sooner
_JUST_ENDED = timedelta(seconds=1)


class Roll(Protocol):
    """Knows which processes live on this database."""

    async def present(self) -> frozenset[str]:
        """Name them all, this one too; may raise."""


class Inheritance:
    """Watches over the leases of others; every process does, and doing it twice does no harm."""

    def __init__(
        self,
        database: Database,
        roll: Roll,
        with_receipts: Collection[str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Messages under way on the channels `with_receipts` go on waiting for their receipts."""
        self._database = database
        self._roll = roll
        self._with_receipts = with_receipts
        self._clock = clock
        self._present: frozenset[str] | None = None  # None: the roll could not be read just now
        self._missing: dict[str, float] = {}  # since when

    async def run(self, every_s: float = 1.0) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001 - whatever it is, nobody is taken for dead
                log.warning("cannot see who lives", error=type(error).__name__)
                self._present = None
            await asyncio.sleep(every_s)

    async def look(self) -> list[str]:
        """Free what those held who have been missing for long enough; return their names."""
        present = await self._roll.present()
        moment = self._clock()
        if self._present is None:  # at the start, and after a time in which nothing was seen
            self._missing = dict.fromkeys(await self._owners(), moment)
        else:
            self._missing |= dict.fromkeys(self._present - present, moment)
        self._present = present
        self._missing = {one: since for one, since in self._missing.items() if one not in present}
        dead = [one for one, since in self._missing.items() if moment - since >= _MISSING_S]
        for process in dead:
            await self._free(process)
            del self._missing[process]
        return dead

    async def _owners(self) -> set[str]:
        """Name all who hold a lease that has not ended."""
        moment = now()
        held = (
            select(Conversation.lease_owner).where(Conversation.lease_until > moment),
            select(InboxEvent.lease_owner).where(
                InboxEvent.status == "new", InboxEvent.lease_until > moment
            ),
            select(OutboxItem.lease_owner).where(
                OutboxItem.status == "pending",
                OutboxItem.lease_until > moment,
                OutboxItem.channel.not_in(self._with_receipts),
            ),
            select(Lease.owner).where(Lease.until > moment),
        )
        owners: set[str] = set()
        async with self._database.read() as session:
            for one in held:
                owners |= set(filter(None, await session.scalars(one.distinct())))
        return owners

    async def _free(self, process: str) -> None:
        async with self._database.write() as session:
            await session.execute(
                update(Conversation)
                .where(Conversation.lease_owner == process)
                .values(lease_owner=None, lease_until=None)
            )
            await session.execute(
                update(InboxEvent)
                # Ended, not gone: an event that kills its worker is known by it (inbox.py).
                .where(
                    InboxEvent.status == "new",
                    InboxEvent.lease_owner == process,
                    InboxEvent.lease_until.is_not(None),
                )
                .values(lease_until=now() - _JUST_ENDED)
            )
            await session.execute(
                update(OutboxItem)
                .where(
                    OutboxItem.status == "pending",
                    OutboxItem.lease_owner == process,
                    OutboxItem.channel.not_in(self._with_receipts),
                )
                .values(lease_until=None)
            )
            await session.execute(delete(Lease).where(Lease.owner == process))
        log.warning("took over what a dead process held", process=process)
