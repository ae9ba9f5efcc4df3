"""What the database has of orders, asked for all orders at once: it may be a network away."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, select
from sqlalchemy.orm import aliased

from crm.tables import Customer, Order, OrderLine, Product, Shipment, ShipmentEvent
from db.statement import Statement

Row = dict[str, Any]

_SHOWN = (
    Order.number, Order.customer_id, Order.city, Order.ordered_at, Order.status, Order.total_idr,
)  # fmt: skip
_WITH_CUSTOMER = Statement(
    select(*_SHOWN, Customer.phone, Customer.email)
    .join(Customer, Customer.id == Order.customer_id)
    .where(Order.number == bindparam("number"))
)
_NEWEST = Statement(
    select(*_SHOWN)
    .where(Order.customer_id == bindparam("customer"))
    .order_by(Order.ordered_at.desc(), Order.number.desc())
    .limit(bindparam("most"))
)


class _Parts:
    """The statements for what belongs to some orders."""

    def __init__(self, some: ColumnElement[bool]) -> None:
        """`some` says which orders."""
        self._lines = Statement(
            select(
                OrderLine.order_number,
                *(OrderLine.sku, Product.name_id, Product.name_en, OrderLine.quantity),
            )
            .join(Product, Product.sku == OrderLine.sku)
            .join(Order, Order.number == OrderLine.order_number)
            .where(some)
            .order_by(OrderLine.line)
        )
        self._shipments = Statement(
            select(
                *(Shipment.order_number, Shipment.id, Shipment.courier, Shipment.tracking_number),
                *(Shipment.eta, Shipment.delivered_at),
            )
            .join(Order, Order.number == Shipment.order_number)
            .where(some)
            .order_by(Shipment.id)
        )
        self._events = Statement(
            select(
                ShipmentEvent.shipment_id,
                *(ShipmentEvent.at, ShipmentEvent.code, ShipmentEvent.city, ShipmentEvent.note),
            )
            .join(Shipment, Shipment.id == ShipmentEvent.shipment_id)
            .join(Order, Order.number == Shipment.order_number)
            .where(some)
            .order_by(ShipmentEvent.at)
        )

    def read(self, connection: Connection, orders: list[Row], given: Row) -> list["OrderRows"]:
        """Give `orders` with what belongs to them; `given` says again which they are."""
        lines: defaultdict[str, list[tuple[Any, ...]]] = defaultdict(list)
        for number, *line in self._lines.rows(connection, given):
            lines[number].append(tuple(line))
        shipments: defaultdict[str, list[Row]] = defaultdict(list)
        for shipment in self._shipments.found(connection, given):
            shipments[shipment["order_number"]].append(shipment)
        events: defaultdict[str, list[tuple[Any, ...]]] = defaultdict(list)
        for shipment_id, *event in self._events.rows(connection, given):
            events[shipment_id].append(tuple(event))
        return [
            OrderRows(order, lines[order["number"]], shipments[order["number"]], events)
            for order in orders
        ]


_one_of = aliased(Order)
_OF_ONE = _Parts(Order.number == bindparam("number"))
_OF_NEWEST = _Parts(
    Order.number.in_(
        select(_one_of.number)
        .where(_one_of.customer_id == bindparam("customer"))
        .order_by(_one_of.ordered_at.desc(), _one_of.number.desc())
        .limit(bindparam("most"))
    )
)


@dataclass(frozen=True, slots=True)
class OrderRows:
    """One order."""

    order: Row  # number, customer_id, city, ordered_at, status, total_idr
    lines: list[tuple[Any, ...]]  # sku, name_id, name_en, quantity
    shipments: list[Row]  # id, courier, tracking_number, eta, delivered_at; oldest first
    events: dict[str, list[tuple[Any, ...]]]  # by shipment: at, code, city, note; oldest first


def order_with_customer(connection: Connection, number: str) -> Row | None:
    """Read one order, with its customer's `phone` and `email`."""
    return next(iter(_WITH_CUSTOMER.found(connection, {"number": number})), None)


def whole(connection: Connection, order: Row) -> OrderRows:
    """Read all that belongs to an order."""
    return _OF_ONE.read(connection, [order], {"number": order["number"]})[0]


def newest(connection: Connection, customer_id: str, most: int) -> list[OrderRows]:
    """Read a customer's newest orders, newest first, at most `most`."""
    given = {"customer": customer_id, "most": most}
    return _OF_NEWEST.read(connection, _NEWEST.found(connection, given), given)
