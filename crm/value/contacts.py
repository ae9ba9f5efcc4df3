"""How often a customer wrote; conversations are counted by who keeps them."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True)
class Talks:
    """One customer's conversations in some time."""

    bot_days: int = 0  # days on which they wrote and no person was needed
    people: int = 0  # times that a person took over


# Counts the talks since a moment: of some customers, or of all for None.
TalkCount = Callable[
    [AsyncSession, datetime, Collection[str] | None], Awaitable[Mapping[str, Talks]]
]


async def no_talks(
    _session: AsyncSession, _since: datetime, _customers: Collection[str] | None
) -> Mapping[str, Talks]:
    """Count nothing: where no conversations are kept."""
    return {}
