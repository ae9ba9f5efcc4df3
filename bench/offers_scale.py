"""Measure learning and choosing in a big shop: synthetic, seeded, on a database of its own.

    .venv/bin/python -m bench.offers_scale [--customers 100000] [--lines 1000000] [--products 5000]

Prints the time and the memory of the first computation (what fits what; segments, value and future
of all customers), the time until a new order is counted in, and the time in which an offer is
chosen, beside the time of one empty read of the same database. Where others use the machine too,
the time of the processor says more than the clock.
"""

import argparse
import asyncio
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert, text

from crm.eligibility import Situation
from crm.offers import Offers
from crm.recommending.arrivals import learn_new
from crm.recommending.store import learn_all
from crm.segments.rules import load_segment_rules
from crm.segments.store import place_all, place_buyers
from crm.tables import Customer, Order, OrderLine, Product
from db.base import Base
from db.engine import Database
from db.migrate import migrate

_SEED = 1
_NOW = datetime(2026, 11, 18, 5, 0, tzinfo=UTC)
_DAYS = 540
_LINES_AN_ORDER = 2.5
_TASTES, _TASTE_SHARE = 100, 0.7  # products come in groups; most of an order is of one group
_BATCH = 50_000
_ORDERS, _CHOICES = 20, 300


def main(arguments: Sequence[str] | None = None) -> None:
    """Fill a database, and measure."""
    parser = argparse.ArgumentParser(description="Measure offers in a big shop.")
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--products", type=int, default=5_000)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'shop.db'}"
        migrate(url)
        asyncio.run(_measure(url, options))


async def _measure(url: str, options: argparse.Namespace) -> None:
    database = Database(url)
    chance = np.random.default_rng(_SEED)
    await _fill(database, chance, options)
    filled_mb, before_mb = await _size_mb(database), _peak_mb()
    stopwatch = Stopwatch()
    report = await learn_all(database, _now)
    print(f"first learning       {stopwatch}   {report}")
    stopwatch, rules = Stopwatch(), load_segment_rules()
    placed = await place_all(database, rules, clock=_now)
    print(f"segments and value   {stopwatch}   {placed}")
    print(f"memory, peak         {_peak_mb():8.0f} MB  ({before_mb:.0f} MB before)")
    print(f"database file        {await _size_mb(database):8.0f} MB  ({filled_mb:.0f} MB before)")
    times = []
    for number in range(_ORDERS):
        await _order(database, chance, number, options)
        stopwatch = Stopwatch()
        assert await learn_new(database, [f"NEW{number}"], _now) == 1
        assert await place_buyers(database, [f"NEW{number}"], rules, _now) == 1
        times.append(stopwatch.passed())
    _print("a new order counted", times)
    offers = Offers(database, clock=_now)
    for asked in (False, True):
        times, found = [], 0
        for number in chance.integers(options.customers, size=_CHOICES):
            situation = Situation(f"v{number}", customer_id=f"C{number}", asked=asked)
            stopwatch = Stopwatch()
            found += await offers.choose(situation) is not None
            times.append(stopwatch.passed())
        _print(
            f"an offer, {'asked' if asked else 'unasked'}", times, f"{found} of {_CHOICES} found"
        )
    times = []
    for _ in range(_CHOICES):
        stopwatch = Stopwatch()
        await database.check()
        times.append(stopwatch.passed())
    _print("an empty read", times)
    await database.close()


async def _fill(
    database: Database, chance: np.random.Generator, options: argparse.Namespace
) -> None:
    products, customers, lines = options.products, options.customers, options.lines
    orders = int(lines / _LINES_AN_ORDER)
    who = chance.integers(customers, size=orders)
    days = chance.uniform(0, _DAYS, size=orders)
    order = np.sort([*range(orders), *chance.integers(orders, size=lines - orders)])
    bought = _bought(chance, who[order] % _TASTES, products)
    await _insert(database, Product, (
        {"sku": f"P{n}", "name_id": f"P{n}", "name_en": f"P{n}", "category": f"K{n % _TASTES}",
         "price_idr": 100_000, "stock": 10, "refill_days": 90 if n % 20 == 0 else None}
        for n in range(products)
    ))  # fmt: skip
    await _insert(database, Customer, (
        {"id": f"C{n}", "name": f"C{n}", "consent_offers": True} for n in range(customers)
    ))  # fmt: skip
    await _insert(database, Order, (
        {"number": f"O{n}", "customer_id": f"C{who[n]}", "status": "delivered", "total_idr": 1,
         "ordered_at": _NOW - timedelta(days=float(days[n]))}
        for n in range(orders)
    ))  # fmt: skip
    await _insert(database, OrderLine, (
        {"order_number": f"O{order[n]}", "line": n, "sku": f"P{bought[n]}", "quantity": 1,
         "unit_price_idr": 1}
        for n in range(lines)
    ))  # fmt: skip


def _bought(
    chance: np.random.Generator, taste: NDArray[np.int64], products: int
) -> NDArray[np.int64]:
    """Draw products: few sell much, and most of what a customer buys is of one group."""
    popular = np.minimum(chance.zipf(1.3, size=len(taste)) - 1, products * 9) % products
    own = (popular // _TASTES) * _TASTES + taste
    liked = chance.random(len(taste)) < _TASTE_SHARE
    return np.where(liked & (own < products), own, popular)


async def _order(
    database: Database, chance: np.random.Generator, number: int, options: argparse.Namespace
) -> None:
    who = int(chance.integers(options.customers))
    skus = set(_bought(chance, np.full(4, who % _TASTES), options.products).tolist())
    async with database.write() as session:
        session.add(
            Order(
                number=f"NEW{number}", customer_id=f"C{who}", status="paid", total_idr=1,
                ordered_at=_NOW,
            )
        )  # fmt: skip
        await session.flush()
        session.add_all(
            OrderLine(
                order_number=f"NEW{number}", line=n, sku=f"P{sku}", quantity=1, unit_price_idr=1
            )
            for n, sku in enumerate(sorted(skus))
        )


async def _insert(database: Database, table: type[Base], rows: Iterator[dict[str, Any]]) -> None:
    while batch := list(islice(rows, _BATCH)):
        async with database.write() as session:
            await session.execute(insert(table), batch)


async def _size_mb(database: Database) -> float:
    query = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    async with database.read() as session:
        return float(await session.scalar(text(query)) or 0) / 1e6


class Stopwatch:
    """Tells how long something takes, by the clock and of the processor; both in seconds."""

    def __init__(self) -> None:
        self._begun = time.perf_counter(), time.process_time()

    def passed(self) -> tuple[float, float]:
        """Return what has passed by the clock, and of the processor."""
        return time.perf_counter() - self._begun[0], time.process_time() - self._begun[1]

    def __str__(self) -> str:
        clock, processor = self.passed()
        return f"{clock:8.1f} s, of the processor {processor:.1f} s"


def _print(what: str, times_s: list[tuple[float, float]], note: str = "") -> None:
    clock = np.percentile([one for one, _ in times_s], [50, 95, 99]) * 1_000
    processor = np.percentile([one for _, one in times_s], [50, 95]) * 1_000
    print(
        f"{what:20} p50 {clock[0]:6.1f} ms, p95 {clock[1]:6.1f} ms, p99 {clock[2]:6.1f} ms; "
        f"of the processor p50 {processor[0]:6.1f} ms, p95 {processor[1]:6.1f} ms  {note}"
    )


def _peak_mb() -> float:
    """Return the most memory that was resident so far (Linux counts in KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1_024 / 1e6


def _now() -> datetime:
    return _NOW


if __name__ == "__main__":
    main()
