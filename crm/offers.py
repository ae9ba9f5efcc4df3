"""Propose one fitting product with a reason a person can read, and keep what came of it.

The rules stand in eligibility.py, how one is chosen in offering/choosing.py, the words in
content/offers.yml.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.eligibility import Situation, refusal
from crm.locks import serialise
from crm.offering.choosing import Proposal, Weights, choose
from crm.offering.facts import capped, gather, shown_to
from crm.offering.rules import OfferRules, load_offer_rules
from crm.offering.words import OfferContent
from crm.tables import Lead as LeadRow
from crm.tables import Offer, Product, Promotion
from db.base import now as current_time
from db.engine import Database

__all__ = ["Lead", "OfferGone", "OfferNotFound", "Offers", "Proposal"]

WITHHELD = "withheld"  # the outcome of an offer that the control group did not get


class OfferNotFound(LookupError):
    """No such offer was shown in this conversation."""


class OfferGone(Exception):
    """The offer does not hold any more: sold out, or its promotion has ended."""


@dataclass(frozen=True, slots=True)
class Lead:
    """An accepted offer that somebody follows up."""

    id: str
    offer_id: int
    sku: str
    name_id: str
    name_en: str
    price_idr: int

    def name(self, lang: str) -> str:
        """Return the product's name in `lang`."""
        return self.name_en if lang == "en" else self.name_id


class Offers:
    """What the shop proposes to its customers."""

    def __init__(
        self,
        database: Database,
        content: OfferContent | None = None,
        rules: OfferRules | None = None,
        clock: Callable[[], datetime] = current_time,
        weigh: Callable[[], Awaitable[Weights]] | None = None,
    ) -> None:
        """Take words and rules, by default those of the content files; `weigh` weighs reasons."""
        self._database = database
        self._content = content or OfferContent.load()
        self._rules = rules or load_offer_rules()
        self._clock = clock
        self._weigh = weigh

    async def choose(self, situation: Situation) -> Proposal | None:
        """Return the best offer that the rules allow now, or None.

        One that is `withheld` must be recorded like any other, and not shown.
        """
        at = self._clock()
        weights = await self._weigh() if self._weigh else Weights()
        return await self._database.ask(
            lambda connection: choose(
                connection, situation, at, self._content, self._rules, weights
            )
        )

    async def why_not(self, situation: Situation) -> str | None:
        """Return the name of the rule that forbids any offer now, or None."""
        at = self._clock()
        return await self._database.ask(
            lambda connection: refusal(gather(connection, situation, at, self._rules).facts)
        )

    def reason(self, proposal: Proposal, lang: str) -> str:
        """Say in `lang` why this is offered."""
        return self._content.reason(proposal.reason, proposal.reason_data, lang)

    async def record(self, turn_id: str, conversation_id: str, proposal: Proposal) -> int | None:
        """Store that the offer is shown and return its id; the same turn again gives the same.

        None if it is withheld, or another conversation of the customer was quicker: then show
        nothing.
        """
        at = self._clock()
        async with self._database.write() as session:
            await serialise(
                session,
                f"offer turn {turn_id}",
                f"offer to {proposal.customer_id or conversation_id}",
            )
            recorded = await session.scalar(select(Offer).where(Offer.turn_id == turn_id))
            if recorded is not None:
                return None if recorded.outcome == WITHHELD else recorded.id
            if not proposal.asked and await self._capped(session, proposal, conversation_id, at):
                return None
            offer = Offer(
                turn_id=turn_id,
                conversation_id=conversation_id,
                customer_id=proposal.customer_id,
                sku=proposal.sku,
                promotion_id=proposal.promotion_id,
                price_idr=proposal.price_idr,
                reason=proposal.reason,
                reason_data=dict(proposal.reason_data),
                asked=proposal.asked,
                shown_at=at,
                channel=proposal.channel,
                segments=dict(proposal.segments),
                explored=proposal.explored,
            )
            if proposal.withheld:
                offer.outcome = WITHHELD
            session.add(offer)
            await session.flush()
            return None if proposal.withheld else offer.id

    async def _capped(
        self, session: AsyncSession, proposal: Proposal, conversation_id: str, at: datetime
    ) -> bool:
        since = at - timedelta(days=max(self._rules.caps.days, 1))
        moments = await session.scalars(
            select(Offer.shown_at).where(
                shown_to(proposal.customer_id, conversation_id),
                Offer.asked.is_(False),
                Offer.shown_at > since,
            )
        )
        return any(capped(moments, self._rules, at))

    async def latest(self, conversation_id: str) -> int | None:
        """Return the id of the last offer shown in a conversation, for "yes, please"."""
        async with self._database.read() as session:
            return await session.scalar(
                select(Offer.id)
                .where(Offer.conversation_id == conversation_id, Offer.outcome != WITHHELD)
                .order_by(Offer.id.desc())
                .limit(1)
            )

    async def accept(self, offer_id: int, conversation_id: str) -> Lead:
        """Make a lead of an offer shown in this conversation; accepting twice makes one.

        Raises OfferNotFound, OfferGone.
        """
        at = self._clock()
        async with self._database.write() as session:
            offer = await _shown(session, offer_id, conversation_id)
            product = await session.get_one(Product, offer.sku)
            lead = await session.scalar(select(LeadRow).where(LeadRow.offer_id == offer.id))
            if lead is None or lead.status == "cancelled":
                await _check_it_holds(session, offer, product, at)
            if lead is None:
                lead = LeadRow(offer_id=offer.id, created_at=at)
                session.add(lead)
            elif lead.status == "cancelled":
                lead.status = "open"
            if offer.outcome != "accepted":
                offer.outcome, offer.outcome_at = "accepted", at
            offer.opened_at = offer.opened_at or at
            await session.flush()
            return Lead(
                lead.id, offer.id, offer.sku, product.name_id, product.name_en, offer.price_idr
            )

    async def decline(self, offer_id: int, conversation_id: str, *, never: bool = False) -> None:
        """Note a no to an offer shown in this conversation; `never` means to no further ones too.

        Raises OfferNotFound.
        """
        async with self._database.write() as session:
            offer = await _shown(session, offer_id, conversation_id)
            if offer.outcome != "never":
                offer.outcome = "never" if never else "declined"
                offer.outcome_at = self._clock()
            offer.opened_at = offer.opened_at or self._clock()
            lead = await session.scalar(select(LeadRow).where(LeadRow.offer_id == offer.id))
            if lead is not None and lead.status == "open":
                lead.status = "cancelled"


async def _shown(session: AsyncSession, offer_id: int, conversation_id: str) -> Offer:
    offer = await session.get(Offer, offer_id, with_for_update=True)
    if offer is None or offer.conversation_id != conversation_id or offer.outcome == WITHHELD:
        raise OfferNotFound(offer_id)
    return offer


async def _check_it_holds(
    session: AsyncSession, offer: Offer, product: Product, at: datetime
) -> None:
    promotion = await session.get(Promotion, offer.promotion_id) if offer.promotion_id else None
    if not product.active or product.stock <= 0:
        raise OfferGone(f"{product.sku} is sold out")
    if promotion is not None and promotion.ends_at < at:
        raise OfferGone(f"promotion {promotion.id} has ended")
