"""The kinds of files that can be imported: their columns, what they refer to, and their rules."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from crm import tables
from crm.importing import cells
from crm.importing.cells import Cell
from db.base import Base

Row = Mapping[str, Any]
Rule = Callable[[Row], Iterator[tuple[str, str]]]  # yields (column, reason)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file."""

    cell: Cell
    required: bool = False  # the column must be there and no cell empty
    refers_to: tuple[type[Base], str] | None = None  # a table and its column
    empty: object = None  # what an empty cell means


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file."""

    name: str
    table: type[Base]
    keys: tuple[str, ...]
    columns: Mapping[str, Column]
    rule: Rule | None = None


def _product_rule(row: Row) -> Iterator[tuple[str, str]]:
    if row.get("sku") in (row.get("complements") or []):
        yield "complements", f"{row['sku']} is its own complement"
    if row.get("sku") and row.get("sku") == row.get("upgrade_to"):
        yield "upgrade_to", f"{row['sku']} is its own upgrade"


def _promotion_rule(row: Row) -> Iterator[tuple[str, str]]:
    if row["ends_at"] < row["starts_at"]:
        yield "ends_at", "ends before it starts"
    given = [name for name in ("percent_off", "amount_off_idr") if row.get(name) is not None]
    if len(given) != 1:
        yield "percent_off", "give exactly one of percent_off and amount_off_idr"
    if row["kind"] == "deal_of_day" and not row.get("sku"):
        yield "sku", "a deal of the day names a product"


def _shipment_rule(row: Row) -> Iterator[tuple[str, str]]:
    shipped, delivered = row.get("shipped_at"), row.get("delivered_at")
    if shipped and delivered and delivered < shipped:
        yield "delivered_at", "delivered before it was shipped"


def _invoice_rule(row: Row) -> Iterator[tuple[str, str]]:
    if row["due_at"] < row["issued_at"]:
        yield "due_at", "due before it was issued"
    if (row["status"] == "paid") != bool(row.get("paid_at")):
        yield "paid_at", "given exactly when the status is paid"


_SKU = (tables.Product, "sku")
_CUSTOMER = (tables.Customer, "id")
_ORDER = (tables.Order, "number")
_TEXT = Column(cells.text)
_NAME = Column(cells.text, required=True)
_KEY = Column(cells.key, required=True)
_NUMBER = Column(cells.number, required=True)
_MOMENT = Column(cells.moment)
_TIME = Column(cells.moment, required=True)
_MONEY = Column(cells.money, required=True)
_FEE = Column(cells.money, empty=0)

PRODUCTS = Kind(
    "products",
    tables.Product,
    ("sku",),
    {
        "sku": _KEY,
        "name_id": _NAME,
        "name_en": _NAME,
        "category": _KEY,
        "price_idr": _MONEY,
        "cost_idr": Column(cells.money),
        "stock": Column(cells.count, required=True),
        "complements": Column(cells.keys, refers_to=_SKU, empty=()),
        "refill_days": Column(cells.positive),
        "description_id": Column(cells.text, empty=""),
        "description_en": Column(cells.text, empty=""),
        "active": Column(cells.boolean, empty=True),
        "shippable": Column(cells.boolean, empty=True),
        "upgrade_to": Column(cells.key, refers_to=_SKU),
    },
    _product_rule,
)
CUSTOMERS = Kind(
    "customers",
    tables.Customer,
    ("id",),
    {
        "id": _KEY,
        "name": _NAME,
        "phone": Column(cells.phone),
        "email": Column(cells.email),
        "city": _TEXT,
        "lang": Column(cells.one_of("id", "en"), empty="id"),
        "since": Column(cells.start_of_day),
        "segment": _TEXT,
        "consent_offers": Column(cells.boolean, empty=False),
        "consent_at": _MOMENT,
        "activity": _TEXT,
        "level": _TEXT,
        "points": Column(cells.count),
    },
)
ORDERS = Kind(
    "orders",
    tables.Order,
    ("number",),
    {
        "number": _NUMBER,
        "customer_id": Column(cells.key, required=True, refers_to=_CUSTOMER),
        "ordered_at": _TIME,
        "status": Column(
            cells.one_of(
                "pending", "paid", "packed", "shipped", "delivered", "cancelled", "returned"
            ),
            required=True,
        ),
        "total_idr": _MONEY,
        "payment_method": _TEXT,
        "channel": _TEXT,
        "city": _TEXT,
        "shipping_idr": _FEE,
        "fee_idr": _FEE,
        "discount_idr": _FEE,
        "paid_at": _MOMENT,
    },
)
ORDER_LINES = Kind(
    "order_lines",
    tables.OrderLine,
    ("order_number", "line"),
    {
        "order_number": Column(cells.number, required=True, refers_to=_ORDER),
        "line": Column(cells.positive, required=True),
        "sku": Column(cells.key, required=True, refers_to=_SKU),
        "quantity": Column(cells.positive, required=True),
        "unit_price_idr": _MONEY,
    },
)
SHIPMENTS = Kind(
    "shipments",
    tables.Shipment,
    ("id",),
    {
        "id": _KEY,
        "order_number": Column(cells.number, required=True, refers_to=_ORDER),
        "courier": _NAME,
        "tracking_number": Column(cells.key),
        "shipped_at": _MOMENT,
        "eta": Column(cells.end_of_day),
        "delivered_at": _MOMENT,
        "status": _KEY,
        "origin_city": _TEXT,
    },
    _shipment_rule,
)
SHIPMENT_EVENTS = Kind(
    "shipment_events",
    tables.ShipmentEvent,
    ("shipment_id", "at", "code"),
    {
        "shipment_id": Column(cells.key, required=True, refers_to=(tables.Shipment, "id")),
        "at": _TIME,
        "code": _KEY,
        "city": _TEXT,
        "note": _TEXT,
    },
)
INVOICES = Kind(
    "invoices",
    tables.Invoice,
    ("number",),
    {
        "number": _NUMBER,
        "customer_id": Column(cells.key, required=True, refers_to=_CUSTOMER),
        "plan_sku": Column(cells.key, refers_to=_SKU),
        "issued_at": _TIME,
        "due_at": _TIME,
        "amount_idr": _MONEY,
        "status": Column(cells.one_of("paid", "due", "overdue"), required=True),
        "paid_at": _MOMENT,
        "late_fee_idr": _FEE,
    },
    _invoice_rule,
)
PROMOTIONS = Kind(
    "promotions",
    tables.Promotion,
    ("id",),
    {
        "id": _KEY,
        "kind": Column(cells.one_of("promo", "deal_of_day"), required=True),
        "sku": Column(cells.key, refers_to=_SKU),
        "category": Column(cells.key),
        "percent_off": Column(cells.percent),
        "amount_off_idr": Column(cells.money),
        "min_total_idr": Column(cells.money),
        "starts_at": Column(cells.start_of_day, required=True),
        "ends_at": Column(cells.end_of_day, required=True),
        "title_id": _NAME,
        "title_en": _NAME,
        "code": Column(cells.key),
        "audience": Column(cells.segment),
    },
    _promotion_rule,
)

# In this order every file finds what it refers to.
KINDS = {
    kind.name: kind
    for kind in (
        PRODUCTS,
        CUSTOMERS,
        ORDERS,
        ORDER_LINES,
        SHIPMENTS,
        SHIPMENT_EVENTS,
        INVOICES,
        PROMOTIONS,
    )
}
