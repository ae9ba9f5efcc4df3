"""The calendar of the demo shop: when its data starts and ends, and how busy its days are."""

import math
from datetime import date, datetime, time, timedelta, timezone

WIB = timezone(timedelta(hours=7))
FIRST_DAY = date(2025, 5, 21)
NOW = datetime(2026, 11, 20, 20, 0, tzinfo=WIB)  # the data shows the shop at this moment
BUSY_FROM = date(2026, 11, 19)  # so that NOW finds orders in every state
DAY_NUMBERS = 240  # order numbers given out on a full day

SHIPPING_CUT_OFF = time(14, 0)
SATURDAY = 5
SUNDAY = 6
PAY_DAYS = range(25, 29)  # of the month
EID = date(2026, 3, 20)  # Idulfitri 1447
RUSH_BEFORE_EID = range(3, 31)  # days to go
QUIET_AROUND_EID = range(-4, 3)
# How many orders arrive in each hour, relative: a peak at lunch and one in the evening.
HOURS = (2, 1, 1, 1, 1, 3, 6, 9, 11, 14, 15, 16, 20, 17, 13, 12, 12, 13, 15, 19, 21, 18, 12, 6)


def at(day: date, hour: float) -> datetime:
    """Return the moment `hour` hours (may exceed 24) after midnight WIB, to the second."""
    midnight = datetime.combine(day, time(), tzinfo=WIB)
    return midnight + timedelta(seconds=round(hour * 3600))


def order_time(day: date, number: int) -> datetime:
    """Return when the order with the daily `number`, 1 to DAY_NUMBERS, came in."""
    target = sum(HOURS) * (number - 0.5) / DAY_NUMBERS
    for hour, orders in enumerate(HOURS):
        if target < orders:
            return at(day, hour + target / orders)
        target -= orders
    raise ValueError(f"no order number {number} in a day")


def busyness(day: date) -> float:
    """Say how many orders `day` draws, relative: growth, pay day, 11.11, 12.12 and Ramadan."""
    growth = 1 + 0.8 * (day - FIRST_DAY).days / 548
    weekly = 1.2 if day.weekday() >= SATURDAY else 1.0
    pay_day = 1.3 if day.day in PAY_DAYS else 1.0
    last_days = 4.0 if day >= BUSY_FROM else 1.0
    return growth * weekly * pay_day * last_days * _season(day)


def is_working_day(day: date) -> bool:
    """Tell whether the warehouse works; Saturdays and Sundays it does not."""
    return day.weekday() < SATURDAY


def working_day_after(day: date, days: int = 1) -> date:
    """Return the working day that is `days` working days after `day`."""
    while days > 0:
        day += timedelta(days=1)
        days -= is_working_day(day)
    return day


def not_sunday(day: date) -> date:
    """Return `day`, or Monday for a Sunday: couriers rest on Sundays."""
    return day + timedelta(days=1) if day.weekday() == SUNDAY else day


def _season(day: date) -> float:
    if (day.month, day.day) in {(11, 11), (12, 12)}:
        return 4.0
    # Shopping grows until a few days before Idulfitri, then the shop is quiet.
    to_eid = (EID - day).days
    if to_eid in RUSH_BEFORE_EID:
        return 1 + 0.9 * math.exp(-to_eid / 12)
    return 0.3 if to_eid in QUIET_AROUND_EID else 1.0
