"""Rank what could be offered: what it brings, times the chance of a yes, times how fresh it is.

`value` is the margin at the price of the offer. `chance` begins with the rule file's and, where the
shop's own orders know better, is the lower end (Wilson) of the share that bought both; it is
weighed by what customers answered, if that is learned (learning.py). `fresh` halves with the time
since the purchase that led to it, and with each time that it was shown for nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from crm.offering.goods import Goods
from crm.offering.prices import Price
from crm.offering.rules import Ranking
from crm.recommending.fitting import wilson_lower

_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Candidate:
    """A product that could be offered; `because` is the SKU that led to it."""

    sku: str
    reason: str  # in content/offers.yml
    because: str | None = None
    since: datetime | None = None  # of the purchase that led to it, or of the need
    counts: Mapping[str, int] = field(default_factory=dict)  # that the reason names


@dataclass(frozen=True, slots=True)
class Score:
    """What speaks for a candidate."""

    value_idr: int
    chance: float
    fresh: float

    @property
    def total(self) -> float:
        """The rupiah to be expected, roughly: only the order of totals means something."""
        return self.value_idr * self.chance * self.fresh


def score(
    candidate: Candidate,
    product: Goods,
    price: Price,
    because: Goods | None,
    rules: Ranking,
    weights: Mapping[str, float],
    shown: int,
    at: datetime,
) -> Score:
    """Return what speaks for offering `product` at `price`; `shown`: so often for nothing."""
    chance = rules.chances[candidate.reason]
    counts = candidate.counts
    if counts.get("buyers"):
        chance = max(chance, wilson_lower(counts["together"], counts["buyers"]))
    elif candidate.reason == "complement" and because is not None:
        # Nobody adds shoes to a belt: what costs more than what it goes with is taken less often.
        chance *= min(1.0, because.price_idr / max(price.price_idr, 1))
    if price.was_idr:
        chance *= 1 + (price.was_idr - price.price_idr) / price.was_idr
    fresh = rules.shown_again**shown
    if candidate.since is not None:
        days = max((at - candidate.since).total_seconds() / _DAY_S, 0.0)
        fresh *= 0.5 ** (days / rules.half_life_days)
    value = _margin(product, price, rules.margin_share)
    return Score(value, min(chance * weights.get(candidate.reason, 1.0), 1.0), fresh)


def _margin(product: Goods, price: Price, share: float) -> int:
    """Return the margin, at least 1: what sells below its cost is offered only last."""
    cost = product.cost_idr
    if cost is None:
        cost = round(product.price_idr * (1 - share))
    return max(price.price_idr - cost, 1)
