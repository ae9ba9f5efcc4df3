"""When an offer may be made, and of what: every rule in one of two tables."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

BAD_MOODS = frozenset({"sorry", "angry", "sad"})


@dataclass(frozen=True, slots=True)
class Situation:
    """Where the conversation stands when an offer is thought of."""

    conversation_id: str
    lang: str = "id"
    customer_id: str | None = None  # verified
    asked: bool = False  # the customer asked for offers
    text: str = ""  # their words
    category: str | None = None  # of products, if one is at hand
    article: str | None = None  # just answered
    order_number: str | None = None  # just shown, so its owner is proven
    complaint: bool = False
    handoff: bool = False  # waiting for or with a person
    mood: str = "neutral"  # the customer's, or of what was said to them
    channel: str | None = None  # where the offer would be shown


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules look at."""

    situation: Situation
    at: datetime
    customer_id: str | None = None  # verified, or the owner of the order just shown
    consent: bool = False
    stopped: bool = False  # by the shop, in the console
    open_ticket: bool = False
    late_order: bool = False
    disputed_bill: bool = False  # unpaid, and there is a case about it
    capped: bool = False  # has had as many unasked offers as the rules allow in some days
    capped_today: bool = False  # … in one day
    said_not_now: bool = False  # lately, to any offer
    said_never: bool = False
    declined: frozenset[str] = frozenset()  # SKUs, lately
    bought: Mapping[str, datetime] = field(default_factory=dict)  # SKU -> last time


@dataclass(frozen=True, slots=True)
class Rule:
    """A reason to make no offer at all."""

    name: str
    forbids: Callable[[Facts], bool]
    also_when_asked: bool


# An answer to "any promotions?" is no push, so some rules hold only for unasked offers.
RULES = (
    Rule("stopped by the shop", lambda facts: facts.stopped, also_when_asked=True),
    Rule("complaint", lambda facts: facts.situation.complaint, also_when_asked=True),
    Rule("handoff", lambda facts: facts.situation.handoff, also_when_asked=True),
    Rule("bad mood", lambda facts: facts.situation.mood in BAD_MOODS, also_when_asked=True),
    Rule("unpaid dispute", lambda facts: facts.disputed_bill, also_when_asked=True),
    Rule("open ticket", lambda facts: facts.open_ticket, also_when_asked=False),
    Rule("late order", lambda facts: facts.late_order, also_when_asked=False),
    Rule(
        "no consent",
        lambda facts: facts.customer_id is not None and not facts.consent,
        also_when_asked=False,
    ),
    Rule("said never", lambda facts: facts.said_never, also_when_asked=False),
    Rule("said not now", lambda facts: facts.said_not_now, also_when_asked=False),
    Rule("enough offers lately", lambda facts: facts.capped, also_when_asked=False),
    Rule("enough offers today", lambda facts: facts.capped_today, also_when_asked=False),
)


class Sellable(Protocol):
    """What the rules look at of a product."""

    @property
    def sku(self) -> str:
        """Its code."""

    @property
    def active(self) -> bool:
        """Whether it is still sold."""

    @property
    def stock(self) -> int:
        """How many there are."""

    @property
    def refill_days(self) -> int | None:
        """After how many days it is needed again."""


@dataclass(frozen=True, slots=True)
class ProductRule:
    """A reason not to offer this product."""

    name: str
    forbids: Callable[[Sellable, Facts], bool]


def _has_it(product: Sellable, facts: Facts) -> bool:
    last = facts.bought.get(product.sku)
    if last is None:
        return False
    return product.refill_days is None or facts.at < last + timedelta(days=product.refill_days)


PRODUCT_RULES = (
    ProductRule("not sold any more", lambda product, _facts: not product.active),
    ProductRule("out of stock", lambda product, _facts: product.stock <= 0),
    ProductRule("declined lately", lambda product, facts: product.sku in facts.declined),
    ProductRule("bought already", _has_it),
)


def refusal(facts: Facts) -> str | None:
    """Return the name of the first rule that forbids any offer now, or None."""
    for rule in RULES:
        if (rule.also_when_asked or not facts.situation.asked) and rule.forbids(facts):
            return rule.name
    return None


def product_refusal(product: Sellable, facts: Facts) -> str | None:
    """Return the name of the first rule that forbids this product, or None."""
    return next((rule.name for rule in PRODUCT_RULES if rule.forbids(product, facts)), None)


def in_control_group(key: str, percent: int = 10) -> bool:
    """Say whether this customer never gets unasked offers, so that uplift can be measured.

    The same for ever: it depends on nothing but `key`, and a higher `percent` only adds customers.
    """
    digest = hashlib.sha256(f"offers {key}".encode("utf-8", "ignore")).digest()
    return int.from_bytes(digest[:8], "big") % 100 < percent
