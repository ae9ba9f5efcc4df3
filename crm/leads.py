"""What customers said yes to, and calls that were promised: for a person to see to, in time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import select, update

from crm.hours import ServiceHours
from crm.tables import CallBack, Customer, Lead, Offer, Product
from db.base import now as current_time
from db.engine import Database

FOLLOW_UP_HOURS = 4.0  # of service, after the yes
_NOTICE = timedelta(minutes=10)  # before a promised call

Kind = Literal["lead", "call_back"]
Outcome = Literal["done", "cancelled"]


class LeadUnknown(LookupError):
    """No open lead or call-back has this id."""


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to see to; `reason` and `reason_data` say why it was offered."""

    kind: Kind
    id: str
    due_at: datetime
    is_due: bool
    customer: str
    phone: str | None
    conversation_id: str | None
    about: str  # of a call-back, in the customer's words
    product: Mapping[str, str]  # by language; empty for a call-back
    price_idr: int | None
    reason: str | None
    reason_data: Mapping[str, Any]


class Leads:
    """Open leads and call-backs; one per process."""

    def __init__(
        self,
        database: Database,
        hours: ServiceHours,
        clock: Callable[[], datetime] = current_time,
    ) -> None:
        self._database = database
        self._hours = hours
        self._clock = clock

    async def open(self) -> list[Task]:
        """Return all that is open, soonest due first."""
        at = self._clock()
        return sorted(
            [*await self._leads(at), *await self._calls(at)], key=lambda task: task.due_at
        )

    async def due(self) -> int:
        """Count what is due now."""
        return sum(task.is_due for task in await self.open())

    async def close(self, kind: Kind, task_id: str, outcome: Outcome) -> None:
        """Note what became of it; one that was closed meanwhile stays as it is.

        Raises LeadUnknown.
        """
        table, is_open = (Lead, "open") if kind == "lead" else (CallBack, "booked")
        async with self._database.write() as session:
            closed = await session.scalar(
                update(table)
                .where(table.id == task_id, table.status == is_open)
                .values(status=outcome)
                .returning(table.id)
            )
        if closed is None:
            raise LeadUnknown(task_id)

    async def remind(self) -> list[str]:
        """Give the call-backs that come due and of which nobody was told yet, each once."""
        at = self._clock()
        if not self._hours.is_open(at):
            return []
        async with self._database.read() as session:  # most of the time there is none
            waiting = select(CallBack.id).where(
                CallBack.status == "booked",
                CallBack.reminded_at.is_(None),
                CallBack.at <= at + _NOTICE,
            )
            ids = list(await session.scalars(waiting))
        if not ids:
            return []
        async with self._database.write() as session:
            told = await session.scalars(
                update(CallBack)
                .where(CallBack.id.in_(ids), CallBack.reminded_at.is_(None))
                .values(reminded_at=at)
                .returning(CallBack.id)
            )
            return sorted(told)

    async def _leads(self, at: datetime) -> list[Task]:
        async with self._database.read() as session:
            rows = await session.execute(
                select(Lead, Offer, Product, Customer)
                .join(Offer, Offer.id == Lead.offer_id)
                .join(Product, Product.sku == Offer.sku)
                .outerjoin(Customer, Customer.id == Offer.customer_id)
                .where(Lead.status == "open")
            )
            found = []
            for lead, offer, product, customer in rows:
                due = self._hours.add_service_time(lead.created_at, FOLLOW_UP_HOURS)
                found.append(
                    Task(
                        kind="lead",
                        id=lead.id,
                        due_at=due,
                        is_due=due <= at,
                        customer=customer.name if customer else "",
                        phone=customer.phone if customer else None,
                        conversation_id=offer.conversation_id,
                        about="",
                        product={"id": product.name_id, "en": product.name_en},
                        price_idr=offer.price_idr,
                        reason=offer.reason,
                        reason_data=offer.reason_data,
                    )
                )
            return found

    async def _calls(self, at: datetime) -> list[Task]:
        async with self._database.read() as session:
            rows = await session.execute(
                select(CallBack, Customer)
                .outerjoin(Customer, Customer.id == CallBack.customer_id)
                .where(CallBack.status == "booked")
            )
            return [
                Task(
                    kind="call_back",
                    id=call.id,
                    due_at=call.at,
                    is_due=call.at <= at + _NOTICE,
                    customer=call.name or (customer.name if customer else ""),
                    phone=call.phone,
                    conversation_id=call.conversation_id,
                    about=call.about,
                    product={},
                    price_idr=None,
                    reason=None,
                    reason_data={},
                )
                for call, customer in rows
            ]
