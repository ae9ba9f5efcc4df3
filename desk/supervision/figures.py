"""The figures of a period, from its contacts; defined in desk/content/console/metrics.yml."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean, median
from typing import TypeVar
from zoneinfo import ZoneInfo

from desk.supervision.contacts import REOPENED_WITHIN, Contact, Resolution, Solver
from desk.supervision.history import Handed
from desk.supervision.intervals import Estimate, share

PARTS: tuple[Resolution, ...] = ("confirmed", "assumed", "abandoned", "reopened")
_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Spread:
    """How long something took, in seconds; None where it never happened."""

    count: int
    mean_s: float | None
    median_s: float | None
    p90_s: float | None


@dataclass(frozen=True, slots=True)
class Resolutions:
    """What came of the contacts of one side, of those that have ended."""

    counts: Mapping[Resolution, int]
    open: int

    @property
    def ended(self) -> int:
        """All of which something came."""
        return sum(self.counts.values())

    def part(self, which: Resolution) -> Estimate:
        """Give the share of one part."""
        return share(self.counts[which], self.ended)


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of a period."""

    contacts: int
    waited: int  # asked for a person, and have been taken or have left
    waiting: int  # still do
    left: int
    wait: Spread
    service_level: Estimate
    abandonment: Estimate
    first_bot: Spread
    first_person: Spread
    handling: Spread
    resolved: Mapping[Solver, Resolutions]
    first_contact: Mapping[Solver, Estimate]
    reopened: Mapping[Solver, Estimate]
    by_topic: Mapping[str, int]
    by_channel: Mapping[str, int]
    by_reason: Mapping[str, int]  # for a person
    by_hour: Sequence[int]  # 24, of the shop's day
    by_day: Mapping[str, int]  # ISO date -> contacts


def figures(
    contacts: Sequence[Contact], *, target_s: float, zone: ZoneInfo, moment: datetime
) -> Figures:
    """Compute the figures of `contacts` as they stand at `moment`."""
    handed = [one for contact in contacts for one in contact.handed]
    asked = [one for one in handed if one.asked]
    taken = [one for one in asked if one.taken_at]
    left = [one for one in asked if not one.taken_at and one.ended_at]
    local = [contact.begun_at.astimezone(zone) for contact in contacts]
    hours = Counter(at.hour for at in local)
    sides: tuple[Solver, ...] = ("bot", "people")
    of = {side: [contact for contact in contacts if contact.by == side] for side in sides}
    return Figures(
        contacts=len(contacts),
        waited=len(taken) + len(left),
        waiting=len(asked) - len(taken) - len(left),
        left=len(left),
        wait=spread([_wait(one) for one in taken]),
        service_level=_service_level(taken, left, target_s),
        abandonment=share(len(left), len(taken) + len(left)),
        first_bot=spread([one.bot_s for one in contacts if one.bot_s is not None]),
        first_person=spread([one.person_s for one in contacts if one.person_s is not None]),
        handling=spread(
            [_span(one.taken_at, one.ended_at) for one in handed if one.taken_at and one.ended_at]
        ),
        resolved={side: _resolutions(of[side]) for side in sides},
        first_contact={side: _first_contact(of[side], moment) for side in sides},
        reopened={side: _reopened(of[side], moment) for side in sides},
        by_topic=_counted(contacts, lambda one: one.topic),
        by_channel=_counted(contacts, lambda one: one.channel),
        by_reason=_counted(asked, lambda one: one.reason),
        by_hour=[hours[hour] for hour in range(24)],
        by_day=dict(sorted(Counter(at.date().isoformat() for at in local).items())),
    )


def spread(values: Sequence[float]) -> Spread:
    """Summarise durations; p90 is the smallest that nine in ten do not exceed."""
    if not values:
        return Spread(0, None, None, None)
    ordered = sorted(values)
    p90 = ordered[-(-9 * len(ordered) // 10) - 1]
    return Spread(len(ordered), fmean(ordered), median(ordered), p90)


def _wait(one: Handed) -> float:
    return _span(one.requested_at, one.taken_at or one.ended_at)


def _span(begin: datetime | None, end: datetime | None) -> float:
    """Measure a time; a clock that was set back in it makes it 0, not negative."""
    return max(0.0, (end - begin).total_seconds()) if begin and end else 0.0


def _service_level(taken: Sequence[Handed], left: Sequence[Handed], target_s: float) -> Estimate:
    """Who left before the target was over had no chance to be taken in time, and is not counted."""
    in_time = sum(_wait(one) <= target_s for one in taken)
    too_late = sum(_wait(one) > target_s for one in left)
    return share(in_time, len(taken) + too_late)


def _resolutions(contacts: Sequence[Contact]) -> Resolutions:
    counts = Counter(contact.resolution for contact in contacts)
    return Resolutions({part: counts[part] for part in PARTS}, counts["open"])


def _final(contacts: Sequence[Contact], moment: datetime) -> list[Contact]:
    """Take those that can be reopened no more."""
    return [
        one
        for one in contacts
        if one.resolution != "open" and moment - one.ended_at >= REOPENED_WITHIN
    ]


def _first_contact(contacts: Sequence[Contact], moment: datetime) -> Estimate:
    final = _final(contacts, moment)
    solved = sum(one.resolution in ("confirmed", "assumed") for one in final)
    return share(solved, len(final))


def _reopened(contacts: Sequence[Contact], moment: datetime) -> Estimate:
    """Of what was thought solved, how much came back."""
    final = [one for one in _final(contacts, moment) if one.resolution != "abandoned"]
    return share(sum(one.resolution == "reopened" for one in final), len(final))


def _counted(rows: Sequence[_Row], key: Callable[[_Row], str]) -> Mapping[str, int]:
    return dict(Counter(key(row) for row in rows).most_common())
