"""Find what other processes wrote by looking at the database, while they cannot tell it.

Without Redis, or while it is away, an open socket or console in this process so learns within
about a second what another process stored.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select

from conversation.bus import Bus
from conversation.tables import Conversation
from db.base import now
from db.engine import Database

log = structlog.get_logger()

# What was written so long ago may come to light only now: a transaction takes its time of writing
# before it commits, the clocks of two machines differ, and that Redis is gone shows in 6 s.
_LATE = timedelta(seconds=15)
_STATES = ("bot", "waiting", "csr", "closed")  # all; named, so that the index serves


class Watch:
    """Looks every second while `told` says that news may be missing."""

    def __init__(self, database: Database, bus: Bus, told: Callable[[], bool]) -> None:
        """`told`: whether everything that other processes write is told to this one."""
        self._database = database
        self._bus = bus
        self._told = told
        self._since = now()
        self._seen: dict[str, datetime] = {}

    async def run(self, every_s: float = 1.0) -> None:
        """Look until cancelled."""
        was_told = False
        while True:
            told = self._told()
            try:
                # Once more after the news is back: what came in between was heard by nobody.
                if not (told and was_told):
                    await self.look()
                else:
                    self._since, self._seen = now(), {}
                was_told = told
            except Exception:
                log.exception("cannot look for what other processes wrote")
            await asyncio.sleep(every_s)

    async def look(self) -> list[str]:
        """Announce every conversation that changed since the last look; return their ids."""
        moment = now()
        async with self._database.read() as session:
            rows = await session.execute(
                select(Conversation.id, Conversation.updated_at).where(
                    Conversation.state.in_(_STATES), Conversation.updated_at > self._since - _LATE
                )
            )
            found = {row.id: row.updated_at for row in rows}
        changed = [one for one, at in found.items() if self._seen.get(one) != at]
        self._since, self._seen = moment, found
        for conversation_id in changed:
            self._bus.hear("desk", {"type": "message", "conversation": conversation_id})
        return changed
