"""Note which offers were followed by the purchase of their product, from the shop's orders.

Bought is bought: by the customer, of the same product, within the days of the rules, whether or not
the offer was answered, and of the control group as well. An order undone later does not count.
"""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, bindparam, select, update

from crm.offering.rules import OfferRules
from crm.orders import UNDONE
from crm.tables import Offer, Order, OrderLine
from db.base import now as current_time
from db.engine import Database

_GRACE = timedelta(days=7)  # in which orders may be imported late, or undone
_BATCH = 500

_offers: Table = Offer.__table__  # type: ignore[assignment]
_orders: Table = Order.__table__  # type: ignore[assignment]
_lines: Table = OrderLine.__table__  # type: ignore[assignment]


async def note_bought(
    database: Database,
    rules: OfferRules,
    orders: Collection[str] | None = None,
    clock: Callable[[], datetime] = current_time,
) -> int:
    """Note what followed the offers not settled, or only those that these new `orders` concern.

    Returns how many offers were followed by a purchase. Settles those of which nothing can change.
    """
    at, found = clock(), 0
    for numbers in _batches(orders):
        rows = await database.ask(
            lambda connection, numbers=numbers: _purchases(connection, rules, numbers)  # type: ignore[misc]
        )
        found += sum(row["order"] is not None for row in rows)
        for start in range(0, len(rows), _BATCH):
            part = rows[start : start + _BATCH]
            await database.change(lambda connection, part=part: _note(connection, part))  # type: ignore[misc]
    if orders is None:
        until = at - timedelta(days=rules.bought_within_days) - _GRACE
        await database.change(lambda connection: _settle(connection, until, at))
    return found


def _batches(orders: Collection[str] | None) -> list[list[str] | None]:
    if orders is None:
        return [None]
    numbers = sorted(orders)
    return [numbers[start : start + _BATCH] for start in range(0, len(numbers), _BATCH)]


def _purchases(
    connection: Connection, rules: OfferRules, numbers: list[str] | None
) -> list[dict[str, Any]]:
    """Return the first purchase after each offer; of all offers also those undone since."""
    within = timedelta(days=rules.bought_within_days)
    query = (
        select(_offers.c.id, _offers.c.shown_at, _orders.c.number, _orders.c.ordered_at)
        .join(_orders, _orders.c.customer_id == _offers.c.customer_id)
        .join(
            _lines,
            (_lines.c.order_number == _orders.c.number)
            & (_lines.c.sku == _offers.c.sku)
            & (_lines.c.quantity > 0),
        )
        .where(
            _offers.c.settled_at.is_(None),
            _orders.c.ordered_at > _offers.c.shown_at,
            _orders.c.status.not_in(UNDONE),
        )
        .order_by(_orders.c.ordered_at.desc(), _orders.c.number.desc())
    )
    if numbers is not None:
        query = query.where(_orders.c.number.in_(numbers), _offers.c.bought_at.is_(None))
    first = {
        row.id: {"offer": row.id, "order": row.number, "moment": row.ordered_at}
        for row in connection.execute(query)
        if row.ordered_at <= row.shown_at + within
    }
    if numbers is not None:
        return list(first.values())
    noted = connection.scalars(
        select(_offers.c.id).where(_offers.c.settled_at.is_(None), _offers.c.bought_at.is_not(None))
    )
    undone = [{"offer": i, "order": None, "moment": None} for i in noted if i not in first]
    return [*first.values(), *undone]


def _note(connection: Connection, rows: list[dict[str, Any]]) -> None:
    connection.execute(
        update(_offers)
        .where(_offers.c.id == bindparam("offer"))
        .values(bought_order=bindparam("order"), bought_at=bindparam("moment")),
        rows,
    )


def _settle(connection: Connection, until: datetime, at: datetime) -> None:
    connection.execute(
        update(_offers)
        .where(_offers.c.settled_at.is_(None), _offers.c.shown_at < until)
        .values(settled_at=at)
    )
