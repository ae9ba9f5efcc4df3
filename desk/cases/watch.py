"""Looks after the clocks of tickets: notes broken promises and closes what was solved long ago."""

import asyncio

import structlog

from conversation.bus import Bus
from crm.ticketing.work import TicketWork

log = structlog.get_logger()

_EVERY_S = 60.0


class TicketWatch:
    """One per process; what several find at once is done by one of them."""

    def __init__(self, work: TicketWork, bus: Bus) -> None:
        self._work = work
        self._bus = bus

    async def run(self) -> None:
        """Look every minute until cancelled."""
        while True:
            try:
                await self.look()
            except Exception:
                log.exception("cannot look after the tickets; will try again")
            await asyncio.sleep(_EVERY_S)

    async def look(self) -> None:
        """Look once, and have the consoles read their lists again."""
        closed = await self._work.close_old()
        late = await self._work.note_late()
        if closed or late:
            # A desk event names a conversation; this one is of none, so only lists are read again.
            self._bus.publish("desk", {"type": "ticket", "conversation": "tickets"})
