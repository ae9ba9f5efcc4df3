"""What a CSR does for a customer in the conversation they have: the bot's own domain functions.

The rules are the bot's too: what is a customer's own needs a proof or a verified conversation,
calls are booked in service hours, offers go by the table of rules.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.message import Lang
from channels.problem import Problem
from conversation.ownership import NotYours, Ownership
from conversation.tables import Conversation, Handoff
from crm.callbacks import CallBackRefused
from crm.consent import Consents
from crm.contacts import BadEmail, BadPhone, masked_phone
from crm.customers import BadCity, CustomerNotFound, Field
from crm.offers import OfferGone, OfferNotFound
from crm.orders import OrderSourceDown, OrderView
from crm.proofs import Attempt, LookupLocked, NotProven, Proof, Verified
from crm.ticket_kinds import UnknownCategory
from crm.ticketing.history import By
from crm.ticketing.work import TicketWork
from db.base import new_id
from db.engine import Database
from desk.brief import Brief
from desk.cases.offering import card as offer_card
from desk.cases.offering import situation_of
from desk.cases.shop import Shop
from desk.cases.telling import card as ticket_card
from desk.pages import Pages, rupiah
from desk.tables import Agent
from desk.words import Sentences


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of who a CSR acts for."""

    conversation: Conversation
    agent: Agent
    client_id: str

    @property
    def lang(self) -> Lang:
        """The customer's language."""
        return cast("Lang", self.conversation.lang)

    @property
    def owner(self) -> str | None:
        """The customer, if they are proven here."""
        return self.conversation.customer_id if self.conversation.verified else None

    @property
    def turn_id(self) -> str:
        """By which a repeat is known."""
        return f"console:{self.conversation.id}:{self.client_id}"


