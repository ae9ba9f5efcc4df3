"""Customers, what they bought and owe, and the cases and offers around them.

Money is whole rupiah (`_idr`). Sample data with the same columns: db/sample/README.md.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.ticketing.tables import Ticket as Ticket  # noqa: PLC0414 - all of crm is found here
from crm.ticketing.tables import TicketNote as TicketNote  # noqa: PLC0414
from db.base import Base, new_id, now


class Customer(Base):
    """A person the shop knows; anonymous visitors have none."""

    __tablename__ = "customers"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    phone: Mapped[str | None] = mapped_column(index=True)  # E.164
    email: Mapped[str | None] = mapped_column(index=True)
    city: Mapped[str | None]
    lang: Mapped[str] = mapped_column(default="id")
    since: Mapped[datetime | None]
    segment: Mapped[str | None]
    consent_offers: Mapped[bool] = mapped_column(default=False)
    consent_at: Mapped[datetime | None]
    activity: Mapped[str | None]  # active, passive, lapsed
    level: Mapped[str | None]
    points: Mapped[int | None]  # as the shop's system has them; None: counted from the orders
    imported_at: Mapped[datetime | None]  # when the shop's system last told us something new
    merged_into: Mapped[str | None]  # the customer who proved to be the same person


class Product(Base):
    """One thing the shop sells, by SKU."""

    __tablename__ = "products"

    sku: Mapped[str] = mapped_column(primary_key=True)
    name_id: Mapped[str]
    name_en: Mapped[str]
    category: Mapped[str] = mapped_column(index=True)
    price_idr: Mapped[int] = mapped_column(BigInteger)
    cost_idr: Mapped[int | None] = mapped_column(BigInteger)
    stock: Mapped[int] = mapped_column(default=0)
    complements: Mapped[list[Any]] = mapped_column(default=list)  # SKUs
    refill_days: Mapped[int | None]
    description_id: Mapped[str] = mapped_column(default="")
    description_en: Mapped[str] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)
    shippable: Mapped[bool] = mapped_column(default=True)  # a service or plan is not sent
    upgrade_to: Mapped[str | None]  # SKU of the next better plan


class Order(Base):
    """One purchase; `number` is what the customer knows, TL-yymmdd-nnnn in the demo shop."""

    __tablename__ = "orders"

    number: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    ordered_at: Mapped[datetime] = mapped_column(index=True)
    status: Mapped[str]  # pending, paid, packed, shipped, delivered, cancelled, returned
    total_idr: Mapped[int] = mapped_column(BigInteger)
    shipping_idr: Mapped[int] = mapped_column(BigInteger, default=0)
    fee_idr: Mapped[int] = mapped_column(BigInteger, default=0)
    discount_idr: Mapped[int] = mapped_column(BigInteger, default=0)
    payment_method: Mapped[str | None]
    channel: Mapped[str | None]
    city: Mapped[str | None]
    paid_at: Mapped[datetime | None]

    lines: Mapped[list["OrderLine"]] = relationship(order_by="OrderLine.line")
    shipments: Mapped[list["Shipment"]] = relationship(order_by="Shipment.id")
    customer: Mapped[Customer] = relationship()


class OrderLine(Base):
    """One product in an order."""

    __tablename__ = "order_lines"

    order_number: Mapped[str] = mapped_column(ForeignKey("orders.number"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(ForeignKey("products.sku"), index=True)
    quantity: Mapped[int]
    unit_price_idr: Mapped[int] = mapped_column(BigInteger)


class Shipment(Base):
    """One parcel of an order with its courier."""

    __tablename__ = "shipments"

    id: Mapped[str] = mapped_column(primary_key=True)
    order_number: Mapped[str] = mapped_column(ForeignKey("orders.number"), index=True)
    courier: Mapped[str]
    tracking_number: Mapped[str | None]
    shipped_at: Mapped[datetime | None]
    eta: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    status: Mapped[str]
    origin_city: Mapped[str | None]

    events: Mapped[list["ShipmentEvent"]] = relationship(order_by="ShipmentEvent.at")


class ShipmentEvent(Base):
    """One thing the courier reported; words for `code` are in bot/templates."""

    __tablename__ = "shipment_events"

    shipment_id: Mapped[str] = mapped_column(ForeignKey("shipments.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    city: Mapped[str | None]
    note: Mapped[str | None]


class Invoice(Base):
    """A monthly bill, in the demo shop for home internet."""

    __tablename__ = "invoices"

    number: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    plan_sku: Mapped[str | None] = mapped_column(ForeignKey("products.sku"))
    issued_at: Mapped[datetime]
    due_at: Mapped[datetime]
    amount_idr: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str]  # paid, due, overdue
    paid_at: Mapped[datetime | None]
    late_fee_idr: Mapped[int] = mapped_column(BigInteger, default=0)


class Promotion(Base):
    """A discount on a product or a category, or the deal of the day."""

    __tablename__ = "promotions"

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]  # promo, deal_of_day
    sku: Mapped[str | None] = mapped_column(ForeignKey("products.sku"))
    category: Mapped[str | None]
    percent_off: Mapped[int | None]
    amount_off_idr: Mapped[int | None] = mapped_column(BigInteger)
    min_total_idr: Mapped[int | None] = mapped_column(BigInteger)
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime] = mapped_column(index=True)
    title_id: Mapped[str]
    title_en: Mapped[str]
    code: Mapped[str | None]  # to type in at the checkout
    audience: Mapped[str | None]  # a segment, as in "activity:lapsed"; None: for everybody


class ProofAttempt(Base):
    """One wrong proof of identity; counted to lock the lookup."""

    __tablename__ = "proof_attempts"
    __table_args__ = (UniqueConstraint("conversation_id", "number", "turn_id"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    conversation_id: Mapped[str] = mapped_column(index=True)
    number: Mapped[str] = mapped_column(index=True)  # the order or ticket number tried
    turn_id: Mapped[str]  # a repeated turn counts once
    network: Mapped[str] = mapped_column(default="", index=True)  # where it came from, if known
    at: Mapped[datetime] = mapped_column(default=now)


class ChannelCode(Base):
    """A code with which a proven customer proves themselves in another conversation, once."""

    __tablename__ = "channel_codes"

    digest: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    until: Mapped[datetime] = mapped_column(index=True)
    used_in: Mapped[str | None]  # the turn; a repeat of it is no second use


class CallBack(Base):
    """A promise to phone somebody."""

    __tablename__ = "call_backs"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    turn_id: Mapped[str] = mapped_column(unique=True)
    conversation_id: Mapped[str | None] = mapped_column(index=True)
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"))
    name: Mapped[str] = mapped_column(default="")
    phone: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)
    about: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default="booked")  # booked, done, cancelled
    reminded_at: Mapped[datetime | None]  # when the desk was told that it is due
    created_at: Mapped[datetime] = mapped_column(default=now)


class ContactChange(Base):
    """A proven customer changed phone, e-mail or city; applied at once, the old value is kept."""

    __tablename__ = "contact_changes"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    turn_id: Mapped[str] = mapped_column(unique=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    field: Mapped[str]  # phone, email, city
    source: Mapped[str] = mapped_column(default="chat", server_default="chat")  # or page, csr
    old: Mapped[str | None]
    new: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)


class Offer(Base):
    """One product shown to one customer, why, and what came of it."""

    __tablename__ = "offers"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    turn_id: Mapped[str] = mapped_column(unique=True)
    conversation_id: Mapped[str | None] = mapped_column(index=True)
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"), index=True)
    sku: Mapped[str] = mapped_column(ForeignKey("products.sku"))
    promotion_id: Mapped[str | None] = mapped_column(ForeignKey("promotions.id"))
    price_idr: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str]  # template id of the reason, e.g. complement
    reason_data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    asked: Mapped[bool] = mapped_column(default=False)  # the customer asked for it
    shown_at: Mapped[datetime] = mapped_column(default=now, index=True)
    # shown, accepted, declined, never; withheld: of the control group, who never saw it
    outcome: Mapped[str] = mapped_column(default="shown")
    outcome_at: Mapped[datetime | None]
    channel: Mapped[str | None]
    segments: Mapped[dict[str, Any] | None]  # codes by dimension, of the customer then
    explored: Mapped[bool] = mapped_column(default=False, server_default=false())
    opened_at: Mapped[datetime | None]  # read on a channel that says so, or answered
    bought_at: Mapped[datetime | None]  # the product, in the days in which that counts
    bought_order: Mapped[str | None]
    settled_at: Mapped[datetime | None]  # after it nothing changes any more


class Lead(Base):
    """An accepted offer that somebody follows up."""

    __tablename__ = "leads"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offers.id"), unique=True)
    status: Mapped[str] = mapped_column(default="open")
    created_at: Mapped[datetime] = mapped_column(default=now)


class Seed(Base):
    """One sample file as it was last loaded, so that loading it again costs nothing."""

    __tablename__ = "seeds"

    file: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)
