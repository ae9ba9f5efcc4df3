"""Compute where customers stand, all of them or only some, and keep it."""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.locks import serialise
from crm.segments.marks import Marks, measure
from crm.segments.placing import place
from crm.segments.rules import SegmentRules
from crm.segments.tables import Standing, Yardstick
from crm.tables import Customer, Order
from crm.value.contacts import TalkCount, Talks, no_talks
from crm.value.ledger import Account, Span, accounts
from crm.value.needs import Need, next_needs
from db.base import now as current_time
from db.engine import Database

_YARDSTICK = 1  # the one row
_LOCK = "where customers stand"
_BATCH = 500  # stored in one transaction, so that customers' turns never wait long


@dataclass(frozen=True, slots=True)
class Placed:
    """What was computed."""

    customers: int
    fitted: bool  # whether enough is known to say what comes

    def __str__(self) -> str:
        """Say it in one line."""
        future = "" if self.fitted else "; too few orders to say what comes"
        return f"segments and value of {self.customers} customers{future}"


async def place_all(
    database: Database,
    rules: SegmentRules,
    talks: TalkCount = no_talks,
    clock: Callable[[], datetime] = current_time,
) -> Placed:
    """Measure all customers anew and place each; takes seconds for 100,000."""
    at = clock()
    async with database.read() as session:
        found = await accounts(session, _span(rules, at), talks=talks)
        needs = await next_needs(session, rules.needs, at)
        cities = {
            row.id: row.city for row in await session.execute(select(Customer.id, Customer.city))
        }
        before = await session.get(Yardstick, _YARDSTICK)
    old = Marks.read(before.marks).future if before else None
    marks = await asyncio.to_thread(measure, list(found.values()), rules, at, old)
    await _keep(database, found, cities, needs, rules, marks, at)
    async with database.write() as session:
        await serialise(session, _LOCK)
        await session.merge(Yardstick(id=_YARDSTICK, at=at, marks=marks.as_json()))
    return Placed(len(cities), marks.future is not None)


async def place_some(
    database: Database,
    customers: Collection[str],
    rules: SegmentRules,
    clock: Callable[[], datetime] = current_time,
) -> int:
    """Place these customers by the marks computed last; milliseconds each.

    Their conversations are counted with all others only. Returns how many; 0 if nothing was ever
    computed.
    """
    at = clock()
    async with database.read() as session:
        yardstick = await session.get(Yardstick, _YARDSTICK)
        if yardstick is None or not customers:
            return 0
        found: dict[str, Account] = {}
        needs: dict[str, Need] = {}
        cities: dict[str, str | None] = {}
        for names in _batches(sorted(customers)):
            found |= await accounts(session, _span(rules, at), names, _as_counted)
            needs |= await next_needs(session, rules.needs, at, names)
            rows = await session.execute(
                select(Customer.id, Customer.city).where(Customer.id.in_(names))
            )
            cities |= {row.id: row.city for row in rows}
    marks = Marks.read(yardstick.marks)
    await _keep(database, found, cities, needs, rules, marks, at)
    return len(cities)


async def place_buyers(
    database: Database,
    orders: Collection[str],
    rules: SegmentRules,
    clock: Callable[[], datetime] = current_time,
) -> int:
    """Place the customers of these orders; all customers if none was ever placed."""
    async with database.read() as session:
        measured = await session.get(Yardstick, _YARDSTICK) is not None
    if not measured:
        return (await place_all(database, rules, clock=clock)).customers
    buyers: set[str] = set()
    async with database.read() as session:
        for numbers in _batches(sorted(orders)):
            buyers |= set(
                await session.scalars(
                    select(Order.customer_id).where(Order.number.in_(numbers)).distinct()
                )
            )
    return await place_some(database, buyers, rules, clock=clock)


async def _as_counted(
    session: AsyncSession, _since: datetime, customers: Collection[str] | None
) -> Mapping[str, Talks]:
    rows = await session.execute(
        select(Standing.customer_id, Standing.bot_days, Standing.people).where(
            Standing.customer_id.in_(customers or ())
        )
    )
    return {row.customer_id: Talks(row.bot_days, row.people) for row in rows}


def _span(rules: SegmentRules, at: datetime) -> Span:
    return Span(
        at,
        timedelta(days=rules.history_days),
        timedelta(days=rules.trend_days),
        rules.margin_share,
    )


async def _keep(
    database: Database,
    found: dict[str, Account],
    cities: dict[str, str | None],
    needs: dict[str, Need],
    rules: SegmentRules,
    marks: Marks,
    at: datetime,
) -> None:
    for names in _batches(list(cities)):
        rows = place(found, {name: cities[name] for name in names}, needs, rules, marks, at)
        async with database.write() as session:
            await serialise(session, _LOCK)
            await _replace(session, names, rows)


async def _replace(
    session: AsyncSession, names: Sequence[str], rows: Sequence[dict[str, Any]]
) -> None:
    # Somebody may have been erased since they were read.
    there = set(await session.scalars(select(Customer.id).where(Customer.id.in_(names))))
    await session.execute(delete(Standing).where(Standing.customer_id.in_(names)))
    kept = [row for row in rows if row["customer_id"] in there]
    if kept:
        connection = await session.connection()
        await connection.execute(insert(Standing.__table__), kept)  # type: ignore[arg-type]


def _batches(names: Sequence[str]) -> Iterator[list[str]]:
    remaining = iter(names)
    while batch := list(islice(remaining, _BATCH)):
        yield batch
