"""The screen pop: all that helps beside the talk, read at once; nothing has to be clicked."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.message import Lang
from conversation.tables import Conversation, Handoff
from crm.customers import InvoiceDue
from crm.orders import OrderSourceDown, OrderView
from crm.segments.tables import Standing
from crm.surveys.tables import Survey
from crm.tables import Customer, Invoice, Offer, Product, Ticket
from db.base import now
from db.engine import Database
from desk.brief import Brief
from desk.cases.canned import CannedReplies, Ready
from desk.cases.offering import OfferLook, look, situation_of
from desk.cases.scripts import Scripts, Situation
from desk.cases.shop import Shop
from desk.cases.steps import Led, Lines, Steps

_ORDERS_S = 0.8  # a shop's own system may be slow; the rest of the screen does not wait for it
_SURVEYS = 3
_PAST = 3


@dataclass(frozen=True, slots=True)
class Shown:
    """An offer made in this conversation."""

    id: int
    name_id: str
    name_en: str
    price_idr: int
    outcome: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Pop:
    """What stands beside the talk."""

    value: str | None  # class, where the customer is known
    orders: Sequence[OrderView]  # open ones first
    orders_down: bool
    bills: Sequence[InvoiceDue]
    surveys: Sequence[Survey]
    offer: OfferLook
    offered: Sequence[Shown]
    led: Led  # the script with its steps
    past: Sequence[Led]  # of earlier contacts here
    slots: Mapping[str, Mapping[str, str]]  # by language
    ready: Sequence[Ready]  # replies to insert, in the customer's language


class Pops:
    """Reads what stands beside a talk."""

    def __init__(
        self,
        database: Database,
        shop: Shop,
        scripts: Scripts,
        canned: CannedReplies,
        lines: Lines,
    ) -> None:
        self._database = database
        self._shop = shop
        self._scripts = scripts
        self._canned = canned
        self._lines = lines
        self._steps = Steps(database, lines)

    async def of(self, conversation_id: str, csr: str, console_lang: str = "id") -> Pop:
        """Give the screen pop; `csr` is the first name that the script says."""
        async with self._database.read() as session:
            conversation = await session.get_one(Conversation, conversation_id)
            handoff = await _handoff(session, conversation_id)
            known = conversation.customer_id
            customer = await session.get(Customer, known) if known else None
            standing = await session.get(Standing, known) if known else None
            bills = await _bills(session, known) if known else []
            surveys = await _surveys(session, conversation)
            offered = await _offered(session, conversation_id)
            ticket = await _ticket(session, conversation)
        brief = Brief.read(handoff.brief if handoff else None)
        lang = cast("Lang", conversation.lang)
        situation = situation_of(conversation, handoff, brief)
        (orders, down), offer = await asyncio.gather(
            self._orders(known),
            look(self._shop.offers, situation, lang),
        )
        proposal = offer.proposal
        script = self._scripts.fitting(
            Situation(
                reason=handoff.reason if handoff else "request",
                value=standing.value_class if standing else "new",
                cross_sell=proposal is not None,
                promotion=proposal is not None and proposal.promotion_id is not None,
                bill_due=bool(bills) and conversation.verified,
            )
        )
        slots = self._steps.slots(
            csr, customer if conversation.verified else None, orders, bills, ticket, offer
        )
        led = await self._steps.led(conversation_id, handoff, script, slots)
        return Pop(
            value=standing.value_class if standing else None,
            orders=orders,
            orders_down=down,
            bills=bills,
            surveys=surveys,
            offer=offer,
            offered=offered,
            led=led,
            past=await self._steps.past(conversation_id, handoff, _PAST),
            slots=slots,
            ready=self._canned.ready(lang, console_lang, slots[lang], self._lines.names(lang)),
        )

    async def begin(self, conversation_id: str, csr: str) -> None:
        """Keep the script with which a CSR begins, so that what is skipped can be told."""
        await self._steps.keep((await self.of(conversation_id, csr)).led)

    async def tick(
        self, conversation_id: str, csr: str, agent_id: str, step: str, *, done: bool
    ) -> bool:
        """Note that a step is done, or not after all; says whether there is such a step."""
        led = (await self.of(conversation_id, csr)).led
        if led.handoff_id is None or step not in {one.key for one in led.steps}:
            return False
        await self._steps.keep(led)
        await self._steps.tick(led.handoff_id, agent_id, step, done=done)
        return True

    async def _orders(self, customer_id: str | None) -> tuple[list[OrderView], bool]:
        if customer_id is None:
            return [], False
        try:
            async with asyncio.timeout(_ORDERS_S):
                found = await self._shop.orders.of_customer(customer_id)
        except (OrderSourceDown, TimeoutError):
            return [], True
        return sorted(found, key=lambda order: not order.is_open), False


async def _handoff(session: AsyncSession, conversation_id: str) -> Handoff | None:
    return await session.scalar(
        select(Handoff)
        .where(Handoff.conversation_id == conversation_id, Handoff.ended_at.is_(None))
        .order_by(Handoff.requested_at.desc())
        .limit(1)
    )


async def _bills(session: AsyncSession, customer_id: str) -> list[InvoiceDue]:
    rows = await session.scalars(
        select(Invoice)
        .where(Invoice.customer_id == customer_id, Invoice.status != "paid")
        .order_by(Invoice.due_at)
    )
    moment = now()
    return [InvoiceDue(row.number, row.amount_idr, row.due_at, row.due_at < moment) for row in rows]


async def _surveys(session: AsyncSession, conversation: Conversation) -> list[Survey]:
    theirs = Survey.conversation_id == conversation.id
    if conversation.customer_id is not None:
        theirs |= Survey.customer_id == conversation.customer_id
    rows = await session.scalars(
        select(Survey)
        .where(theirs, Survey.score.is_not(None))
        .order_by(Survey.answered_at.desc())
        .limit(_SURVEYS)
    )
    return list(rows)


async def _offered(session: AsyncSession, conversation_id: str) -> list[Shown]:
    rows = await session.execute(
        select(Offer, Product)
        .join(Product, Product.sku == Offer.sku)
        .where(Offer.conversation_id == conversation_id)
        .order_by(Offer.id.desc())
        .limit(_PAST)
    )
    return [
        Shown(
            row.Offer.id,
            row.Product.name_id,
            row.Product.name_en,
            row.Offer.price_idr,
            row.Offer.outcome,
            row.Offer.shown_at,
        )
        for row in rows
    ]


async def _ticket(session: AsyncSession, conversation: Conversation) -> str:
    row = await session.scalar(
        select(Ticket)
        .where(Ticket.conversation_id == conversation.id, Ticket.merged_into.is_(None))
        .order_by(Ticket.id.desc())
        .limit(1)
    )
    return row.number if row else ""
