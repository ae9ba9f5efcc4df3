"""Propose one fitting product with a reason a person can read, and keep what came of it.

The rules stand in eligibility.py, where candidates come from in candidates.py, the words in
content/offers.yml.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.candidates import Candidate, Candidates
from crm.eligibility import CAP, Facts, Situation, product_refusal, refusal
from crm.locks import serialise
from crm.offer_content import OfferContent
from crm.offer_facts import gather, shown_to
from crm.prices import Price, best_price, holding
from crm.tables import Lead as LeadRow
from crm.tables import Offer, Product, Promotion
from db.base import now as current_time
from db.engine import Database

_PROMOTED = ("promotion", "deal")


class OfferNotFound(LookupError):
    """No such offer was shown in this conversation."""


class OfferGone(Exception):
    """The offer does not hold any more: sold out, or its promotion has ended."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What could be offered; nothing is stored until `record`."""

    sku: str
    name_id: str
    name_en: str
    price_idr: int
    was_idr: int | None  # the price without the promotion
    promotion_id: str | None
    reason: str  # template id in content/offers.yml
    customer_id: str | None  # for whom the rules were looked at
    asked: bool
    reason_data: Mapping[str, Any] = field(default_factory=dict)

    def name(self, lang: str) -> str:
        """Return the product's name in `lang`."""
        return self.name_en if lang == "en" else self.name_id


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
        clock: Callable[[], datetime] = current_time,
    ) -> None:
        """Take the words of `content`, by default those of the content files."""
        self._database = database
        self._content = content or OfferContent.load()
        self._clock = clock

    async def choose(self, situation: Situation) -> Proposal | None:
        """Return the best offer that the rules allow now, or None."""
        at = self._clock()
        async with self._database.read() as session:
            facts = await gather(session, situation, at)
            if refusal(facts) is not None:
                return None
            promotions = await holding(session, at)
            async for candidate in Candidates(session, facts, self._content).all(promotions):
                product = await session.get(Product, candidate.sku)
                if product is None or product_refusal(product, facts) is not None:
                    continue
                price = best_price(product, promotions)
                if price.promotion is None and candidate.reason in _PROMOTED:
                    continue  # the total that the promotion asks for is not reached
                return await _proposal(session, candidate, product, price, facts)
        return None

    def reason(self, proposal: Proposal, lang: str) -> str:
        """Say in `lang` why this is offered."""
        return self._content.reason(proposal.reason, proposal.reason_data, lang)

    async def record(self, turn_id: str, conversation_id: str, proposal: Proposal) -> int | None:
        """Store that the offer is shown and return its id; the same turn again gives the same.

        None if another conversation of the customer was quicker: then show nothing.
        """
        at = self._clock()
        async with self._database.write() as session:
            await serialise(
                session,
                f"offer turn {turn_id}",
                f"offer to {proposal.customer_id or conversation_id}",
            )
            recorded = await session.scalar(select(Offer.id).where(Offer.turn_id == turn_id))
            if recorded is not None:
                return recorded
            if not proposal.asked and await _capped(session, proposal, conversation_id, at):
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
            )
            session.add(offer)
            await session.flush()
            return offer.id

    async def latest(self, conversation_id: str) -> int | None:
        """Return the id of the last offer shown in a conversation, for "yes, please"."""
        async with self._database.read() as session:
            return await session.scalar(
                select(Offer.id)
                .where(Offer.conversation_id == conversation_id)
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
            lead = await session.scalar(select(LeadRow).where(LeadRow.offer_id == offer.id))
            if lead is not None and lead.status == "open":
                lead.status = "cancelled"


async def _proposal(
    session: AsyncSession,
    candidate: Candidate,
    product: Product,
    price: Price,
    facts: Facts,
) -> Proposal:
    data: dict[str, Any] = dict(candidate.counts)
    if candidate.because is not None:
        because = await session.get_one(Product, candidate.because)
        data["product"] = {"id": because.name_id, "en": because.name_en}
    if price.promotion is not None:
        title = {"id": price.promotion.title_id, "en": price.promotion.title_en}
        # These reasons are about the promotion; any other mentions it as well.
        data["title" if candidate.reason in _PROMOTED else "promotion"] = title
    return Proposal(
        sku=product.sku,
        name_id=product.name_id,
        name_en=product.name_en,
        price_idr=price.price_idr,
        was_idr=price.was_idr,
        promotion_id=price.promotion.id if price.promotion else None,
        reason=candidate.reason,
        customer_id=facts.customer_id,
        asked=facts.situation.asked,
        reason_data=data,
    )


async def _capped(
    session: AsyncSession, proposal: Proposal, conversation_id: str, at: datetime
) -> bool:
    recent = await session.scalar(
        select(Offer.id)
        .where(
            shown_to(proposal.customer_id, conversation_id),
            Offer.asked.is_(False),
            Offer.shown_at > at - CAP,
        )
        .limit(1)
    )
    return recent is not None


async def _shown(session: AsyncSession, offer_id: int, conversation_id: str) -> Offer:
    offer = await session.get(Offer, offer_id, with_for_update=True)
    if offer is None or offer.conversation_id != conversation_id:
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
