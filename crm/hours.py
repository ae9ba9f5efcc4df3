"""When people answer: service hours, and time that counts only while they are there."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from crm.holidays import DayHours, NationalHolidays, Rule, UnknownCountry

_FILE = Path(__file__).parent / "content" / "hours.yml"
_LONGEST_BREAK_DAYS = 60
_MIDNIGHT = "24:00"
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class BadHours(ValueError):
    """The hours file contradicts itself or never opens."""


@dataclass(frozen=True, slots=True)
class Shift:
    """One day's service, from `start` up to but not including `end`.

    Both are UTC: Python subtracts two times of one zone by the wall clock, wrong when it jumps.
    """

    start: datetime
    end: datetime


class ServiceHours:
    """The shop's service hours in its own time zone."""

    def __init__(
        self,
        week: dict[int, DayHours],
        closed: dict[date, dict[str, str]],
        zone: ZoneInfo,
        national: NationalHolidays | None = None,
    ) -> None:
        """Open as `week` says (0 is Monday; a missing day is closed) except on `closed` dates.

        `national` holidays have hours of their own, or none.
        """
        self.zone = zone
        self._week = week
        self._closed = closed
        self._national = national

    @classmethod
    def load(cls, timezone: str = "Asia/Jakarta", path: Path = _FILE) -> "ServiceHours":
        """Read the content file. Raises BadHours."""
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        week = _week(content, path)
        closed = {entry["date"]: entry["name"] for entry in content.get("closed") or []}
        return cls(week, closed, ZoneInfo(timezone), _national(content.get("holidays"), path))

    def with_week(self, content: dict[str, Any]) -> "ServiceHours":
        """Give the hours of a part of the shop, written as in the file, on the same days off.

        Raises BadHours, KeyError, TypeError, ValueError.
        """
        week = _week(content, Path("hours"))
        return ServiceHours(week, self._closed, self.zone, self._national)

    def closing_day(self, at: datetime, lang: str) -> str | None:
        """Return the name of the holiday for which the day of `at` has no service, or None."""
        day = at.astimezone(self.zone).date()
        if names := self._closed.get(day):
            return names[lang]
        is_closed = self._national is not None and self._national.rule(day) == "closed"
        return self._national.name(day, lang) if self._national and is_closed else None

    def shift(self, day: date) -> Shift | None:
        """Return the service of one day, or None if it is closed."""
        hours = self._week.get(day.weekday())
        if hours is None or day in self._closed:
            return None
        if self._national is not None and (rule := self._national.rule(day)) is not None:
            if rule == "closed":
                return None
            hours = rule
        return Shift(
            datetime.combine(day, hours.opens, self.zone).astimezone(UTC),
            datetime.combine(day, hours.closes, self.zone).astimezone(UTC),
        )

    def is_open(self, at: datetime) -> bool:
        """Say whether somebody is there at the moment `at`."""
        shift = self.shift(at.astimezone(self.zone).date())
        return shift is not None and shift.start <= at < shift.end

    def next_opening(self, at: datetime) -> datetime:
        """Return `at` itself while open, else the start of the next service. Raises BadHours."""
        return max(self._shift_ending_after(at).start, at).astimezone(self.zone)

    def last_open(self, at: datetime, before_end: timedelta) -> datetime:
        """Return the latest open moment up to `at` that is `before_end` before the service ends.

        Raises BadHours.
        """
        today = at.astimezone(self.zone).date()
        for days in range(_LONGEST_BREAK_DAYS):
            shift = self.shift(today - timedelta(days=days))
            if shift is not None and shift.start <= at:
                return min(shift.end - before_end, at).astimezone(self.zone)
        raise BadHours(f"no service within {_LONGEST_BREAK_DAYS} days before {at.isoformat()}")

    def add_service_time(self, at: datetime, hours: float) -> datetime:
        """Return the moment at which `hours` of service have passed since `at`.

        Raises BadHours.
        """
        left = timedelta(hours=hours)
        while True:
            shift = self._shift_ending_after(at)
            at = max(shift.start, at.astimezone(UTC))
            if left <= shift.end - at:
                return (at + left).astimezone(self.zone)
            left -= shift.end - at
            at = shift.end

    def service_time(self, start: datetime, end: datetime) -> timedelta:
        """Return how much service there is from `start` to `end`; nothing if `end` is earlier."""
        passed = timedelta()
        day, last = (moment.astimezone(self.zone).date() for moment in (start, end))
        while day <= last:
            shift = self.shift(day)
            if shift is not None:
                passed += max(timedelta(), min(end, shift.end) - max(start, shift.start))
            day += timedelta(days=1)
        return passed

    def _shift_ending_after(self, at: datetime) -> Shift:
        today = at.astimezone(self.zone).date()
        for days in range(_LONGEST_BREAK_DAYS):
            shift = self.shift(today + timedelta(days=days))
            if shift is not None and at < shift.end:
                return shift
        raise BadHours(f"no service within {_LONGEST_BREAK_DAYS} days after {at.isoformat()}")


def _week(content: dict[str, Any], path: Path) -> dict[int, DayHours]:
    week = {}
    for weekday, name in enumerate(_WEEKDAYS):
        hours = (content.get("weekdays") or {}).get(name, content["daily"])
        if hours != "closed":
            week[weekday] = _day_hours(hours, path)
    if not week:
        raise BadHours(f"{path}: closed on every weekday")
    return week


def _day_hours(hours: dict[str, Any], path: Path) -> DayHours:
    closes = hours["close"]
    # Around the clock ends at "24:00", which no `time` can be; a microsecond is missing.
    until = time.max if closes == _MIDNIGHT else time.fromisoformat(closes)
    day = DayHours(time.fromisoformat(hours["open"]), until)
    if day.opens >= day.closes:
        raise BadHours(f"{path}: opens at {day.opens} but closes at {day.closes}")
    return day


def _national(content: dict[str, Any] | None, path: Path) -> NationalHolidays | None:
    if not content:
        return None
    rules: dict[str, Rule] = {
        kind: "closed" if content[kind] == "closed" else _day_hours(content[kind], path)
        for kind in ("public", "collective_leave")
        if kind in content
    }
    try:
        return NationalHolidays(content["country"], rules, frozenset(content.get("worked") or []))
    except UnknownCountry as error:
        raise BadHours(f"{path}: {error}") from error
