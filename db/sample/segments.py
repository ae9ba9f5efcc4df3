"""Read segment, activity, level and points of each customer off what they really bought."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random

from db.sample import days
from db.sample.people import Person
from db.sample.rows import Customer, Order

BIG_FROM_IDR = 12_000_000  # spent in the 18 months shown
REGULAR_FROM_IDR = 2_500_000
ACTIVE_WITHIN = timedelta(days=90)
PASSIVE_WITHIN = timedelta(days=270)
YEAR = timedelta(days=365)
GOLD_FROM_IDR = 10_000_000  # spent in the last year
SILVER_FROM_IDR = 3_000_000
IDR_PER_POINT = 10_000
REDEEMED_CHANCE = 0.3
REDEEMED_POINTS = 100
SPENT = frozenset({"paid", "packed", "shipped", "delivered"})


def customers(rng: Random, people: list[Person], orders: Iterable[Order]) -> list[Customer]:
    """Return the rows of customers.csv."""
    orders_of: dict[str, list[Order]] = {p.id: [] for p in people}
    for order in orders:
        if order.status in SPENT:
            orders_of[order.customer_id].append(order)
    return [_customer(rng, person, orders_of[person.id]) for person in people]


def _customer(rng: Random, person: Person, orders: list[Order]) -> Customer:
    last_year = sum(o.total_idr for o in orders if days.NOW - o.ordered_at <= YEAR)
    return Customer(
        id=person.id,
        name=person.name,
        phone=person.phone,
        email=person.email,
        city=person.place.city,
        lang=person.lang,
        since=person.since,
        segment=_segment(sum(o.total_idr for o in orders)),
        consent_offers=person.consent,
        consent_at=person.consent_at,
        activity=_activity(person, max((o.ordered_at for o in orders), default=None)),
        level=_level(last_year),
        points=_points(rng, last_year),
    )


def _segment(spent_idr: int) -> str:
    if spent_idr >= BIG_FROM_IDR:
        return "big"
    return "regular" if spent_idr >= REGULAR_FROM_IDR else "micro"


def _activity(person: Person, last_order: datetime | None) -> str:
    quiet_for = days.NOW - (last_order or days.at(person.since, 0))
    if quiet_for <= ACTIVE_WITHIN:
        return "active"
    return "passive" if quiet_for <= PASSIVE_WITHIN else "lapsed"


def _level(last_year_idr: int) -> str:
    if last_year_idr >= GOLD_FROM_IDR:
        return "emas"
    return "perak" if last_year_idr >= SILVER_FROM_IDR else "perunggu"


def _points(rng: Random, last_year_idr: int) -> int:
    earned = last_year_idr // IDR_PER_POINT
    # Points are redeemed in hundreds.
    if rng.random() < REDEEMED_CHANCE:
        earned -= REDEEMED_POINTS * rng.randint(0, earned // REDEEMED_POINTS)
    return earned
