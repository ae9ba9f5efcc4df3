"""Who should get a conversation, as a pure function of the rules, the contact and who is there.

Source of the form: weighted skills with an idle-time term, as in skills-based routing (Wallace and
Whitt 2005, doi:10.1287/msom.1050.0086); the term for free places spreads the load.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from desk.routing.rules import Rules, When

_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Contact:
    """A conversation that waits for somebody."""

    id: str
    lang: str
    channel: str
    reason: str
    requested_at: datetime
    topic: str | None = None
    line: str | None = None  # of products
    places: Collection[str] = ()  # city and region
    value: str | None = None  # class of the customer
    team_id: str | None = None
    for_agent: str | None = None  # a colleague passed it on to this one
    passed: Mapping[str, datetime] = field(default_factory=dict)  # let it go by, when


@dataclass(frozen=True, slots=True)
class Skills:
    """What a person or a team can; empty means anything."""

    langs: Collection[str] = ()
    topics: Collection[str] = ()
    lines: Collection[str] = ()
    cities: Collection[str] = ()
    channels: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class TeamLook:
    """One team as routing sees it."""

    id: str
    name: str
    skills: Skills


@dataclass(frozen=True, slots=True)
class Colleague:
    """One CSR as routing sees them."""

    id: str
    on_shift: bool  # available, and a team of theirs works now
    capacity: int
    held: int  # conversations, with those just offered
    skills: Skills = Skills()
    teams: Collection[str] = ()
    sees_all: bool = False
    last_at: datetime | None = None  # got one
    today: int = 0  # got so many

    @property
    def has_room(self) -> bool:
        """Whether another conversation fits."""
        return self.held < self.capacity

    def speaks(self, lang: str) -> bool:
        """Whether a customer of this language can be helped."""
        return not self.skills.langs or lang in self.skills.langs

    def may_have(self, contact: Contact) -> bool:
        """Whether the conversation is one of their teams', or everybody's."""
        return contact.team_id is None or self.sees_all or contact.team_id in self.teams


@dataclass(frozen=True, slots=True)
class Choice:
    """Who gets it, and the points that decided."""

    agent_id: str
    score: float
    why: Mapping[str, float]


def urgency(contact: Contact, rules: Rules, moment: datetime) -> float:
    """Give the minutes waited, and what the rules add; the highest is served first."""
    waited = (moment - contact.requested_at).total_seconds() / _MINUTE
    added = rules.urgency.reasons.get(contact.reason, 0.0)
    added += rules.urgency.values.get(contact.value or "", 0.0)
    special = next((one for one in rules.exceptions if _fits(one.when, contact)), None)
    # A clock that was set back must not put anybody behind who came later.
    return max(0.0, waited) + added + (special.urgency if special else 0.0)


def team_for(contact: Contact, teams: Sequence[TeamLook], rules: Rules) -> str | None:
    """Name the team whose skills fit best, by id; None: it is everybody's."""
    for special in rules.exceptions:
        if special.team is not None and _fits(special.when, contact):
            return next((team.id for team in teams if team.name == special.team), None)
    fitting = [
        (fits.count(True), team.name, team.id)
        for team in teams
        if None not in (fits := _team_fits(contact, team.skills)) and any(fits)
    ]
    return min(fitting, key=lambda one: (-one[0], one[1]))[2] if fitting else None


def choose(
    contact: Contact, staff: Sequence[Colleague], rules: Rules, moment: datetime
) -> Choice | None:
    """Choose who is offered the conversation; None: it waits on."""
    there = [one for one in staff if one.on_shift and one.may_have(contact)]
    if contact.for_agent is not None and contact.for_agent not in contact.passed:
        meant = [one for one in there if one.id == contact.for_agent]
        there = meant or there  # who just went offline cannot be waited for
    patient = (moment - contact.requested_at).total_seconds() < rules.language_patience_s
    if patient and any(one.speaks(contact.lang) for one in there):
        there = [one for one in there if one.speaks(contact.lang)]
    free = [one for one in there if one.has_room and not _passed(contact, one, rules, moment)]
    if not free:
        return None
    scored = [(score(contact, one, rules, moment), one) for one in free]
    why, best = min(scored, key=lambda one: (-sum(one[0].values()), one[1].today, one[1].id))
    return Choice(best.id, round(sum(why.values()), 2), why)


def score(contact: Contact, one: Colleague, rules: Rules, moment: datetime) -> dict[str, float]:
    """Give the points of one CSR by criterion."""
    points, can = rules.points, one.skills
    idle_s = (moment - one.last_at).total_seconds() if one.last_at else float(rules.idle_full_s)
    found = {
        "language": points.language * (contact.lang in can.langs),
        "topic": points.topic * (contact.topic in can.topics),
        "line": points.line * (contact.line in can.lines),
        "city": points.city * bool(_among(contact.places, can.cities)),
        "channel": points.channel * (contact.channel in can.channels),
        "free": points.free * (1 - one.held / one.capacity),
        "idle": points.idle * min(1.0, max(0.0, idle_s) / rules.idle_full_s),
    }
    return {name: round(value, 2) for name, value in found.items() if value}


def _passed(contact: Contact, one: Colleague, rules: Rules, moment: datetime) -> bool:
    passed_at = contact.passed.get(one.id)
    return passed_at is not None and abs((moment - passed_at).total_seconds()) < rules.again_after_s


def _team_fits(contact: Contact, can: Skills) -> list[bool | None]:
    """Say per criterion: fits, is not asked for, or None: is another's."""
    asked = (
        ([contact.lang], can.langs),
        ([contact.topic] if contact.topic else [], can.topics),
        ([contact.line] if contact.line else [], can.lines),
        (contact.places, can.cities),
        ([contact.channel], can.channels),
    )
    return [bool(_among(have, wanted)) or None if wanted else False for have, wanted in asked]


def _among(have: Collection[str], wanted: Collection[str]) -> list[str]:
    folded = {one.casefold() for one in wanted}
    return [one for one in have if one.casefold() in folded]


def _fits(when: When, contact: Contact) -> bool:
    conditions = (
        (when.reasons, [contact.reason]),
        (when.topics, [contact.topic or ""]),
        (when.values, [contact.value or ""]),
        (when.langs, [contact.lang]),
        (when.channels, [contact.channel]),
        (when.lines, [contact.line or ""]),
        (when.cities, contact.places),
    )
    return all(not wanted or _among(have, wanted) for wanted, have in conditions)
