"""Orders as customers see them, from the shop's own tables or any other source.

A wrong number and a wrong proof raise the same OrderNotFound, so nobody learns which numbers exist.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection

from crm.order_rows import OrderRows, Row, newest, order_with_customer, whole
from crm.proofs import Attempt, Lockout, NotProven, Proof, Verified, proves
from crm.texts import plain_number
from db.base import now as current_time
from db.engine import Database

FINISHED = frozenset({"delivered", "cancelled", "returned"})
UNDONE = ("cancelled", "returned")
_UNSHIPPED = frozenset({"paid", "packed"})
_UNSHIPPED_LATE = timedelta(days=3)  # the shop ships the same or the next working day
_MOST = 20  # newest orders shown of one customer


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
        found = await self._database.ask(lambda connection: newest(connection, customer_id, _MOST))
        return [_view(rows, self._clock()) for rows in found]

    def _proven(self, connection: Connection, number: str, proof: Proof) -> OrderView | None:
        # One query, found or not, so that the time tells as little as the words.
        order = order_with_customer(connection, number)
        if order is None:
            return None
        if not proves(proof, order["customer_id"], order.pop("phone"), order.pop("email")):
            return None
        return _view(whole(connection, order), self._clock())


def is_late(status: str, ordered_at: datetime, eta: datetime | None, at: datetime) -> bool:
    """Say whether a customer waits longer than promised at the moment `at`."""
    if status in FINISHED or status == "pending":
        return False
    if eta is not None:
        return eta < at
    return status in _UNSHIPPED and ordered_at + _UNSHIPPED_LATE < at


def _view(rows: OrderRows, at: datetime) -> OrderView:
    shipment = _awaited(rows.shipments)
    eta = shipment.get("eta")
    return OrderView(
        **rows.order,
        courier=shipment.get("courier"),
        tracking_number=shipment.get("tracking_number"),
        eta=eta,
        late=is_late(rows.order["status"], rows.order["ordered_at"], eta, at),
        events=tuple(OrderEvent(*event) for event in rows.events.get(shipment.get("id", ""), ())),
        lines=tuple(OrderItem(*line) for line in rows.lines),
    )


def _awaited(shipments: list[Row]) -> Row:
    """Give the parcel that is still under way, or the last one; empty where none was sent."""
    under_way = [shipment for shipment in shipments if shipment["delivered_at"] is None]
    return next(iter(under_way or shipments[-1:]), {})
