"""Gather what the rules of offers look at, of the customer and of this conversation."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from crm.eligibility import CAP, DECLINED, Facts, Situation
from crm.orders import FINISHED, is_late
from crm.tables import Customer, Offer, Order, OrderLine, Ticket
from crm.texts import plain_number

UNDONE = ("cancelled", "returned")


async def gather(session: AsyncSession, situation: Situation, at: datetime) -> Facts:
    """Return the facts at the moment `at`."""
    customer_id = await _customer_id(session, situation)
    customer = await session.get(Customer, customer_id) if customer_id else None
    offers = (
        await session.execute(
            select(Offer.sku, Offer.shown_at, Offer.asked, Offer.outcome, Offer.outcome_at).where(
                shown_to(customer_id, situation.conversation_id)
            )
        )
    ).all()
    return Facts(
        situation=situation,
        at=at,
        customer_id=customer_id,
        consent=customer is not None and customer.consent_offers,
        open_ticket=await _open_ticket(session, customer_id, situation.conversation_id),
        late_order=await _late_order(session, customer_id, at),
        offered_recently=any(not row.asked and row.shown_at > at - CAP for row in offers),
        said_never=any(row.outcome == "never" for row in offers),
        declined=frozenset(
            row.sku
            for row in offers
            if row.outcome in ("declined", "never")
            and (row.outcome_at or row.shown_at) > at - DECLINED
        ),
        bought=await _bought(session, customer_id),
    )


def shown_to(customer_id: str | None, conversation_id: str) -> ColumnElement[bool]:
    """Select the offers made to a customer, or in this conversation."""
    same = Offer.conversation_id == conversation_id
    return same if customer_id is None else or_(same, Offer.customer_id == customer_id)


async def _customer_id(session: AsyncSession, situation: Situation) -> str | None:
    if situation.customer_id is not None:
        return situation.customer_id
    if situation.order_number is None:
        return None
    order = await session.get(Order, plain_number(situation.order_number))
    return order.customer_id if order else None


async def _open_ticket(
    session: AsyncSession, customer_id: str | None, conversation_id: str
) -> bool:
    whose = Ticket.conversation_id == conversation_id
    if customer_id is not None:
        whose = or_(whose, Ticket.customer_id == customer_id)
    found = await session.scalar(
        select(Ticket.id).where(Ticket.status.in_(("open", "waiting_customer")), whose).limit(1)
    )
    return found is not None


async def _late_order(session: AsyncSession, customer_id: str | None, at: datetime) -> bool:
    if customer_id is None:
        return False
    orders = await session.scalars(
        select(Order)
        .where(Order.customer_id == customer_id, Order.status.not_in(FINISHED))
        .options(selectinload(Order.shipments))
    )
    return any(
        is_late(order.status, order.ordered_at, eta, at)
        for order in orders
        for eta in [shipment.eta for shipment in order.shipments] or [None]
    )


async def _bought(session: AsyncSession, customer_id: str | None) -> Mapping[str, datetime]:
    if customer_id is None:
        return {}
    rows = await session.execute(
        select(OrderLine.sku, func.max(Order.ordered_at).label("last"))
        .join(Order, Order.number == OrderLine.order_number)
        .where(Order.customer_id == customer_id, Order.status.not_in(UNDONE))
        .group_by(OrderLine.sku)
    )
    return {row.sku: row.last for row in rows}
