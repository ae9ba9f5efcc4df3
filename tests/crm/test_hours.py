from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from crm.holidays import DayHours
from crm.hours import BadHours, ServiceHours

JAKARTA = ZoneInfo("Asia/Jakarta")


def jakarta(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=JAKARTA)


def hours_of(tmp_path: Path, content: str) -> ServiceHours:
    path = tmp_path / "hours.yml"
    path.write_text(content)
    return ServiceHours.load(path=path)


HOURS = ServiceHours.load()


def test_people_are_there_from_eight_to_eight_in_jakarta() -> None:
    assert not HOURS.is_open(jakarta(18, 7, 59))
    assert HOURS.is_open(jakarta(18, 8))
    assert HOURS.is_open(jakarta(18, 19, 59))
    assert not HOURS.is_open(jakarta(18, 20))
    assert HOURS.is_open(datetime(2026, 11, 18, 1, 0, tzinfo=UTC))


def test_the_next_opening_is_now_while_open() -> None:
    assert HOURS.next_opening(jakarta(18, 12)) == jakarta(18, 12)
    assert HOURS.next_opening(jakarta(18, 5)) == jakarta(18, 8)
    assert HOURS.next_opening(jakarta(18, 20)) == jakarta(19, 8)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        (jakarta(18, 9), 4, jakarta(18, 13)),
        (jakarta(18, 19), 4, jakarta(19, 11)),
        (jakarta(18, 23), 1, jakarta(19, 9)),
        (jakarta(18, 9), 24, jakarta(20, 9)),
        (jakarta(18, 9), 11, jakarta(18, 20)),
        (jakarta(18, 9), 0, jakarta(18, 9)),
    ],
)
def test_a_promise_counts_service_hours_only(start: datetime, hours: int, end: datetime) -> None:
    assert HOURS.add_service_time(start, hours) == end
    assert HOURS.add_service_time(start.astimezone(UTC), hours) == end


def test_a_closing_day_is_skipped_and_has_a_name() -> None:
    holiday = {date(2026, 11, 19): {"id": "Libur", "en": "Holiday"}}
    week = {day: DayHours(time(8), time(20)) for day in range(7)}
    hours = ServiceHours(week, holiday, JAKARTA)

    assert hours.next_opening(jakarta(18, 21)) == jakarta(20, 8)
    assert hours.add_service_time(jakarta(18, 19), 2) == jakarta(20, 9)
    assert hours.closing_day(jakarta(19, 10), "en") == "Holiday"
    assert hours.closing_day(jakarta(18, 10), "en") is None


def test_a_weekday_may_have_other_hours_or_none(tmp_path: Path) -> None:
    hours = hours_of(
        tmp_path,
        'daily: {open: "08:00", close: "17:00"}\n'
        'weekdays: {saturday: {open: "09:00", close: "12:00"}, sunday: closed}\n',
    )

    assert hours.next_opening(jakarta(21, 8)) == jakarta(21, 9)  # a Saturday
    assert hours.next_opening(jakarta(21, 12)) == jakarta(23, 8)


def test_hours_across_a_change_of_clocks_are_real_hours() -> None:
    week = {day: DayHours(time(0), time(12)) for day in range(7)}
    berlin = ZoneInfo("Europe/Berlin")
    hours = ServiceHours(week, {}, berlin)
    start = datetime(2026, 3, 29, 1, 0, tzinfo=berlin)  # clocks jump from 2 to 3

    end = hours.add_service_time(start, 2)

    assert end.astimezone(UTC) - start.astimezone(UTC) == timedelta(hours=2)


@pytest.mark.parametrize(
    "content",
    [
        'daily: {open: "20:00", close: "08:00"}\n',
        "daily: closed\n",
        'daily: {open: "08:00", close: "20:00"}\nholidays: {country: XX, public: closed}\n',
        'daily: {open: "08:00", close: "20:00"}\n'
        'holidays: {country: ID, public: {open: "20:00", close: "08:00"}}\n',
        'daily: {open: "08:00", close: "20:00"}\n'
        "holidays: {country: SG, collective_leave: closed}\n",
    ],
)
def test_hours_that_nobody_can_keep_are_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(BadHours):
        hours_of(tmp_path, content)


def test_a_national_holiday_is_no_day_of_service_and_named_in_both_languages() -> None:
    christmas = datetime(2026, 12, 25, 10, tzinfo=JAKARTA)

    assert not HOURS.is_open(christmas)
    assert HOURS.next_opening(christmas) == datetime(2026, 12, 26, 8, tzinfo=JAKARTA)
    assert HOURS.closing_day(christmas, "id") == "Hari Raya Natal"
    assert HOURS.closing_day(christmas, "en") == "Christmas Day"
    assert HOURS.closing_day(christmas - timedelta(days=1), "en") is None


def test_holidays_and_collective_leave_may_have_hours_of_their_own(tmp_path: Path) -> None:
    hours = hours_of(
        tmp_path,
        'daily: {open: "08:00", close: "20:00"}\n'
        'holidays: {country: ID, public: {open: "10:00", close: "12:00"},\n'
        "  collective_leave: closed, worked: [2026-12-26]}\n",
    )
    eve, christmas = (datetime(2026, 12, day, 9, tzinfo=JAKARTA) for day in (24, 25))

    assert hours.closing_day(eve, "id") == "Cuti Bersama Hari Raya Natal"
    assert hours.next_opening(eve) == christmas.replace(hour=10)
    assert hours.closing_day(christmas, "id") is None
    assert hours.add_service_time(christmas, 3) == datetime(2026, 12, 26, 9, tzinfo=JAKARTA)


def test_a_shop_that_works_on_a_holiday_says_so(tmp_path: Path) -> None:
    hours = hours_of(
        tmp_path,
        'daily: {open: "08:00", close: "20:00"}\n'
        "holidays: {country: ID, public: closed, worked: [2026-12-25]}\n",
    )

    assert hours.is_open(datetime(2026, 12, 25, 10, tzinfo=JAKARTA))
