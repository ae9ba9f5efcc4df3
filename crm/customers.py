"""What we know of a customer, shown only to them, and their changes to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from crm.contacts import masked_email, masked_phone, phone_e164, plain_email
from crm.orders import FINISHED
from crm.proofs import Attempt, Lockout, NotProven, is_whole, proves
from crm.tables import ContactChange, Customer, Invoice, Order
from crm.texts import plain_number, storable
from db.base import now as current_time
from db.engine import Database

_POINT_IDR = 10_000
_POINTS_PERIOD = timedelta(days=365)
_CITY_LENGTH = 80

Field = Literal["phone", "email", "city"]


class CustomerNotFound(NotProven):
    """No such customer, or what was given does not prove who it is."""


class BadCity(ValueError):
    """The text is no name of a city."""


@dataclass(frozen=True, slots=True)
class InvoiceDue:
    """A bill that is not paid yet."""

    number: str
    amount_idr: int
    due_at: datetime
    overdue: bool


@dataclass(frozen=True, slots=True)
class Profile:
    """What a customer may be told about themselves; phone and e-mail are masked."""

    customer_id: str
    name: str
    lang: str
    city: str | None
    phone: str | None
    email: str | None
    since: datetime | None
    level: str | None
    points: int
    consent_offers: bool
    open_orders: tuple[str, ...]  # newest first
    invoices_due: tuple[InvoiceDue, ...]  # soonest due first


@dataclass(frozen=True, slots=True)
class Change:
    """What was changed; `new` is masked where it is a contact."""

    field: Field
    new: str


class Customers:
    """The people the shop knows."""

    def __init__(
        self,
        database: Database,
        lockout: Lockout,
        clock: Callable[[], datetime] = current_time,
    ) -> None:
        """Count wrong proofs in `lockout`."""
        self._database = database
        self._lockout = lockout
        self._clock = clock

    async def get(self, customer_id: str) -> Customer | None:
        """Return the whole row, for our own decisions; never show it to a customer."""
        async with self._database.read() as session:
            return await session.get(Customer, storable(customer_id))

    async def identify(self, attempt: Attempt, contact: str, order_number: str) -> str:
        """Return whose `contact` (whole phone number or e-mail) and order these are.

        Raises CustomerNotFound, LookupLocked. Four digits of the phone are not enough here.
        """
        return await self._lockout.guard(
            attempt, order_number, contact, lambda: self._owner(contact, order_number)
        )

    async def profile(self, customer_id: str) -> Profile:
        """Return what the proven customer may see. Raises CustomerNotFound."""
        at = self._clock()
        async with self._database.read() as session:
            customer = await session.get(Customer, customer_id)
            if customer is None:
                raise CustomerNotFound(customer_id)
            orders = (
                await session.scalars(
                    select(Order)
                    .where(Order.customer_id == customer_id)
                    .order_by(Order.ordered_at.desc())
                )
            ).all()
            return Profile(
                customer_id=customer.id,
                name=customer.name,
                lang=customer.lang,
                city=customer.city,
                phone=masked_phone(customer.phone) if customer.phone else None,
                email=masked_email(customer.email) if customer.email else None,
                since=customer.since,
                level=customer.level,
                points=_points(orders, at) if customer.points is None else customer.points,
                consent_offers=customer.consent_offers,
                open_orders=tuple(order.number for order in orders if order.status not in FINISHED),
                invoices_due=await _invoices_due(session, customer_id, at),
            )

    async def update_contact(
        self, turn_id: str, customer_id: str, field: Field, value: str
    ) -> Change:
        """Change phone, e-mail or city of a proven customer; the same turn changes once.

        Raises BadPhone, BadEmail, BadCity, CustomerNotFound.
        """
        plain = _plain_value(field, value)
        try:
            async with self._database.write() as session:
                done = await session.scalar(_change_of(turn_id))
                if done is None:
                    await self._apply(session, turn_id, customer_id, field, plain)
        except IntegrityError:  # the same turn, a moment earlier
            async with self._database.read() as session:
                done = await session.scalar(_change_of(turn_id))
            if done is None:
                raise
        return Change(field, _shown(field, done.new if done else plain))

    async def _apply(
        self, session: AsyncSession, turn_id: str, customer_id: str, field: Field, plain: str
    ) -> None:
        customer = await session.get(Customer, customer_id, with_for_update=True)
        if customer is None:
            raise CustomerNotFound(customer_id)
        session.add(
            ContactChange(
                turn_id=turn_id,
                customer_id=customer_id,
                field=field,
                old=getattr(customer, field),
                new=plain,
                at=self._clock(),
            )
        )
        setattr(customer, field, plain)

    async def _owner(self, contact: str, order_number: str) -> str:
        async with self._database.read() as session:
            order = await session.get(Order, plain_number(order_number))
            customer = await session.get(Customer, order.customer_id) if order else None
            if (
                customer is None
                or not is_whole(contact)
                or not proves(contact, customer.id, customer.phone, customer.email)
            ):
                raise CustomerNotFound(order_number)
            return customer.id


def _change_of(turn_id: str) -> Select[ContactChange]:
    return select(ContactChange).where(ContactChange.turn_id == turn_id)


def _points(orders: Sequence[Order], at: datetime) -> int:
    return sum(
        order.total_idr // _POINT_IDR
        for order in orders
        if order.status == "delivered" and order.ordered_at > at - _POINTS_PERIOD
    )


async def _invoices_due(
    session: AsyncSession, customer_id: str, at: datetime
) -> tuple[InvoiceDue, ...]:
    rows = await session.scalars(
        select(Invoice)
        .where(Invoice.customer_id == customer_id, Invoice.status != "paid")
        .order_by(Invoice.due_at)
    )
    return tuple(
        InvoiceDue(row.number, row.amount_idr, row.due_at, row.due_at < at) for row in rows
    )


def _plain_value(field: Field, value: str) -> str:
    value = storable(value)
    if field == "phone":
        return phone_e164(value)
    if field == "email":
        return plain_email(value)
    city = " ".join(value.split())
    if not 1 < len(city) <= _CITY_LENGTH or not any(letter.isalpha() for letter in city):
        raise BadCity(f"not a city: {value[:_CITY_LENGTH]!r}")
    return city


def _shown(field: Field, value: str) -> str:
    if field == "phone":
        return masked_phone(value)
    return masked_email(value) if field == "email" else value
