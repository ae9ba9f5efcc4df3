"""Routing on drawn days: who gets what, held against round robin, and races on a database.

`python -m bench.routing --contacts 10000 --seed 1` plays days with the rules that Sapa comes with;
`--raced 300` also lets two CSRs click on each of so many conversations at once, over the real
router and the real compare-and-set. Everything is counted from the outcome, not from the rules.
"""

import argparse
import asyncio
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import fmean, pstdev

from bench.races import raced
from desk.routing.rules import DEFAULT, Rules, parse_rules
from desk.routing.scoring import Choice, Colleague, Contact, Skills, TeamLook, choose
from desk.routing.simulation import Arrival, Chooser, OnDuty, Placement, play

MORNING = datetime(2026, 11, 30, 1, tzinfo=UTC)  # 08:00 in Jakarta
_DAY_S = 13 * 3600
_A_DAY = 1000  # contacts
_PEOPLE = 30
_TOPICS = ("delivery", "returns", "payment", "sales", None)
_CITIES = ("Jakarta", "Bandung", "Surabaya", "Yogyakarta", "Medan")


@dataclass(frozen=True, slots=True)
class Day:
    """One drawn day."""

    arrivals: Sequence[Arrival]
    duty: Sequence[OnDuty]
    teams: Sequence[TeamLook]


@dataclass
class Counts:
    """What came of all days."""

    contacts: int = 0
    placed: int = 0
    off_shift: int = 0  # to somebody who was not there
    over_capacity: int = 0
    doubled: int = 0
    other_team: int = 0
    speakers: int = 0  # placed while a speaker was on shift
    matched: int = 0  # of those, to a speaker
    topic_known: int = 0
    topic_matched: int = 0
    wait_s: float = 0.0
    spreads: list[float] | None = None  # CV of contacts per hour and place, one a day


def draw(dice: random.Random, number: int, load: float) -> Day:
    """Draw a day: people with skills and shifts, and contacts that come unevenly.

    `load` is the share of all places that the contacts would fill if they came evenly.
    """
    teams = [
        TeamLook("parcels", "Parcels", Skills(topics=("delivery", "returns"))),
        TeamLook("money", "Money", Skills(topics=("payment",))),
    ]
    start = MORNING + timedelta(days=number)
    duty = [_on_duty(dice, f"csr{one:02}", start) for one in range(_PEOPLE)]
    places_s = sum(
        one.who.capacity * (end - begin).total_seconds()
        for one in duty
        for begin, end in one.shifts
    )
    mean_s = load * places_s / _A_DAY
    arrivals = []
    for one in range(_A_DAY):
        share = min(dice.betavariate(2, 2.2), 0.999)  # few early, few late
        asked = start + timedelta(seconds=share * _DAY_S)
        contact = Contact(
            id=f"{number}-{one}",
            lang="en" if dice.random() < 0.15 else "id",
            channel=dice.choice(("website", "whatsapp", "telegram")),
            reason="complaint" if dice.random() < 0.1 else "request",
            requested_at=asked,
            topic=dice.choice(_TOPICS),
            places=[dice.choice(_CITIES)],
            value=dice.choice(("high", "medium", "low", None)),
        )
        arrivals.append(Arrival(contact, dice.lognormvariate(0, 0.8) * mean_s / 1.377))
    return Day(sorted(arrivals, key=lambda one: one.contact.requested_at), duty, teams)


def _on_duty(dice: random.Random, name: str, start: datetime) -> OnDuty:
    langs = dice.choices((("id",), ("id", "en"), ("en",)), (70, 20, 10))[0]
    topics = dice.choice((("delivery", "returns"), ("payment",), ("sales",), ()))
    groups = {"delivery": {"parcels"}, "payment": {"money"}}.get(topics[0] if topics else "", set())
    begins = start + timedelta(hours=dice.choice((0, 0, 2, 5)))
    pause = begins + timedelta(hours=4)
    ends = min(begins + timedelta(hours=8), start + timedelta(seconds=_DAY_S))
    return OnDuty(
        Colleague(
            id=name,
            on_shift=False,
            capacity=dice.choice((2, 3, 3, 4)),
            held=0,
            skills=Skills(langs, topics, (), (dice.choice(_CITIES),)),
            teams=frozenset(groups),
            sees_all=dice.random() < 0.3,
        ),
        [(begins, pause), (pause + timedelta(hours=1), ends)],
    )


