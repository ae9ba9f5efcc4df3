"""Count new orders in as they come; what they change of the weights is learned with all the rest.

Until then a pair's weight grows with its count. A product that has all the neighbours that are
kept takes no new one in before everything is learned anew.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from itertools import product as pairs_of

from sqlalchemy import Select, bindparam, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm.locks import serialise
from crm.orders import UNDONE
from crm.recommending.learning import HALF_LIFE_DAYS, NEIGHBOURS, first_weight
from crm.recommending.store import LESSON, LOCK, learn_all
from crm.recommending.tables import Demand, Fit, LearnedOrder, Lesson
from crm.tables import Order, OrderLine
from db.base import now as current_time
from db.engine import Database

_MOST = 200  # orders; of more, learning everything anew is quicker
_HISTORY = 200  # products of a customer, the newest; a reseller's whole list says little
_DAY_S = 86_400

Pair = tuple[str, str]  # because, sku


async def learn_new(
    database: Database, numbers: Collection[str], clock: Callable[[], datetime] = current_time
) -> int:
    """Count in the orders `numbers`, each once, and return how many were new.

    If nothing was ever learned, or if they are many, everything is learned.
    """
    async with database.write() as session:
        await serialise(session, LOCK)
        lesson = await session.get(Lesson, LESSON)
        if lesson is not None and len(numbers) <= _MOST:
            orders = (await session.scalars(_uncounted(numbers))).all()
            for order in orders:
                await _count_in(session, order, lesson)
            return len(orders)
    await learn_all(database, clock)
    return len(numbers)


def _uncounted(numbers: Collection[str]) -> Select[Order]:
    learned = exists().where(LearnedOrder.number == Order.number)
    sold = exists().where(OrderLine.order_number == Order.number, OrderLine.quantity > 0)
    return (
        select(Order)
        .where(Order.number.in_(numbers), ~learned, sold, Order.status.not_in(UNDONE))
        .order_by(Order.ordered_at, Order.number)
    )


async def _count_in(session: AsyncSession, order: Order, lesson: Lesson) -> None:
    earlier = await _earlier(session, order)
    bought = list(
        await session.scalars(
            select(OrderLine.sku)
            .where(OrderLine.order_number == order.number, OrderLine.quantity > 0)
            .distinct()
            .order_by(OrderLine.sku)
        )
    )
    new = [sku for sku in bought if sku not in earlier]
    if not earlier:
        lesson.customers += 1
    await _count_demand(session, order, lesson.at, bought, earlier)
    known = [*list(earlier)[:_HISTORY], *new]
    together = {(a, b) for a, b in pairs_of(known, new) if a != b}
    await _count_pairs(session, together | {(b, a) for a, b in together})
    session.add(LearnedOrder(number=order.number))
    await session.flush()


async def _earlier(session: AsyncSession, order: Order) -> dict[str, datetime]:
    """Return what the customer had bought in orders counted before, newest first, and when."""
    last = func.max(Order.ordered_at).label("last")
    rows = await session.execute(
        select(OrderLine.sku, last)
        .join(Order, Order.number == OrderLine.order_number)
        .join(LearnedOrder, LearnedOrder.number == Order.number)
        .where(Order.customer_id == order.customer_id, OrderLine.quantity > 0)
        .group_by(OrderLine.sku)
        .order_by(last.desc(), OrderLine.sku)
    )
    return {row.sku: row.last for row in rows}


async def _count_demand(
    session: AsyncSession,
    order: Order,
    at: datetime,
    bought: Iterable[str],
    earlier: dict[str, datetime],
) -> None:
    for sku in bought:
        demand = await session.get(Demand, sku)
        if demand is None:
            demand = Demand(sku=sku, buyers=0, recent=0.0, anybody=0.0)
            session.add(demand)
        counted = _freshness(earlier[sku], at) if sku in earlier else 0.0
        demand.buyers += sku not in earlier
        demand.recent += max(_freshness(order.ordered_at, at) - counted, 0.0)
    await session.flush()


async def _count_pairs(session: AsyncSession, together: set[Pair]) -> None:
    offered = {sku for _, sku in together}
    rows = await session.execute(
        select(Fit.because, Fit.sku).where(
            Fit.sku.in_(offered), Fit.because.in_({because for because, _ in together})
        )
    )
    known = together & {(row.because, row.sku) for row in rows}
    neighbours = await session.execute(
        select(Fit.sku, func.count()).where(Fit.sku.in_(offered)).group_by(Fit.sku)
    )
    room = dict.fromkeys(offered, NEIGHBOURS) | {sku: NEIGHBOURS - n for sku, n in neighbours}
    unknown = sorted(pair for pair in together - known if room[pair[1]] > 0)
    connection = await session.connection()
    if known:
        await connection.execute(
            update(Fit.__table__)  # type: ignore[arg-type]
            .where(Fit.because == bindparam("a"), Fit.sku == bindparam("b"))
            .values(
                weight=Fit.weight * (Fit.customers + 1) / Fit.customers,
                customers=Fit.customers + 1,
            ),
            [{"a": because, "b": sku} for because, sku in sorted(known)],
        )
    if unknown:
        await _take_in(session, unknown, room)


async def _take_in(session: AsyncSession, unknown: list[Pair], room: dict[str, int]) -> None:
    rows = await session.execute(
        select(Demand.sku, Demand.buyers).where(Demand.sku.in_({pair[0] for pair in unknown}))
    )
    buyers = {row.sku: row.buyers for row in rows}
    taken = []
    for because, sku in unknown:
        if room[sku] > 0:
            room[sku] -= 1
            weight = first_weight(1, buyers[because])
            taken.append({"because": because, "sku": sku, "customers": 1, "weight": weight})
    await session.execute(insert(Fit), taken)


def _freshness(moment: datetime, at: datetime) -> float:
    """Return what a purchase counts among recent ones, 1 at the moment `at`, more after it."""
    days = (at - moment).total_seconds() / _DAY_S
    return float(0.5 ** (days / HALF_LIFE_DAYS))
