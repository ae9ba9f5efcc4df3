"""The offer that fits the conversation a CSR has, with its reason, or why there is none.

The rules are the bot's, but for one: the bot is silent while a person helps, and here the person
decides. A complaint, a bad mood or an open problem still forbids it.
"""

from dataclasses import dataclass
from typing import Any

from channels.message import Lang
from conversation.tables import Conversation, Handoff
from crm.eligibility import Situation
from crm.offering.choosing import Proposal
from crm.offers import Offers
from desk.brief import Brief

_PROBLEMS = ("complaint", "anger", "refund", "legal", "safety")
_BAD_MOODS = ("angry", "sad", "sorry", "worried")


@dataclass(frozen=True, slots=True)
class OfferLook:
    """What may be offered, or why nothing."""

    proposal: Proposal | None
    reason: str  # in the customer's language
    why_none: str  # name of the rule, "nothing fits", or empty


def situation_of(
    conversation: Conversation, handoff: Handoff | None, brief: Brief, *, asked: bool = False
) -> Situation:
    """Describe the conversation to the rules."""
    problem = handoff is not None and handoff.reason in _PROBLEMS
    return Situation(
        conversation_id=conversation.id,
        lang=conversation.lang,
        customer_id=conversation.customer_id if conversation.verified else None,
        asked=asked,
        complaint=problem or bool(conversation.context.get("problem")),
        mood="sorry" if brief.mood in _BAD_MOODS else "neutral",
    )


async def look(offers: Offers, situation: Situation, lang: Lang) -> OfferLook:
    """Find what fits, or why nothing may be offered."""
    proposal = await offers.choose(situation)
    if proposal is not None and proposal.withheld:
        return OfferLook(None, "", "control group")
    if proposal is not None:
        return OfferLook(proposal, offers.reason(proposal, lang), "")
    return OfferLook(None, "", await offers.why_not(situation) or "nothing fits")


def card(proposal: Proposal, offer_id: int, reason: str, lang: Lang) -> dict[str, Any]:
    """Return what the client's offer card shows."""
    return {
        "offer_id": offer_id,
        "product": proposal.name(lang),
        "sku": proposal.sku,
        "price_idr": proposal.price_idr,
        "was_idr": proposal.was_idr,
        "reason": reason,
    }
