"""The CSV files of the demo shop: a dataclass for each, a field for each column, and the writer."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Customer:
    """One row of customers.csv."""

    id: str
    name: str
    phone: str
    email: str
    city: str
    lang: str
    since: date
    segment: str
    consent_offers: bool
    consent_at: datetime | None
    activity: str
    level: str
    points: int


@dataclass(frozen=True, slots=True)
class Order:
    """One row of orders.csv."""

    number: str
    customer_id: str
    ordered_at: datetime
    status: str
    total_idr: int
    payment_method: str
    channel: str
    city: str
    shipping_idr: int
    fee_idr: int
    discount_idr: int
    paid_at: datetime | None


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One row of order_lines.csv."""

    order_number: str
    line: int
    sku: str
    quantity: int
    unit_price_idr: int


@dataclass(frozen=True, slots=True)
class Shipment:
    """One row of shipments.csv."""

    id: str
    order_number: str
    courier: str
    tracking_number: str
    shipped_at: datetime
    eta: date
    delivered_at: datetime | None
    status: str
    origin_city: str


@dataclass(frozen=True, slots=True)
class ShipmentEvent:
    """One row of shipment_events.csv."""

    shipment_id: str
    at: datetime
    code: str
    city: str
    note: str


@dataclass(frozen=True, slots=True)
class Invoice:
    """One row of invoices.csv."""

    number: str
    customer_id: str
    plan_sku: str
    issued_at: datetime
    due_at: datetime
    amount_idr: int
    status: str
    paid_at: datetime | None
    late_fee_idr: int


@dataclass(frozen=True, slots=True)
class Promotion:
    """One row of promotions.csv."""

    id: str
    kind: str
    sku: str
    category: str
    percent_off: int | None
    amount_off_idr: int | None
    min_total_idr: int
    starts_at: datetime
    ends_at: datetime
    title_id: str
    title_en: str
    code: str


def write(path: Path, rows: Sequence[Any]) -> None:
    """Write the dataclass `rows`, at least one, under a heading of their field names."""
    columns = [field.name for field in fields(rows[0])]
    # A fixed line end: csv would write \r\n, and Windows something else again.
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_cell(getattr(row, column)) for column in columns] for row in rows)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "|".join(value)
    return value.isoformat() if isinstance(value, date) else str(value)
