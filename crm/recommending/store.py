"""Learn from the orders in the database, all of them or only the new ones, and keep the result.

A returned or cancelled order teaches nothing, nor does a line whose quantity is not above 0.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, delete, exists, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.locks import serialise
from crm.orders import UNDONE
from crm.recommending.learning import Learned, learn
from crm.recommending.purchases import Purchases
from crm.recommending.tables import Demand, Fit, LearnedOrder, Lesson
from crm.tables import Order, OrderLine, Product
from db.base import now as current_time
from db.engine import Database

LESSON = 1  # the one row of lessons
LOCK = "what orders teach"
_READ = 20_000  # lines at a time
_PRODUCTS = 200  # replaced in one transaction, so that customers' turns never wait long
_ORDERS = 20_000


@dataclass(frozen=True, slots=True)
class Report:
    """What was learned from, what was left out, and what the owner may want to correct."""

    customers: int
    products: int
    pairs: int
    undone_orders: int
    bad_lines: int
    same_name: tuple[tuple[str, ...], ...]  # SKUs under which one name is sold

    def __str__(self) -> str:
        """Say it in lines."""
        lines = [
            f"learned from {self.customers} customers and {self.products} products: "
            f"{self.pairs} pairs that fit",
            f"left out: {self.undone_orders} orders returned or cancelled, "
            f"{self.bad_lines} lines whose quantity is not above 0",
        ]
        lines += [
            f"one name under several codes, each learned by itself: {', '.join(skus)}"
            for skus in self.same_name
        ]
        return "\n".join(lines)


async def learn_all(database: Database, clock: Callable[[], datetime] = current_time) -> Report:
    """Learn from all orders anew; offers go on being chosen meanwhile."""
    at = clock()
    purchases = Purchases(at)
    numbers: dict[str, None] = {}
    async with database.read() as session:
        async for lines in _lines(session):
            purchases.add((line.customer_id, line.sku, line.ordered_at) for line in lines)
            numbers.update(dict.fromkeys(line.number for line in lines))
        report = await _report(session)
    learned = await asyncio.to_thread(learn, purchases)
    await _keep(database, learned, at)
    await _note_learned(database, list(numbers))
    return Report(learned.customers, len(learned.skus), learned.weights.nnz, *report)


async def _lines(session: AsyncSession) -> AsyncIterator[Sequence[Row[str, str, str, datetime]]]:
    stream = await session.stream(
        select(Order.number, Order.customer_id, OrderLine.sku, Order.ordered_at)
        .join(OrderLine, OrderLine.order_number == Order.number)
        .where(Order.status.not_in(UNDONE), OrderLine.quantity > 0)
    )
    async for lines in stream.partitions(_READ):
        yield lines


async def _report(session: AsyncSession) -> tuple[int, int, tuple[tuple[str, ...], ...]]:
    undone = await session.scalar(
        select(func.count()).select_from(Order).where(Order.status.in_(UNDONE))
    )
    bad = await session.scalar(
        select(func.count()).select_from(OrderLine).where(OrderLine.quantity <= 0)
    )
    codes: dict[str, list[str]] = defaultdict(list)
    for name, sku in await session.execute(select(Product.name_id, Product.sku)):
        codes[" ".join(name.casefold().split())].append(sku)
    same = sorted(tuple(sorted(skus)) for skus in codes.values() if len(skus) > 1)
    return undone or 0, bad or 0, tuple(same)


async def _keep(database: Database, learned: Learned, at: datetime) -> None:
    offered = learned.weights.tocsc()
    together = learned.together.tocsc()
    for start in range(0, len(learned.skus), _PRODUCTS):
        batch = range(start, min(start + _PRODUCTS, len(learned.skus)))
        skus = [learned.skus[column] for column in batch]
        demands = [
            {
                "sku": learned.skus[column],
                "buyers": int(learned.buyers[column]),
                "recent": float(learned.recent[column]),
                "anybody": float(learned.anybody[column]),
            }
            for column in batch
        ]
        fits = [
            {
                "because": learned.skus[offered.indices[place]],
                "sku": learned.skus[column],
                "customers": int(together.data[place]),
                "weight": float(offered.data[place]),
            }
            for column in batch
            for place in range(offered.indptr[column], offered.indptr[column + 1])
        ]
        async with database.write() as session:
            await serialise(session, LOCK)
            await session.execute(delete(Demand).where(Demand.sku.in_(skus)))
            await session.execute(delete(Fit).where(Fit.sku.in_(skus)))
            await session.execute(insert(Demand), demands)
            if fits:
                await session.execute(insert(Fit), fits)
    async with database.write() as session:
        await serialise(session, LOCK)
        await _forget_unsold(session)
        await session.merge(Lesson(id=LESSON, at=at, customers=learned.customers))


async def _forget_unsold(session: AsyncSession) -> None:
    """Forget products of which every order has been undone."""
    sold = exists().where(
        OrderLine.sku == Demand.sku,
        OrderLine.quantity > 0,
        Order.number == OrderLine.order_number,
        Order.status.not_in(UNDONE),
    )
    gone = list(await session.scalars(select(Demand.sku).where(~sold)))
    if gone:
        await session.execute(delete(Fit).where(Fit.sku.in_(gone)))
        await session.execute(delete(Demand).where(Demand.sku.in_(gone)))


async def _note_learned(database: Database, numbers: Sequence[str]) -> None:
    async with database.read() as session:
        known = set(await session.scalars(select(LearnedOrder.number)))
    new = [number for number in numbers if number not in known]
    for start in range(0, len(new), _ORDERS):
        rows = [{"number": number} for number in new[start : start + _ORDERS]]
        async with database.write() as session:
            await serialise(session, LOCK)
            await session.execute(insert(LearnedOrder), rows)
