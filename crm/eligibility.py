"""When an offer may be made, and of what: every rule in one of two tables."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crm.tables import Product

CAP = timedelta(days=7)  # one unasked offer per customer in this time
DECLINED = timedelta(days=90)  # a declined product is not offered again in this time
_CONTROL_PERCENT = 10


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
    mood: str = "neutral"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules look at."""

    situation: Situation
    at: datetime
    customer_id: str | None = None  # verified, or the owner of the order just shown
    consent: bool = False
    open_ticket: bool = False
    late_order: bool = False
    offered_recently: bool = False
    said_never: bool = False
    declined: frozenset[str] = frozenset()  # SKUs, within DECLINED
    bought: Mapping[str, datetime] = field(default_factory=dict)  # SKU -> last time


@dataclass(frozen=True, slots=True)
class Rule:
    """A reason to make no offer at all."""

    name: str
    forbids: Callable[[Facts], bool]
    also_when_asked: bool


# An answer to "any promotions?" is no push, so most rules hold only for unasked offers.
RULES = (
    Rule("complaint", lambda facts: facts.situation.complaint, also_when_asked=True),
    Rule("handoff", lambda facts: facts.situation.handoff, also_when_asked=True),
    Rule("mood sorry", lambda facts: facts.situation.mood == "sorry", also_when_asked=True),
    Rule("open ticket", lambda facts: facts.open_ticket, also_when_asked=False),
    Rule("late order", lambda facts: facts.late_order, also_when_asked=False),
    Rule(
        "no consent",
        lambda facts: facts.customer_id is not None and not facts.consent,
        also_when_asked=False,
    ),
    Rule("said never", lambda facts: facts.said_never, also_when_asked=False),
    Rule("offered in the last 7 days", lambda facts: facts.offered_recently, also_when_asked=False),
    Rule(
        "control group",
        lambda facts: in_control_group(facts.customer_id or facts.situation.conversation_id),
        also_when_asked=False,
    ),
)


@dataclass(frozen=True, slots=True)
class ProductRule:
    """A reason not to offer this product."""

    name: str
    forbids: Callable[[Product, Facts], bool]


def _has_it(product: Product, facts: Facts) -> bool:
    last = facts.bought.get(product.sku)
    if last is None:
        return False
    return product.refill_days is None or facts.at < last + timedelta(days=product.refill_days)


PRODUCT_RULES = (
    ProductRule("not sold any more", lambda product, _facts: not product.active),
    ProductRule("out of stock", lambda product, _facts: product.stock <= 0),
    ProductRule(
        "declined in the last 90 days", lambda product, facts: product.sku in facts.declined
    ),
    ProductRule("bought already", _has_it),
)


def refusal(facts: Facts) -> str | None:
    """Return the name of the first rule that forbids any offer now, or None."""
    for rule in RULES:
        if (rule.also_when_asked or not facts.situation.asked) and rule.forbids(facts):
            return rule.name
    return None


def product_refusal(product: Product, facts: Facts) -> str | None:
    """Return the name of the first rule that forbids this product, or None."""
    return next((rule.name for rule in PRODUCT_RULES if rule.forbids(product, facts)), None)


def in_control_group(key: str) -> bool:
    """Say whether this customer never gets unasked offers, so that uplift can be measured.

    The same for ever: it depends on nothing but `key`.
    """
    digest = hashlib.sha256(f"offers {key}".encode("utf-8", "ignore")).digest()
    return int.from_bytes(digest[:8], "big") % 100 < _CONTROL_PERCENT
