"""What a customer will need next: a warranty ends, something runs out, a bill is due."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.orders import UNDONE
from crm.segments.rules import Needs
from crm.tables import Invoice, Order, OrderLine, Product
from crm.value.ledger import of

_OVERDUE_FIRST = {"bill": 0, "refill": 1, "warranty": 2}


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that is needed soon, or since lately."""

    kind: str  # warranty, refill, bill
    at: datetime
    about: str  # SKU, or number of the invoice

    @property
    def _order(self) -> tuple[datetime, int, str]:
        return self.at, _OVERDUE_FIRST[self.kind], self.about


async def next_needs(
    session: AsyncSession, rules: Needs, at: datetime, customers: Collection[str] | None = None
) -> dict[str, Need]:
    """Return what each needs first, of `customers` or of all for None."""
    found: dict[str, Need] = {}
    for source in (_bills, _warranties, _refills):
        for customer_id, need in await source(session, rules, at, customers):
            known = found.get(customer_id)
            if known is None or need._order < known._order:  # noqa: SLF001 - of this module
                found[customer_id] = need
    return found


Found = list[tuple[str, Need]]


async def _bills(
    session: AsyncSession, rules: Needs, at: datetime, customers: Collection[str] | None
) -> Found:
    soon = at + timedelta(days=rules.bill_notice_days)
    rows = await session.execute(
        select(Invoice.customer_id, Invoice.due_at, Invoice.number)
        .where(
            Invoice.status.in_(("due", "overdue")),
            Invoice.due_at <= soon,
            *of(Invoice.customer_id, customers),  # type: ignore[arg-type]
        )
        .order_by(Invoice.due_at, Invoice.number)
    )
    return [(row.customer_id, Need("bill", row.due_at, row.number)) for row in rows]


async def _warranties(
    session: AsyncSession, rules: Needs, at: datetime, customers: Collection[str] | None
) -> Found:
    found: Found = []
    for category, days in rules.warranty_days.items():
        begun = at - timedelta(days=days)
        rows = await session.execute(
            select(Order.customer_id, Order.ordered_at, OrderLine.sku)
            .join(OrderLine, OrderLine.order_number == Order.number)
            .join(Product, Product.sku == OrderLine.sku)
            .where(
                Product.category == category,
                Product.shippable,
                Order.ordered_at.between(begun, begun + timedelta(days=rules.warranty_notice_days)),
                Order.status.not_in(UNDONE),
                *of(Order.customer_id, customers),  # type: ignore[arg-type]
            )
        )
        found += (
            (row.customer_id, Need("warranty", row.ordered_at + timedelta(days=days), row.sku))
            for row in rows
        )
    return found


async def _refills(
    session: AsyncSession, rules: Needs, at: datetime, customers: Collection[str] | None
) -> Found:
    days_of = {
        row.sku: row.refill_days
        for row in await session.execute(
            select(Product.sku, Product.refill_days).where(
                Product.refill_days.is_not(None), Product.active
            )
        )
    }
    found: Found = []
    for days, skus in _by_days(days_of):
        last = func.max(Order.ordered_at)
        bought = at - timedelta(days=days)
        rows = await session.execute(
            select(Order.customer_id, OrderLine.sku, last.label("last"))
            .join(OrderLine, OrderLine.order_number == Order.number)
            .where(
                OrderLine.sku.in_(skus),
                Order.status.not_in(UNDONE),
                *of(Order.customer_id, customers),  # type: ignore[arg-type]
            )
            .group_by(Order.customer_id, OrderLine.sku)
            .having(
                last.between(
                    bought - timedelta(days=rules.refill_grace_days),
                    bought + timedelta(days=rules.refill_notice_days),
                )
            )
        )
        found += (
            (row.customer_id, Need("refill", row.last + timedelta(days=days), row.sku))
            for row in rows
        )
    return found


def _by_days(days_of: dict[str, int | None]) -> Iterator[tuple[int, list[str]]]:
    for days in sorted({days for days in days_of.values() if days}):
        yield days, [sku for sku, its in days_of.items() if its == days]
