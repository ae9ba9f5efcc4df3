"""What a CSR sees when a conversation is opened: who, the brief, what was said, what is open."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from channels.problem import Problem
from conversation.tables import Conversation, Handoff, Message
from crm.tables import Customer, Order, OrderLine, Product, Ticket
from db.engine import Database
from desk.brief import Brief
from desk.delivery import Delivery, delivery
from desk.queue import Entry, entry, other_conversations
from desk.routing.teams import may_see, teams_of
from desk.tables import Agent

_ORDERS = 5
_TICKETS = 5
_LATEST_MESSAGES = 150

Reading = Literal["all", "outline"]


@dataclass(frozen=True, slots=True)
class OrderLook:
    """One order in a line or two."""

    number: str
    ordered_at: datetime
    status: str
    total_idr: int
    first_product_id: str
    first_product_en: str
    more: int  # further lines
    courier: str | None
    tracking_number: str | None
    eta: datetime | None


@dataclass(frozen=True, slots=True)
class Screen:
    """One opened conversation; `reading` "outline" hides what was said."""

    entry: Entry
    reading: Reading
    handoff: Handoff | None
    brief: Brief
    customer: Customer | None
    orders: list[OrderLook]
    tickets: list[Ticket]
    others: list[Entry]  # other conversations of who is proven here, latest first
    messages: list[Message]
    earlier: bool  # older messages exist that are not in `messages`
    delivery: Delivery
    page: Mapping[str, Any] | None  # of the shop, as its own page told; shown, never believed


class Screens:
    """Opens conversations for those who may see them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self, conversation_id: str, agent: Agent, *, whole: bool = False) -> Screen:
        """Give the screen; `whole` with all messages. Raises Problem 403, 404."""
        async with self._database.read() as session:
            found, reading = await _permitted(session, conversation_id, agent)
            conversation = await session.get_one(Conversation, conversation_id)
            handoff = await _latest_handoff(session, conversation_id)
            customer = await _customer(session, conversation)
            shown = reading == "all"
            messages = await _messages(session, conversation_id, whole=whole) if shown else []
            return Screen(
                entry=found,
                reading=reading,
                handoff=handoff,
                brief=Brief.read(handoff.brief if handoff and shown else None),
                customer=customer if shown else None,
                orders=await _orders(session, customer) if customer and shown else [],
                tickets=await _tickets(session, conversation) if shown else [],
                others=await other_conversations(session, conversation) if shown else [],
                messages=messages,
                earlier=bool(messages) and messages[0].seq > 1,
                delivery=await delivery(session, conversation_id),
                page=conversation.page if shown else None,
            )

    async def permit(self, conversation_id: str, agent: Agent) -> Entry:
        """Give the conversation if all of it may be read. Raises Problem 403, 404."""
        async with self._database.read() as session:
            found, reading = await _permitted(session, conversation_id, agent)
        if reading != "all":
            raise Problem("not-yours-to-read", 403)
        return found

    async def permit_taking(self, conversation_id: str, agent: Agent) -> None:
        """Make sure that it may be taken, if it can be. Raises Problem 403, 404."""
        async with self._database.read() as session:
            found = await entry(session, conversation_id)
            if found is None:
                raise Problem("conversation-unknown", 404)
            if not may_see(agent, await teams_of(session, agent), found.team_id):
                raise Problem("other-team", 403)


async def _permitted(
    session: AsyncSession, conversation_id: str, agent: Agent
) -> tuple[Entry, Reading]:
    """A CSR reads what waits for their teams and what is theirs; of the bot's that it is there.

    Reading what the bot and a customer say would be curiosity; taking it over leaves a trace.
    """
    found = await entry(session, conversation_id)
    if found is None:
        raise Problem("conversation-unknown", 404)
    if agent.role in ("supervisor", "admin"):
        return found, "all"
    if found.state == "waiting" and may_see(agent, await teams_of(session, agent), found.team_id):
        return found, "all"
    if found.state == "csr" and found.agent_id == agent.id:
        return found, "all"
    if found.state == "bot":
        return found, "outline"
    raise Problem("not-yours-to-read", 403)


async def _latest_handoff(session: AsyncSession, conversation_id: str) -> Handoff | None:
    return await session.scalar(
        select(Handoff)
        .where(Handoff.conversation_id == conversation_id, Handoff.ended_at.is_(None))
        .order_by(Handoff.requested_at.desc())
        .limit(1)
    )


async def _customer(session: AsyncSession, conversation: Conversation) -> Customer | None:
    if conversation.customer_id is None:
        return None
    return await session.get(Customer, conversation.customer_id)


async def _messages(session: AsyncSession, conversation_id: str, *, whole: bool) -> list[Message]:
    newest = (
        select(Message)
        .where(Message.conversation_id == conversation_id)
        .order_by(Message.seq.desc())
        .limit(None if whole else _LATEST_MESSAGES)
    )
    return list(reversed((await session.scalars(newest)).all()))


async def _orders(session: AsyncSession, customer: Customer) -> list[OrderLook]:
    orders = await session.scalars(
        select(Order)
        .where(Order.customer_id == customer.id)
        .options(selectinload(Order.lines), selectinload(Order.shipments))
        .order_by(Order.ordered_at.desc())
        .limit(_ORDERS)
    )
    found = orders.all()
    products = await _first_products(session, [order.number for order in found])
    return [_look(order, products.get(order.number)) for order in found]


async def _first_products(session: AsyncSession, numbers: list[str]) -> dict[str, Product]:
    rows = await session.execute(
        select(OrderLine.order_number, Product)
        .join(Product, Product.sku == OrderLine.sku)
        .where(OrderLine.order_number.in_(numbers))
        .order_by(OrderLine.order_number, OrderLine.line.desc())
    )
    return {row.order_number: row.Product for row in rows}  # the first line comes last, and stays


def _look(order: Order, product: Product | None) -> OrderLook:
    shipment = order.shipments[-1] if order.shipments else None
    return OrderLook(
        number=order.number,
        ordered_at=order.ordered_at,
        status=order.status,
        total_idr=order.total_idr,
        first_product_id=product.name_id if product else "",
        first_product_en=product.name_en if product else "",
        more=max(0, len(order.lines) - 1),
        courier=shipment.courier if shipment else None,
        tracking_number=shipment.tracking_number if shipment else None,
        eta=shipment.eta if shipment else None,
    )


async def _tickets(session: AsyncSession, conversation: Conversation) -> list[Ticket]:
    theirs = Ticket.conversation_id == conversation.id
    if conversation.customer_id is not None:
        theirs |= Ticket.customer_id == conversation.customer_id
    rows = await session.scalars(
        select(Ticket).where(theirs).order_by(Ticket.created_at.desc()).limit(_TICKETS)
    )
    return list(rows)
