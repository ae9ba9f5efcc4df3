"""Add up what each customer bought, owed and cost, in SQL: one row a customer and question."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, Select, case, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import Subquery

from crm.orders import UNDONE
from crm.tables import CallBack, Invoice, Order, OrderLine, Product, Ticket
from crm.value.contacts import TalkCount, no_talks

_UNPAID = ("due", "overdue")


@dataclass(slots=True)
class Account:
    """What one customer bought and owes, and how often others had work with it."""

    orders: int = 0
    days: int = 0  # with an order
    first_at: datetime | None = None
    last_at: datetime | None = None
    spent_idr: int = 0  # ever
    revenue_idr: int = 0  # of the history
    margin_idr: int = 0  # of the history
    margin_now_idr: int = 0  # of the time of the trend
    margin_before_idr: int = 0  # of as long before that
    line: str | None = None  # category with most revenue
    overdue_bills: int = 0
    overdue_since: datetime | None = None
    returned_orders: int = 0  # of the history, as what follows
    tickets: int = 0
    call_backs: int = 0
    bot_days: int = 0  # with a conversation that needed no person
    people: int = 0  # conversations that a person took

    @property
    def contacts(self) -> int:
        """How often the customer was in contact with the shop."""
        return self.bot_days + self.people + self.tickets + self.call_backs


@dataclass(frozen=True, slots=True)
class Span:
    """The times that are looked at, back from `at`."""

    at: datetime
    history: timedelta
    trend: timedelta
    margin_share: float = field(default=0.3)  # of what has no known cost

    @property
    def since(self) -> datetime:
        """Where the history begins."""
        return self.at - self.history


async def accounts(
    session: AsyncSession,
    span: Span,
    customers: Collection[str] | None = None,
    talks: TalkCount = no_talks,
) -> dict[str, Account]:
    """Return the accounts of `customers`, or of all that have something to tell for None."""
    found: dict[str, Account] = defaultdict(Account)
    await _purchases(session, span, customers, found)
    await _lines(session, customers, found)
    await _bills(session, span, customers, found)
    await _work(session, span, customers, found)
    for customer_id, count in (await talks(session, span.since, customers)).items():
        found[customer_id].bot_days, found[customer_id].people = count.bot_days, count.people
    return dict(found)


def of(column: ColumnElement[str], customers: Collection[str] | None) -> list[ColumnElement[bool]]:
    """Select those of `customers`, or all for None."""
    return [] if customers is None else [column.in_(customers)]


async def _purchases(
    session: AsyncSession,
    span: Span,
    customers: Collection[str] | None,
    found: dict[str, Account],
) -> None:
    basket = _baskets(span, customers)
    revenue = basket.c.revenue - Order.discount_idr
    margin = revenue - basket.c.cost
    trend, before = span.at - span.trend, span.at - 2 * span.trend
    recent = Order.ordered_at > span.since
    rows = await session.execute(
        select(
            Order.customer_id,
            func.count().label("orders"),
            func.count(func.date(Order.ordered_at).distinct()).label("days"),
            func.min(Order.ordered_at).label("first_at"),
            func.max(Order.ordered_at).label("last_at"),
            func.sum(revenue).label("spent"),
            func.sum(case((recent, revenue), else_=0)).label("revenue"),
            func.sum(case((recent, margin), else_=0)).label("margin"),
            func.sum(case((Order.ordered_at > trend, margin), else_=0)).label("now"),
            func.sum(
                case(((Order.ordered_at > before) & (Order.ordered_at <= trend), margin), else_=0)
            ).label("before"),
        )
        .join(basket, basket.c.order_number == Order.number)
        .where(*_sold(customers))
        .group_by(Order.customer_id)
    )
    for row in rows:
        account = found[row.customer_id]
        account.orders, account.days = row.orders, row.days
        account.first_at, account.last_at = row.first_at, row.last_at
        account.spent_idr, account.revenue_idr = int(row.spent), int(row.revenue)
        account.margin_idr = int(row.margin)
        account.margin_now_idr, account.margin_before_idr = int(row.now), int(row.before)


def _sold(customers: Collection[str] | None) -> list[ColumnElement[bool]]:
    return [Order.status.not_in(UNDONE), *of(Order.customer_id, customers)]  # type: ignore[arg-type]


def _baskets(span: Span, customers: Collection[str] | None) -> Subquery:
    known = OrderLine.quantity * Product.cost_idr
    guessed = cast(OrderLine.quantity * OrderLine.unit_price_idr * (1 - span.margin_share), Integer)
    query = (
        select(
            OrderLine.order_number,
            func.sum(OrderLine.quantity * OrderLine.unit_price_idr).label("revenue"),
            func.sum(func.coalesce(known, guessed)).label("cost"),
        )
        .join(Product, Product.sku == OrderLine.sku)
        .where(OrderLine.quantity > 0)
        .group_by(OrderLine.order_number)
    )
    if customers is not None:
        query = query.join(Order, Order.number == OrderLine.order_number).where(
            Order.customer_id.in_(customers)
        )
    return query.subquery()


async def _lines(
    session: AsyncSession, customers: Collection[str] | None, found: dict[str, Account]
) -> None:
    """Find the category in which each bought for the most."""
    spent = func.sum(OrderLine.quantity * OrderLine.unit_price_idr)
    place = func.row_number().over(
        partition_by=Order.customer_id, order_by=(spent.desc(), Product.category)
    )
    ranked = (
        select(Order.customer_id, Product.category, place.label("place"))
        .join(OrderLine, OrderLine.order_number == Order.number)
        .join(Product, Product.sku == OrderLine.sku)
        .where(OrderLine.quantity > 0, *_sold(customers))
        .group_by(Order.customer_id, Product.category)
        .subquery()
    )
    rows = await session.execute(
        select(ranked.c.customer_id, ranked.c.category).where(ranked.c.place == 1)
    )
    for row in rows:
        found[row.customer_id].line = row.category


async def _bills(
    session: AsyncSession,
    span: Span,
    customers: Collection[str] | None,
    found: dict[str, Account],
) -> None:
    """Add the bills that were paid, and count those overdue."""
    whose = of(Invoice.customer_id, customers)  # type: ignore[arg-type]
    paid = await session.execute(
        select(
            Invoice.customer_id, Invoice.paid_at, Invoice.amount_idr,
            Product.price_idr, Product.cost_idr,
        )
        .join(Product, Product.sku == Invoice.plan_sku, isouter=True)
        .where(Invoice.status == "paid", Invoice.paid_at > span.since, *whose)
    )  # fmt: skip
    for row in paid:
        account = found[row.customer_id]
        share = span.margin_share
        if row.cost_idr is not None and row.price_idr:
            share = 1 - row.cost_idr / row.price_idr
        margin = int(row.amount_idr * share)
        account.revenue_idr += row.amount_idr
        account.spent_idr += row.amount_idr
        account.margin_idr += margin
        if row.paid_at > span.at - span.trend:
            account.margin_now_idr += margin
        elif row.paid_at > span.at - 2 * span.trend:
            account.margin_before_idr += margin
    overdue = await session.execute(
        select(
            Invoice.customer_id, func.count().label("bills"), func.min(Invoice.due_at).label("d")
        )
        .where(Invoice.status.in_(_UNPAID), Invoice.due_at < span.at, *whose)
        .group_by(Invoice.customer_id)
    )
    for customer_id, bills, since in overdue:
        found[customer_id].overdue_bills, found[customer_id].overdue_since = bills, since


async def _work(
    session: AsyncSession,
    span: Span,
    customers: Collection[str] | None,
    found: dict[str, Account],
) -> None:
    """Count what people had work with."""

    def per_customer(whose: Any, *which: ColumnElement[bool]) -> Select[Any]:
        query = select(whose, func.count()).where(whose.is_not(None), *which).group_by(whose)
        return query if customers is None else query.where(whose.in_(customers))

    queries = {
        "returned_orders": per_customer(
            Order.customer_id, Order.status == "returned", Order.ordered_at > span.since
        ),
        "tickets": per_customer(Ticket.customer_id, Ticket.created_at > span.since),
        "call_backs": per_customer(CallBack.customer_id, CallBack.created_at > span.since),
    }
    for name, query in queries.items():
        for customer_id, count in (await session.execute(query)).all():
            setattr(found[str(customer_id)], name, count)