class Acts:
    """Acts for customers, and tells them in approved words."""

    def __init__(
        self,
        database: Database,
        shop: Shop,
        work: TicketWork,
        ownership: Ownership,
        sentences: Sentences,
        pages: Pages,
        timezone: str,
    ) -> None:
        self._database = database
        self._consents = Consents(database)
        self._shop = shop
        self._work = work
        self._ownership = ownership
        self._sentences = sentences
        self._pages = pages
        self._zone = ZoneInfo(timezone)

    async def case(self, conversation_id: str, agent: Agent, client_id: str) -> Case:
        """Give the conversation, if this CSR has it. Raises NotYours, Problem 404."""
        async with self._database.read() as session:
            conversation = await session.get(Conversation, conversation_id)
        if conversation is None:
            raise Problem("conversation-unknown", 404)
        if conversation.state != "csr" or conversation.agent_id != agent.id:
            raise NotYours(cast("Any", conversation.state))
        return Case(conversation, agent, client_id)

    async def find_order(self, case: Case, number: str, proof: str) -> OrderView:
        """Find an order by number and proof, or of who is verified. Raises Problem."""
        given: Proof = proof.strip()
        if not given:
            if case.owner is None:
                raise Problem("proof-needed", 422)
            given = Verified(case.owner)
        # Every guess counts: an id that the browser chooses could be sent again with another one.
        attempt = Attempt(case.conversation.id, new_id())
        try:
            return await self._shop.orders.find(attempt, number, given)
        except NotProven:
            raise Problem("order-not-found", 404) from None
        except LookupLocked as locked:
            raise Problem(
                "lookup-locked", 429, moment=self._moment(locked.until, case.agent.lang)
            ) from None
        except OrderSourceDown:
            raise Problem("orders-down", 503) from None

    async def open_ticket(
        self, case: Case, category: str, description: str, contact: str, order: str
    ) -> str:
        """Open a ticket, keep it, and tell its number. Raises Problem."""
        contact = contact.strip() or await self._contact(case)
        if not contact:
            raise Problem("contact-needed", 422)
        try:
            ticket = await self._shop.tickets.open(
                case.turn_id,
                conversation_id=case.conversation.id,
                customer_id=case.owner,
                order_number=order.strip() or None,
                category=category,
                description=description,
                contact=contact,
                lang=case.lang,
            )
        except UnknownCategory:
            raise Problem("request-invalid", 422) from None
        row = await self._work.claim(ticket.id, By("csr", case.agent.id))
        kinds = self._shop.tickets.kinds
        await self._tell(
            case,
            "ticket_opened",
            "ticket",
            ticket_card(row),
            context={"ticket": row.number, "ticket_id": row.id, "problem": "ticket"},
            ticket=row.number,
            category=kinds.name(row.category, case.lang),
            due=self._moment(row.due_at, case.lang),
        )
        return row.number

    async def send_back(
        self, case: Case, kind: str, number: str, proof: str, description: str, contact: str
    ) -> str:
        """Ask for a refund or a return of an order that is proved to be theirs."""
        order = await self.find_order(case, number, proof)
        return await self.open_ticket(case, kind, description, contact, order.number)

    async def book_call(self, case: Case, phone: str, at: datetime, about: str) -> datetime:
        """Book a call in service hours; `at` without a zone is in the shop's. Raises Problem."""
        moment = at if at.tzinfo else at.replace(tzinfo=self._zone)
        phone = phone.strip() or await self._contact(case)
        try:
            booked = await self._shop.callbacks.book(
                case.turn_id,
                conversation_id=case.conversation.id,
                customer_id=case.owner,
                phone=phone,
                at=moment,
                about=about,
            )
        except BadPhone:
            raise Problem("phone-wrong", 422) from None
        except CallBackRefused as refused:
            nearest = self._moment(refused.nearest, case.agent.lang)
            raise Problem(f"call-{refused.reason}", 409, moment=nearest) from None
        await self._tell(
            case,
            "call_booked",
            "text",
            {},
            phone=masked_phone(booked.phone),
            at=self._moment(booked.at, case.lang),
        )
        return booked.at

    async def change_contact(self, case: Case, field: Field, value: str) -> str:
        """Change phone, e-mail or city of who is verified; gives it masked. Raises Problem."""
        if case.owner is None:
            raise Problem("not-verified", 409)
        try:
            change = await self._shop.customers.update_contact(
                case.turn_id, case.owner, field, value
            )
        except (BadPhone, BadEmail, BadCity):
            raise Problem(f"{field}-wrong", 422) from None
        except CustomerNotFound:
            raise Problem("not-verified", 409) from None
        await self._tell(case, f"changed_{field}", "text", {}, new=change.new)
        return change.new

    async def make_offer(self, case: Case, *, asked: bool) -> int:
        """Show what fits and may be offered now. Raises Problem 409."""
        async with self._database.read() as session:
            handoff = await session.get(Handoff, await _handoff_id(session, case) or "")
        brief = Brief.read(handoff.brief if handoff else None)
        situation = situation_of(case.conversation, handoff, brief, asked=asked)
        proposal = await self._shop.offers.choose(situation)
        offer_id = (
            await self._shop.offers.record(case.turn_id, case.conversation.id, proposal)
            if proposal
            else None
        )
        if proposal is None or offer_id is None:
            raise Problem("no-offer", 409)
        reason = self._shop.offers.reason(proposal, case.lang)
        slots: dict[str, Any] = {}
        if proposal.was_idr is not None:
            slots["was"] = rupiah(proposal.was_idr)
        await self._tell(
            case,
            "offer_shown_was" if slots else "offer_shown",
            "offer",
            offer_card(proposal, offer_id, reason, case.lang),
            by_person=True,
            product=proposal.name(case.lang),
            price=rupiah(proposal.price_idr),
            reason=reason,
            **slots,
        )
        return offer_id

    async def answer_offer(self, case: Case, offer_id: int, outcome: str) -> None:
        """Record what the customer said to an offer of this conversation. Raises Problem."""
        offers, place = self._shop.offers, case.conversation.id
        try:
            if outcome == "accepted":
                lead = await offers.accept(offer_id, place)
                await self._tell(case, "offer_accepted", "text", {}, product=lead.name(case.lang))
                return
            await offers.decline(offer_id, place, never=outcome == "never")
        except OfferNotFound:
            raise Problem("offer-unknown", 404) from None
        except OfferGone:
            raise Problem("offer-gone", 409) from None
        if outcome == "never" and case.owner is not None:
            with suppress(CustomerNotFound):  # removed meanwhile: nobody is left to be offered to
                await self._consents.note(
                    case.owner, "offers", granted=False, source="csr", place=place
                )

    async def _contact(self, case: Case) -> str:
        customer = await self._shop.customers.get(case.owner) if case.owner else None
        return (customer.phone or customer.email or "") if customer else ""

    async def _tell(
        self,
        case: Case,
        key: str,
        kind: Any,
        data: dict[str, Any],
        *,
        by_person: bool = False,
        context: dict[str, Any] | None = None,
        **slots: str,
    ) -> None:
        reply = self._sentences.about(key, case.lang, kind, data, **slots)
        await self._ownership.tell(
            case.conversation.id,
            case.agent.id,
            reply,
            "csr" if by_person else "system",
            case.agent.name if by_person else "",
            f"{case.client_id}-told",
            context or {},
        )

    def _moment(self, at: datetime, lang: str) -> str:
        return self._pages.moment(at, cast("Lang", lang))


async def _handoff_id(session: AsyncSession, case: Case) -> str | None:
    return await session.scalar(
        select(Handoff.id)
        .where(Handoff.conversation_id == case.conversation.id, Handoff.ended_at.is_(None))
        .order_by(Handoff.requested_at.desc())
        .limit(1)
    )
