"""How this process lives beside others on the same database."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from app.assembly import Parts
from app.background import at_work
from conversation.inheritance import Inheritance
from conversation.leases import forget_leases
from conversation.watch import Watch
from db.neighbours import Neighbours
from db.roll_call import RollCall

if TYPE_CHECKING:
    from conversation.relay import Relay


@asynccontextmanager
async def in_company(parts: Parts) -> AsyncIterator[None]:
    """Hear of the other processes inside the block; free what dead ones held where there are none.

    Raises OSError when too many processes share one SQLite file.
    """
    relay, neighbours = parts.relay, _neighbours(parts)
    roll = neighbours or RollCall(parts.database)
    if neighbours and neighbours.alone():
        await parts.turns.forget_dead_workers()
        await parts.inbox.forget_dead_workers()
        await parts.outbox.forget_dead_workers()
        await forget_leases(parts.database)
    watch = Watch(parts.database, parts.bus, _told(relay, neighbours))
    heirs = Inheritance(parts.database, roll, parts.pushing.with_receipts)
    jobs = [watch.run(), heirs.run(), *([relay.run()] if relay else [])]
    try:
        async with at_work(jobs):
            yield
    finally:
        if isinstance(roll, RollCall):
            await roll.leave()
        else:
            roll.leave()


def _neighbours(parts: Parts) -> Neighbours | None:
    file = parts.database.url.database
    return (
        Neighbours(Path(file), parts.database.process)
        if parts.database.is_sqlite and file
        else None
    )


def _told(relay: "Relay | None", neighbours: Neighbours | None) -> Callable[[], bool]:
    """Say how to know whether all that other processes write is told to this one."""
    if neighbours is None:
        return (lambda: relay.complete) if relay else (lambda: False)
    return lambda: neighbours.alone() or (relay is not None and relay.complete)
