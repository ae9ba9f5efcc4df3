"""Choose the one offer to make now, if any."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from crm.eligibility import Facts, Situation, in_control_group, product_refusal, refusal
from crm.offering.candidates import Candidates
from crm.offering.facts import Known, gather
from crm.offering.goods import Goods, Running, running
from crm.offering.prices import Price, best_price
from crm.offering.ranking import Candidate, Score, score
from crm.offering.rules import OfferRules
from crm.offering.words import OfferContent

_PROMOTED = ("promotion", "deal")


@dataclass(frozen=True, slots=True)
class Proposal:
    """What could be offered; nothing is stored until `Offers.record`."""

    sku: str
    name_id: str
    name_en: str
    price_idr: int
    was_idr: int | None  # the price without the promotion
    promotion_id: str | None
    reason: str  # in content/offers.yml
    customer_id: str | None  # for whom the rules were looked at
    asked: bool
    reason_data: Mapping[str, Any] = field(default_factory=dict)
    withheld: bool = False  # of the control group: recorded, but never shown
    explored: bool = False  # chance alone weighed the reasons
    channel: str | None = None
    segments: Mapping[str, str] = field(default_factory=dict)  # codes by dimension, now

    def name(self, lang: str) -> str:
        """Return the product's name in `lang`."""
        return self.name_en if lang == "en" else self.name_id


@dataclass(frozen=True, slots=True)
class Weights:
    """How the reasons are weighed this time."""

    of: Mapping[str, float] = field(default_factory=dict)  # reason -> factor; missing ones are 1
    explored: bool = False


@dataclass(frozen=True, slots=True)
class _Choice:
    candidate: Candidate
    product: Goods
    price: Price
    score: Score


def choose(
    connection: Connection,
    situation: Situation,
    at: datetime,
    content: OfferContent,
    rules: OfferRules,
    weights: Weights,
) -> Proposal | None:
    """Return the best offer that the rules allow at the moment `at`, or None."""
    known = gather(connection, situation, at, rules)
    if refusal(known.facts) is not None:
        return None
    promotions = running(connection, at, known.segments)
    candidates = Candidates(connection, known, content, promotions)
    for group in candidates.groups():
        best = _best(group, candidates, promotions, known, rules, weights)
        if best is not None:
            return _proposal(best, candidates, known, rules, weights)
    return None


def _best(
    group: list[Candidate],
    candidates: Candidates,
    promotions: list[Running],
    known: Known,
    rules: OfferRules,
    weights: Weights,
) -> _Choice | None:
    products = candidates.goods(one.sku for one in group)
    causes = candidates.goods(one.because for one in group)
    choices = []
    for one in group:
        product = products.get(one.sku)
        if product is None or product_refusal(product, known.facts) is not None:
            continue
        price = best_price(product, promotions)
        if price.promotion is None and one.reason in _PROMOTED:
            continue  # the total that the promotion asks for is not reached
        found = score(
            one, product, price, causes.get(one.because or ""), rules.ranking, weights.of,
            known.shown.get(one.sku, 0), known.facts.at,
        )  # fmt: skip
        choices.append(_Choice(one, product, price, found))
    return max(choices, key=lambda one: (one.score.total, one.product.sku), default=None)


def _proposal(
    best: _Choice, candidates: Candidates, known: Known, rules: OfferRules, weights: Weights
) -> Proposal:
    facts, product, price = known.facts, best.product, best.price
    return Proposal(
        sku=product.sku,
        name_id=product.name_id,
        name_en=product.name_en,
        price_idr=price.price_idr,
        was_idr=price.was_idr,
        promotion_id=price.promotion.id if price.promotion else None,
        reason=best.candidate.reason,
        customer_id=facts.customer_id,
        asked=facts.situation.asked,
        reason_data=_reason_data(best, candidates),
        withheld=not facts.situation.asked and _is_control(facts, rules),
        explored=weights.explored,
        channel=facts.situation.channel,
        segments=known.segments,
    )


def _reason_data(best: _Choice, candidates: Candidates) -> dict[str, Any]:
    data: dict[str, Any] = dict(best.candidate.counts)
    because, promotion = best.candidate.because, best.price.promotion
    if because is not None:
        cause = candidates.goods([because])[because]
        data["product"] = {"id": cause.name_id, "en": cause.name_en}
    if promotion is not None:
        title = {"id": promotion.title_id, "en": promotion.title_en}
        # These reasons are about the promotion; any other mentions it as well.
        data["title" if best.candidate.reason in _PROMOTED else "promotion"] = title
    return data


def _is_control(facts: Facts, rules: OfferRules) -> bool:
    return in_control_group(
        facts.customer_id or facts.situation.conversation_id, rules.control_percent
    )
