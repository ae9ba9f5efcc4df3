"""The supervisor's figures, read and computed when somebody looks, and kept for a moment."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from channels.problem import Problem
from crm.surveys.questionnaires import Questionnaires
from db.base import now as current_time
from db.engine import Database
from desk.supervision.contacts import Contact, TopicOf, contacts
from desk.supervision.figures import Figures, figures
from desk.supervision.now import Now, desk_now
from desk.supervision.reading import talks
from desk.supervision.satisfaction import DIMENSIONS, Mark, Result, marks, result, results

_KEPT_S = 20.0  # several who look at once compute it once
_LONGEST_DAYS = 92
_MOST_COMMENTS = 500

Alike = Callable[[Sequence[str]], list[list[int]]]  # texts that mean the same, most first


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days of the shop; `until` is the last of them."""

    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Comments:
    """Comments that mean the same; the most typical first."""

    texts: list[str]
    scores: list[int]


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """All that surveys of a period say."""

    whole: Result
    by: dict[str, list[Result]]  # dimension -> groups
    comments: list[Comments]


def one_by_one(texts: Sequence[str]) -> list[list[int]]:
    """Group nothing: where there is no knowledge base that tells what means the same."""
    return [[row] for row in range(len(texts))]


class Insight:
    """Answers what a supervisor wants to know."""

    def __init__(
        self,
        database: Database,
        *,
        timezone: str,
        target_s: float,
        topic_of: TopicOf = lambda _: None,
        alike: Alike = one_by_one,
        clock: Callable[[], datetime] = current_time,
    ) -> None:
        """Days are those of `timezone`; `target_s` is the wait within which people answer."""
        self.target_s = target_s
        self._database = database
        self._zone = ZoneInfo(timezone)
        self._topic_of = topic_of
        self._alike = alike
        self._clock = clock
        self._questionnaires = Questionnaires.load()
        self._found: dict[Period, tuple[float, list[Contact]]] = {}
        self._lock = asyncio.Lock()

    def period(self, since: date | None, until: date | None) -> Period:
        """Give the days asked for, today where nothing is said. Raises Problem 422."""
        today = self._clock().astimezone(self._zone).date()
        until = until or max(today, since or today)
        since = since or until
        if since > until or until - since > timedelta(days=_LONGEST_DAYS):
            raise Problem("period-invalid", 422, days=_LONGEST_DAYS)
        return Period(since, until)

    async def now(self) -> Now:
        """Say how the desk stands."""
        return await self._database.ask(
            lambda connection: desk_now(connection, self._clock(), self.target_s)
        )

    async def figures(self, period: Period) -> Figures:
        """Compute the figures of a period."""
        found = await self.contacts(period)
        return await asyncio.to_thread(
            figures, found, target_s=self.target_s, zone=self._zone, moment=self._clock()
        )

    async def contacts(self, period: Period) -> list[Contact]:
        """Give the contacts that began in a period."""
        async with self._lock:
            kept_at, found = self._found.get(period, (0.0, []))
            loop = asyncio.get_running_loop()
            if not kept_at or loop.time() - kept_at > _KEPT_S:
                found = await self._read(period)
                self._found = {period: (loop.time(), found)}
        return found

    async def satisfaction(self, period: Period) -> Satisfaction:
        """Sum up the surveys asked in a period."""
        found = await self.marks(period)
        return Satisfaction(
            whole=result(found),
            by={dimension: results(found, dimension) for dimension in DIMENSIONS},
            comments=await self._comments(found),
        )

    async def marks(self, period: Period) -> list[Mark]:
        """Give the surveys asked in a period."""
        since, until = self._moments(period)
        return await self._database.ask(lambda connection: marks(connection, since, until))

    async def _read(self, period: Period) -> list[Contact]:
        since, until = self._moments(period)
        read = await self._database.ask(
            lambda connection: talks(connection, since, until, self._questionnaires)
        )
        found = await asyncio.to_thread(contacts, read, self._topic_of, self._clock())
        return [one for one in found if since <= one.begun_at < until]

    async def _comments(self, found: Sequence[Mark]) -> list[Comments]:
        said = [(mark.comment, mark.score) for mark in found if mark.comment][-_MOST_COMMENTS:]
        if not said:
            return []
        groups = await asyncio.to_thread(self._alike, [text for text, _ in said])
        return [
            Comments(
                [str(said[row][0]) for row in rows],
                [score for row in rows if (score := said[row][1]) is not None],
            )
            for rows in groups
        ]

    def _moments(self, period: Period) -> tuple[datetime, datetime]:
        after = period.until + timedelta(days=1)
        return (
            datetime.combine(period.since, time(), self._zone),
            datetime.combine(after, time(), self._zone),
        )
