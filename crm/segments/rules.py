"""The rules of segments, as content/segments.yml states them."""

from string import Formatter
from typing import Annotated, Self

from pydantic import Field, model_validator

from crm.rule_files import RuleFiles, RuleModel, Text

FILE = "segments.yml"
_HIGHEST = 5  # of a score; the lowest is 1

Days = Annotated[int, Field(ge=1, le=36_500)]
Share = Annotated[float, Field(gt=0, lt=1)]
Score = Annotated[int, Field(ge=1, le=_HIGHEST)]
Money = Annotated[int, Field(ge=0, le=10**12)]


class Activity(RuleModel):
    """When a customer counts as what, by the days since the last order."""

    active_days: Days
    passive_days: Days
    bad_debtor_days: Days
    bad_debtor_bills: int = Field(ge=1)

    @model_validator(mode="after")
    def _passive_is_later(self) -> Self:
        if self.passive_days <= self.active_days:
            raise ValueError("passive_days must be more than active_days")
        return self


class Size(RuleModel):
    """Shares of the customers who bought, by revenue."""

    big_share: Share
    micro_share: Share

    @model_validator(mode="after")
    def _leave_some(self) -> Self:
        if self.big_share + self.micro_share >= 1:
            raise ValueError("big_share and micro_share leave no regular customers")
        return self


class ValueShares(RuleModel):
    """Shares of the customers who bought, by what they are worth."""

    high_share: Share
    low_share: Share

    @model_validator(mode="after")
    def _leave_some(self) -> Self:
        if self.high_share + self.low_share >= 1:
            raise ValueError("high_share and low_share leave no medium customers")
        return self


class Costs(RuleModel):
    """What one contact costs, in rupiah."""

    bot_day: Money  # a day on which the customer wrote and the bot answered
    person: Money  # a conversation that a CSR took
    ticket: Money
    call_back: Money
    returned_order: Money


class Region(RuleModel):
    """Some cities."""

    name: Text
    cities: tuple[str, ...] = Field(min_length=1)


class RfmRule(RuleModel):
    """A name for some scores, both ends included."""

    segment: str
    recency: tuple[Score, Score]
    worth: tuple[Score, Score]
    name: Text

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for low, high in (self.recency, self.worth):
            if low > high:
                raise ValueError(f"[{low}, {high}] begins above its end")
        return self

    def holds(self, recency: int, worth: int) -> bool:
        """Whether these scores fall under it."""
        low, high = self.recency
        least, most = self.worth
        return low <= recency <= high and least <= worth <= most


class Needs(RuleModel):
    """When a customer will need something, and how early it is told."""

    warranty_days: dict[str, Days]
    warranty_notice_days: Days
    refill_notice_days: Days
    refill_grace_days: Days
    bill_notice_days: Days


class Names(RuleModel):
    """How the groups are called."""

    activity: dict[str, Text]
    size: dict[str, Text]
    value: dict[str, Text]
    trend: dict[str, Text]
    other: Text

    @model_validator(mode="after")
    def _all_there(self) -> Self:
        for field, wanted in _NAMED.items():
            if set(getattr(self, field)) != set(wanted):
                raise ValueError(f"{field} names exactly {', '.join(wanted)}")
        return self


_NAMED = {
    "activity": ("new", "active", "passive", "lapsed", "bad_debtor"),
    "size": ("big", "regular", "micro"),
    "value": ("high", "medium", "low", "new"),
    "trend": ("rising", "steady", "falling"),
}
_NEEDS = ("warranty", "refill", "bill", "bill_overdue")
_SLOTS = {
    "activity": {"days", "limit", "bills"},
    "size": {"revenue", "days", "name"},
    "line": {"name"},
    "value": {"profit", "margin", "service", "contacts", "trend"},
    "rfm": {"orders", "spent", "days", "name"},
    "future": {"expected", "horizon", "churn"},
    "future_once": {"horizon", "silent"},
    "need": {"about", "day"},
}


class Why(RuleModel):
    """Reasons for people at the desk."""

    activity: dict[str, Text]
    size: Text
    line: Text
    value: Text
    rfm: Text
    future: Text
    future_once: Text
    need: dict[str, Text]

    @model_validator(mode="after")
    def _say_what_is_known(self) -> Self:
        if set(self.activity) != set(_NAMED["activity"]) or set(self.need) != set(_NEEDS):
            raise ValueError(
                f"activity names {', '.join(_NAMED['activity'])}, need {', '.join(_NEEDS)}"
            )
        for field, slots in _SLOTS.items():
            found = getattr(self, field)
            for text in found.values() if isinstance(found, dict) else (found,):
                for said in (text.id, text.en):
                    _check_slots(field, said, slots)
        return self


def _check_slots(field: str, said: str, slots: set[str]) -> None:
    unknown = {name for _, name, _, _ in Formatter().parse(said) if name is not None} - slots
    if unknown:
        raise ValueError(f"{field}: there is no {{{', '.join(sorted(unknown))}}} to fill in")


class SegmentRules(RuleModel):
    """The whole file."""

    history_days: Days
    trend_days: Days
    horizon_days: Days
    activity: Activity
    size: Size
    value: ValueShares
    margin_share: Share
    costs_idr: Costs
    regions: dict[str, Region]
    lines: dict[str, Text]
    rfm: tuple[RfmRule, ...]
    needs: Needs
    names: Names
    why: Why

    @model_validator(mode="after")
    def _every_score_has_a_name(self) -> Self:
        for recency in range(1, _HIGHEST + 1):
            for worth in range(1, _HIGHEST + 1):
                if not any(rule.holds(recency, worth) for rule in self.rfm):
                    raise ValueError(f"rfm: no segment for recency {recency} and worth {worth}")
        return self

    @model_validator(mode="after")
    def _a_city_is_in_one_region(self) -> Self:
        seen: dict[str, str] = {}
        for name, region in self.regions.items():
            for city in region.cities:
                if seen.setdefault(city.casefold(), name) != name:
                    raise ValueError(f"regions: {city} is in {seen[city.casefold()]} and {name}")
        return self

    def region(self, city: str | None) -> str | None:
        """Return the region of a city, None if it is in none."""
        wanted = (city or "").strip().casefold()
        for name, region in self.regions.items():
            if any(wanted == one.casefold() for one in region.cities):
                return name
        return None

    def rfm_segment(self, recency: int, worth: int) -> str:
        """Return the segment of these scores, each 1 to 5."""
        return next(rule.segment for rule in self.rfm if rule.holds(recency, worth))


def load_segment_rules(files: RuleFiles | None = None) -> SegmentRules:
    """Read the file. Raises BadRules."""
    return (files or RuleFiles()).load(FILE, SegmentRules)
