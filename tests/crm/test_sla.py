from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.holidays import DayHours, NationalHolidays
from crm.hours import ServiceHours
from crm.ticketing.sla import Step, due, used

JAKARTA = ZoneInfo("Asia/Jakarta")
BERLIN = ZoneInfo("Europe/Berlin")
EIGHT_TO_EIGHT = DayHours(time(8), time(20))
HOURS = ServiceHours(dict.fromkeys(range(7), EIGHT_TO_EIGHT), {}, JAKARTA)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=JAKARTA)


def test_a_clock_runs_from_the_beginning_in_service_hours() -> None:
    history = [Step(at(18, 10), "open")]

    assert used(history, HOURS, at(18, 13)) == timedelta(hours=3)
    assert due(history, HOURS, 4) == at(18, 14)


def test_the_night_does_not_count() -> None:
    history = [Step(at(18, 18), "open")]

    assert used(history, HOURS, at(19, 9)) == timedelta(hours=3)
    assert due(history, HOURS, 4) == at(19, 10)


def test_a_case_opened_at_night_begins_in_the_morning() -> None:
    history = [Step(at(18, 23), "open")]

    assert used(history, HOURS, at(19, 7)) == timedelta()
    assert due(history, HOURS, 1) == at(19, 9)


def test_while_the_customer_is_asked_the_clock_stands() -> None:
    waiting = [Step(at(18, 9), "open"), Step(at(18, 11), "waiting_customer")]
    answered = [*waiting, Step(at(19, 15), "open")]

    assert used(waiting, HOURS, at(19, 12)) == timedelta(hours=2)
    assert due(waiting, HOURS, 4) is None
    assert used(answered, HOURS, at(19, 16)) == timedelta(hours=3)
    assert due(answered, HOURS, 4) == at(19, 17)


def test_what_was_late_before_the_customer_was_asked_stays_late() -> None:
    history = [Step(at(18, 9), "open"), Step(at(18, 15), "waiting_customer")]

    assert due(history, HOURS, 4) == at(18, 13)


def test_a_reopened_case_goes_on_where_its_clock_stood() -> None:
    history = [Step(at(18, 9), "open"), Step(at(18, 12), "solved"), Step(at(20, 9), "open")]

    assert used(history, HOURS, at(20, 10)) == timedelta(hours=4)
    assert due(history, HOURS, 8) == at(20, 14)


def test_after_the_end_nothing_is_added() -> None:
    history = [Step(at(18, 9), "open"), Step(at(18, 12), "solved"), Step(at(21, 9), "closed")]

    assert used(history, HOURS, at(28, 9)) == timedelta(hours=3)
    assert due(history, HOURS, 8) is None


def test_a_holiday_and_a_closing_day_of_ones_own_do_not_count() -> None:
    closed = {date(2026, 12, 24): {"id": "Pindahan", "en": "Moving"}}
    national = NationalHolidays("ID", {"public": "closed"}, frozenset())
    hours = ServiceHours(dict.fromkeys(range(7), EIGHT_TO_EIGHT), closed, JAKARTA, national)
    history = [Step(datetime(2026, 12, 23, 18, tzinfo=JAKARTA), "open")]

    # 24 December is closed by the shop, 25 December is Christmas.
    assert due(history, hours, 4) == datetime(2026, 12, 26, 10, tzinfo=JAKARTA)
    assert used(history, hours, datetime(2026, 12, 26, 9, tzinfo=JAKARTA)) == timedelta(hours=3)


@pytest.mark.parametrize(
    ("night", "length"),
    [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)],  # Berlin, to and from summer time
)
def test_when_the_clock_changes_an_hour_is_still_an_hour(night: date, length: int) -> None:
    around = dict.fromkeys(range(7), DayHours(time(0), time.max))
    hours = ServiceHours(around, {}, BERLIN)
    midnight = datetime.combine(night, time(0), BERLIN)
    next_midnight = datetime.combine(night + timedelta(days=1), time(0), BERLIN)
    history = [Step(midnight, "open")]

    passed = used(history, hours, next_midnight)

    assert timedelta(0) <= timedelta(hours=length) - passed <= timedelta(microseconds=1)
    end = due(history, hours, 6)
    assert end is not None
    assert end.astimezone(UTC) - midnight.astimezone(UTC) == timedelta(hours=6)


def test_a_machine_whose_clock_is_set_back_takes_no_time_away() -> None:
    history = [
        Step(at(18, 10), "open"),
        Step(at(18, 9), "waiting_customer"),  # set back by more than an hour in between
        Step(at(18, 9, 30), "open"),
    ]

    assert used(history, HOURS, at(18, 9, 45)) == timedelta()
    assert used(history, HOURS, at(18, 11)) == timedelta(hours=1)
    assert due(history, HOURS, 2) == at(18, 12)


_MINUTES = st.integers(0, 60 * 24 * 20)
_HISTORIES = st.lists(
    st.tuples(_MINUTES, st.sampled_from(["open", "waiting_customer", "solved", "closed"])),
    min_size=1,
    max_size=8,
)


@given(_HISTORIES, st.floats(0.1, 100))
def test_what_is_due_is_the_moment_at_which_all_is_used(
    changes: list[tuple[int, str]], allowed: float
) -> None:
    steps = [
        Step(at(1, 0) + timedelta(minutes=minute), status) for minute, status in sorted(changes)
    ]

    end = due(steps, HOURS, allowed)

    if end is None:
        assert used(steps, HOURS, at(29, 0)) < timedelta(hours=allowed)
    else:
        spent = used(steps, HOURS, end)
        assert abs(spent - timedelta(hours=allowed)) < timedelta(milliseconds=1)
