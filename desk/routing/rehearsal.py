"""What rules would have done with yesterday's contacts, before they are put in force."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from statistics import fmean
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from conversation.tables import Handoff
from db.base import now
from db.engine import Database
from desk.people.tables import Team
from desk.routing.facts import contacts, staff
from desk.routing.rules import Rules
from desk.routing.scoring import Contact
from desk.routing.simulation import Arrival, OnDuty, Placement, play
from desk.routing.teams import Teams, look
from desk.tables import Agent

_USUAL_S = 600.0  # of a conversation, where none ended
_MOST = 2000


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One of yesterday's contacts: who got it, and who would have."""

    contact: Contact
    was: str  # a name, or empty: nobody
    would: str
    team: str
    why: Mapping[str, float]
    waited_s: int | None
    would_wait_s: int | None

    @property
    def differs(self) -> bool:
        """Whether somebody else would have got it."""
        return self.was != self.would


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A whole day."""

    day: datetime
    rows: Sequence[Rehearsed]
    loads: Sequence[tuple[str, int, int]]  # name, had, would have had

    @property
    def changed(self) -> int:
        """How many contacts somebody else would have got."""
        return sum(row.differs for row in self.rows)


class Rehearsals:
    """Plays yesterday through.

    Who was there is known from what people did: from the first to the last conversation they had.
    """

    def __init__(self, database: Database, teams: Teams, timezone: str) -> None:
        self._database = database
        self._teams = teams
        self._zone = ZoneInfo(timezone)

    async def yesterday(self, rules: Rules, moment: datetime | None = None) -> Rehearsal:
        """Play yesterday, as the shop's zone has it."""
        day = (moment or now()).astimezone(self._zone).date()
        today = datetime.combine(day, time(), self._zone)
        start = today - timedelta(days=1)
        async with self._database.read() as session:
            handoffs = {one.id: one for one in await _handoffs(session, start, today)}
            found = await contacts(session, Handoff.id.in_(list(handoffs)), rules)
            people = {one.id: one for one in await staff(session, self._teams, today)}
            teams = [look(team) for team in await session.scalars(select(Team))]
            rows = await session.execute(select(Agent.id, Agent.name))
            names = {row.id: row.name for row in rows}
        arrivals = _arrivals(found, handoffs.values())
        duty = [
            OnDuty(replace(people[who], held=0), [shift])
            for who, shift in _shifts(list(handoffs.values())).items()
            if who in people
        ]
        team_names = {team.id: team.name for team in teams}
        compared = [
            _compared(one, handoffs[one.contact.id], names, team_names)
            for one in play(arrivals, duty, teams, rules)
        ]
        compared.sort(key=lambda row: row.contact.requested_at)
        had, would = Counter(row.was for row in compared), Counter(row.would for row in compared)
        everybody = sorted({*had, *would} - {""})
        return Rehearsal(start, compared, [(name, had[name], would[name]) for name in everybody])


def _arrivals(found: Sequence[Contact], handoffs: Iterable[Handoff]) -> list[Arrival]:
    """Give the contacts by their handoff, with nothing of where they went."""
    of = {(one.conversation_id, one.requested_at): one for one in handoffs}
    return [
        Arrival(
            replace(one, id=handoff.id, team_id=None, for_agent=None, passed={}),
            _handled_s(handoff),
        )
        for one in found
        if (handoff := of.get((one.id, one.requested_at)))
    ]


def _compared(
    placement: Placement, was: Handoff, names: Mapping[str, str], teams: Mapping[str, str]
) -> Rehearsed:
    contact = placement.contact
    return Rehearsed(
        contact=replace(contact, id=was.conversation_id),
        was=names.get(was.agent_id or "", ""),
        would=names.get(placement.agent_id or "", ""),
        team=teams.get(contact.team_id or "", ""),
        why=placement.why,
        waited_s=_seconds(contact.requested_at, was.taken_at),
        would_wait_s=_seconds(contact.requested_at, placement.at),
    )


async def _handoffs(session: AsyncSession, start: datetime, end: datetime) -> list[Handoff]:
    return list(
        await session.scalars(
            select(Handoff)
            .where(
                Handoff.requested_at >= start,
                Handoff.requested_at < end,
                Handoff.reason != "takeover",
            )
            .order_by(Handoff.requested_at)
            .limit(_MOST)
        )
    )


def _handled_s(handoff: Handoff) -> float:
    if handoff.taken_at is None or handoff.ended_at is None:
        return _USUAL_S
    return max(1.0, (handoff.ended_at - handoff.taken_at).total_seconds())


def _shifts(handoffs: Sequence[Handoff]) -> dict[str, tuple[datetime, datetime]]:
    signs: defaultdict[str, list[datetime]] = defaultdict(list)
    usual = fmean([_handled_s(one) for one in handoffs]) if handoffs else _USUAL_S
    for one in handoffs:
        if one.agent_id and one.taken_at:
            signs[one.agent_id] += [
                one.requested_at,
                one.ended_at or one.taken_at + timedelta(seconds=usual),
            ]
    return {who: (min(times), max(times)) for who, times in signs.items()}


def _seconds(begin: datetime, end: datetime | None) -> int | None:
    return int((end - begin).total_seconds()) if end else None
