"""The numbers of offers, as content/offer_rules.yml states them."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from crm.rule_files import RuleFiles, RuleModel

FILE = "offer_rules.yml"
REASONS = (
    "upgrade",
    "upgrade_unknown",
    "complement",
    "together",
    "refill",
    "promotion",
    "deal",
    "best_seller",
)  # fmt: skip

Days = Annotated[int, Field(ge=1, le=3_650)]
Percent = Annotated[int, Field(ge=0, le=50)]
Chance = Annotated[float, Field(ge=0, le=1)]


class Caps(RuleModel):
    """How many unasked offers one customer gets."""

    offers: int = Field(ge=0, le=100)
    days: Days
    a_day: int = Field(ge=0, le=100)


class Dispute(RuleModel):
    """Which cases make an unpaid bill a disputed one."""

    ticket_categories: frozenset[str]
    days: Days


class Ranking(RuleModel):
    """What is offered first."""

    chances: dict[str, Chance]
    half_life_days: Days
    shown_again: float = Field(gt=0, le=1)
    margin_share: float = Field(gt=0, lt=1)

    @model_validator(mode="after")
    def _every_reason_has_a_chance(self) -> Self:
        if set(self.chances) != set(REASONS):
            raise ValueError(f"chances names exactly {', '.join(REASONS)}")
        return self


class Learning(RuleModel):
    """How the reasons are weighed by what customers answered."""

    explore_percent: int = Field(ge=1, le=50)  # a floor: without it a reason may never be tried
    window_days: Days
    prior_offers: int = Field(ge=1, le=10_000)


class OfferRules(RuleModel):
    """The whole file."""

    caps: Caps
    not_now_days: Days
    declined_days: Days
    dispute: Dispute
    control_percent: Percent
    bought_within_days: Days
    ranking: Ranking
    learning: Learning


def load_offer_rules(files: RuleFiles | None = None) -> OfferRules:
    """Read the file. Raises BadRules."""
    return (files or RuleFiles()).load(FILE, OfferRules)
