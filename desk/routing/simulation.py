"""A day of the desk played through with given rules: who would have got what, and when.

A pure discrete-event simulation; used by the dry run of new rules and by bench/routing.py.
"""

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from desk.routing.rules import Rules
from desk.routing.scoring import Choice, Colleague, Contact, TeamLook, choose, team_for, urgency

Chooser = Callable[[Contact, Sequence[Colleague], Rules, datetime], Choice | None]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A contact, and how long whoever gets it is busy with it."""

    contact: Contact
    handling_s: float


@dataclass(frozen=True, slots=True)
class OnDuty:
    """A CSR and when they are there."""

    who: Colleague
    shifts: Sequence[tuple[datetime, datetime]]

    def there(self, moment: datetime) -> bool:
        """Whether this is during a shift."""
        return any(start <= moment < end for start, end in self.shifts)


@dataclass(frozen=True, slots=True)
class Placement:
    """Who got a contact, when, and why; nobody where `agent_id` is None."""

    contact: Contact
    agent_id: str | None
    at: datetime | None
    why: Mapping[str, float] = field(default_factory=dict)


def play(
    arrivals: Sequence[Arrival],
    duty: Sequence[OnDuty],
    teams: Sequence[TeamLook],
    rules: Rules,
    chooser: Chooser = choose,
) -> list[Placement]:
    """Play all arrivals through; everybody accepts what they are offered at once."""
    handling = {one.contact.id: one.handling_s for one in arrivals}
    held = {one.who.id: 0 for one in duty}
    last: dict[str, datetime] = {}
    got = dict.fromkeys(held, 0)
    waiting: list[Contact] = []
    placed: list[Placement] = []
    order = 0
    events: list[tuple[datetime, int, Contact | str | None]] = []
    for arrival in arrivals:
        heapq.heappush(events, (arrival.contact.requested_at, order := order + 1, arrival.contact))
    for one in duty:  # somebody comes: those who wait are looked at again
        for start, _ in one.shifts:
            heapq.heappush(events, (start, order := order + 1, None))
    while events:
        moment, _, what = heapq.heappop(events)
        if isinstance(what, Contact):
            waiting.append(replace(what, team_id=what.team_id or team_for(what, teams, rules)))
        elif what is not None:
            held[what] -= 1
        staff = [_now(one, moment, held, last, got) for one in duty]
        waiting.sort(key=lambda one: (-urgency(one, rules, moment), one.requested_at, one.id))
        left = []
        for contact in waiting:
            choice = chooser(contact, staff, rules, moment)
            if choice is None:
                left.append(contact)
                continue
            chosen = choice.agent_id
            placed.append(Placement(contact, chosen, moment, choice.why))
            held[chosen] += 1
            got[chosen] += 1
            last[chosen] = moment
            ends = moment + timedelta(seconds=handling[contact.id])
            heapq.heappush(events, (ends, order := order + 1, chosen))
            staff = [_now(one, moment, held, last, got) for one in duty]
        waiting = left
    return [*placed, *(Placement(one, None, None) for one in waiting)]


def _now(
    one: OnDuty,
    moment: datetime,
    held: Mapping[str, int],
    last: Mapping[str, datetime],
    got: Mapping[str, int],
) -> Colleague:
    who = one.who.id
    return replace(
        one.who,
        on_shift=one.there(moment),
        held=held[who],
        last_at=last.get(who),
        today=got[who],
    )
