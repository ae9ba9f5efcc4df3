"""Orders as customers see them, from the shop's own tables or any other source.

A wrong number and a wrong proof raise the same OrderNotFound, so nobody learns which numbers exist.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Connection, bindparam, select

from crm.proofs import Attempt, Lockout, NotProven, Proof, Verified, proves
from crm.tables import Customer, Order, OrderLine, Product, Shipment, ShipmentEvent
from crm.texts import plain_number
from db.base import now as current_time
from db.engine import Database
from db.statement import Statement

FINISHED = frozenset({"delivered", "cancelled", "returned"})
UNDONE = ("cancelled", "returned")
_UNSHIPPED = frozenset({"paid", "packed"})
_UNSHIPPED_LATE = timedelta(days=3)  # the shop ships the same or the next working day
_MOST = 20  # newest orders shown of one customer

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
_LINES = Statement(
    select(OrderLine.sku, Product.name_id, Product.name_en, OrderLine.quantity)
    .join(Product, Product.sku == OrderLine.sku)
    .where(OrderLine.order_number == bindparam("number"))
    .order_by(OrderLine.line)
)
_SHIPMENTS = Statement(
    select(
        Shipment.id, Shipment.courier, Shipment.tracking_number, Shipment.eta, Shipment.delivered_at
    )
    .where(Shipment.order_number == bindparam("number"))
    .order_by(Shipment.id)
)
_EVENTS = Statement(
    select(ShipmentEvent.at, ShipmentEvent.code, ShipmentEvent.city, ShipmentEvent.note)
    .where(ShipmentEvent.shipment_id == bindparam("shipment"))
    .order_by(ShipmentEvent.at)
)


class OrderNotFound(NotProven):
    """No such order, or the proof does not fit it."""


class OrderSourceDown(Exception):
    """The source of orders cannot be asked now."""


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """One thing the courier reported; the words for `code` are content."""

    at: datetime
    code: str
    city: str | None
    note: str | None = None  # a code too, e.g. bad_weather


@dataclass(frozen=True, slots=True)
class OrderItem:
    """One product of an order."""

    sku: str
    name_id: str
    name_en: str
    quantity: int

    def name(self, lang: str) -> str:
        """Return the product's name in `lang`."""
        return self.name_en if lang == "en" else self.name_id


@dataclass(frozen=True, slots=True)
class OrderView:
    """One order with its parcel; of several parcels the one the customer still waits for."""

    number: str
    customer_id: str
    city: str | None
    ordered_at: datetime
    status: str  # pending, paid, packed, shipped, delivered, cancelled, returned
    total_idr: int
    courier: str | None
    tracking_number: str | None
    eta: datetime | None
    late: bool
    events: tuple[OrderEvent, ...]  # oldest first
    lines: tuple[OrderItem, ...]

    @property
    def is_open(self) -> bool:
        """Say whether something is still to happen to it."""
        return self.status not in FINISHED


class OrderSource(Protocol):
    """Where orders are kept: SqlOrders here, HttpOrders for a shop's own API, or your own."""

    async def find(self, number: str, proof: Proof) -> OrderView:
        """Return the order. Raises OrderNotFound, OrderSourceDown."""

    async def of_customer(self, customer_id: str) -> list[OrderView]:
        """Return a verified customer's newest orders, newest first. Raises OrderSourceDown."""


class OrderLookup:
    """The way the bot asks for an order: every guess at a proof is counted."""

    def __init__(self, source: OrderSource, lockout: Lockout) -> None:
        """Ask `source`, if `lockout` lets the attempt pass."""
        self._source = source
        self._lockout = lockout

    async def find(self, attempt: Attempt, number: str, proof: Proof) -> OrderView:
        """Return the order. Raises OrderNotFound, LookupLocked, OrderSourceDown."""
        if isinstance(proof, Verified):  # their own orders stay visible whoever guesses at them
            return await self._source.find(number, proof)
        return await self._lockout.guard(
            attempt, number, proof, lambda: self._source.find(number, proof)
        )

    async def of_customer(self, customer_id: str) -> list[OrderView]:
        """Return a verified customer's newest orders, newest first. Raises OrderSourceDown."""
        return await self._source.of_customer(customer_id)


class SqlOrders:
    """Orders in Sapa's own tables, filled by `sapa import`."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = current_time) -> None:
        """Read `database`; `clock` decides what is late."""
        self._database = database
        self._clock = clock

    async def find(self, number: str, proof: Proof) -> OrderView:
        """Return the order. Raises OrderNotFound."""
        asked = plain_number(number)
        view = await self._database.ask(lambda connection: self._proven(connection, asked, proof))
        if view is None:
            raise OrderNotFound(number)
        return view

    async def of_customer(self, customer_id: str) -> list[OrderView]:
        """Return a verified customer's newest orders, newest first."""
        asked = {"customer": customer_id, "most": _MOST}
        return await self._database.ask(
            lambda connection: [
                self._view(connection, order) for order in _NEWEST.found(connection, asked)
            ]
        )

    def _proven(self, connection: Connection, number: str, proof: Proof) -> OrderView | None:
        # One query, found or not, so that the time tells as little as the words.
        found = _WITH_CUSTOMER.found(connection, {"number": number})
        if not found:
            return None
        order = found[0]
        if not proves(proof, order["customer_id"], order.pop("phone"), order.pop("email")):
            return None
        return self._view(connection, order)

    def _view(self, connection: Connection, order: dict[str, Any]) -> OrderView:
        of_order = {"number": order["number"]}
        shipment = _awaited(_SHIPMENTS.found(connection, of_order))
        courier, tracking_number, eta = (
            shipment.get(name) for name in ("courier", "tracking_number", "eta")
        )
        events = _EVENTS.rows(connection, {"shipment": shipment["id"]}) if shipment else []
        return OrderView(
            **order,
            courier=courier,
            tracking_number=tracking_number,
            eta=eta,
            late=is_late(order["status"], order["ordered_at"], eta, self._clock()),
            events=tuple(OrderEvent(*event) for event in events),
            lines=tuple(OrderItem(*line) for line in _LINES.rows(connection, of_order)),
        )


def is_late(status: str, ordered_at: datetime, eta: datetime | None, at: datetime) -> bool:
    """Say whether a customer waits longer than promised at the moment `at`."""
    if status in FINISHED or status == "pending":
        return False
    if eta is not None:
        return eta < at
    return status in _UNSHIPPED and ordered_at + _UNSHIPPED_LATE < at


def _awaited(shipments: list[dict[str, Any]]) -> dict[str, Any]:
    """Give the parcel that is still under way, or the last one; empty where none was sent."""
    under_way = [shipment for shipment in shipments if shipment["delivered_at"] is None]
    return next(iter(under_way or shipments[-1:]), {})