def round_robin() -> Chooser:
    """Make a chooser that gives to each in turn who has room, whatever they can."""
    turn = -1

    def next_one(
        contact: Contact, staff: Sequence[Colleague], rules: Rules, moment: datetime
    ) -> Choice | None:
        nonlocal turn
        del rules, moment
        for step in range(1, len(staff) + 1):
            one = staff[(turn + step) % len(staff)]
            if one.on_shift and one.has_room and one.may_have(contact):
                turn = (turn + step) % len(staff)
                return Choice(one.id, 0.0, {})
        return None

    return next_one


def count(day: Day, placed: Sequence[Placement], counts: Counts) -> None:
    """Count what came of a day, from who held what when."""
    duty = {one.who.id: one for one in day.duty}
    handling = {one.contact.id: one.handling_s for one in day.arrivals}
    held: defaultdict[str, list[datetime]] = defaultdict(list)
    got: Counter[str] = Counter()
    counts.contacts += len(day.arrivals)
    counts.doubled += len(placed) - len({one.contact.id for one in placed})
    given = [(one.at, one.agent_id, one.contact) for one in placed if one.at and one.agent_id]
    for moment, who, contact in sorted(given, key=lambda one: one[0]):
        one = duty[who]
        held[who] = [end for end in held[who] if end > moment]
        counts.placed += 1
        counts.off_shift += not one.there(moment)
        counts.over_capacity += len(held[who]) >= one.who.capacity
        counts.other_team += not one.who.may_have(contact)
        there = [two.who for two in day.duty if two.there(moment) and two.who.may_have(contact)]
        if any(contact.lang in two.skills.langs for two in there):
            counts.speakers += 1
            counts.matched += contact.lang in one.who.skills.langs
        if contact.topic and any(contact.topic in two.skills.topics for two in there):
            counts.topic_known += 1
            counts.topic_matched += contact.topic in one.who.skills.topics
        counts.wait_s += (moment - contact.requested_at).total_seconds()
        held[who].append(moment + timedelta(seconds=handling[contact.id]))
        got[who] += 1
    rates = [
        got[one.who.id]
        / (one.who.capacity * sum((b - a).total_seconds() for a, b in one.shifts) / 3600)
        for one in day.duty
    ]
    counts.spreads = [*(counts.spreads or []), pstdev(rates) / fmean(rates)]


def main() -> None:
    """Play, race and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--contacts", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--load", type=float, default=0.7)
    options.add_argument("--raced", type=int, default=0)
    options.add_argument("--database", default="", help="a migrated, empty one; default: SQLite")
    chosen = options.parse_args()
    rules = parse_rules(DEFAULT.read_text(encoding="utf-8"))
    score, robin = Counts(), Counts()
    for number in range(-(-chosen.contacts // _A_DAY)):
        day = draw(random.Random(chosen.seed * 1000 + number), number, chosen.load)
        count(day, play(day.arrivals, day.duty, day.teams, rules, choose), score)
        count(day, play(day.arrivals, day.duty, day.teams, rules, round_robin()), robin)
    _print(score, robin)
    if chosen.raced:
        with tempfile.TemporaryDirectory() as folder:
            url = chosen.database or f"sqlite+aiosqlite:///{Path(folder) / 'races.db'}"
            print(asyncio.run(raced(url, chosen.raced)))


def _print(score: Counts, robin: Counts) -> None:
    rows: list[tuple[str, Callable[[Counts], object]]] = [
        ("contacts", lambda c: f"{c.contacts:,}"),
        ("placed", lambda c: f"{c.placed:,}"),
        ("to somebody not on shift", lambda c: c.off_shift),
        ("to somebody full", lambda c: c.over_capacity),
        ("placed twice", lambda c: c.doubled),
        ("to another team", lambda c: c.other_team),
        ("language match, speaker on shift", lambda c: f"{c.matched / c.speakers:.4f}"),
        ("topic match, expert on shift", lambda c: f"{c.topic_matched / c.topic_known:.3f}"),
        ("mean wait, s", lambda c: f"{c.wait_s / c.placed:.0f}"),
        ("load spread (CV per place and hour)", lambda c: f"{fmean(c.spreads or [0]):.3f}"),
    ]
    print("| | score | round robin |\n|---|---|---|")
    for name, value in rows:
        print(f"| {name} | {value(score)} | {value(robin)} |")


if __name__ == "__main__":
    main()
