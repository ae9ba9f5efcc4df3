"""The words about offers: reasons to show, troubles that a better plan ends, words for wishes."""

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any, Self

from pydantic import ConfigDict, Field, RootModel, model_validator

from crm.offering.rules import REASONS
from crm.rule_files import RuleFiles, RuleModel, Text
from language.phrases import Phrases

_SLOTS = {
    "complement": {"product"},
    "together": {"product", "together", "buyers"},
    "upgrade": {"product"},
    "promotion": {"title"},
}


class Phrasing(RuleModel):
    """Phrases that customers use, by language."""

    id: tuple[str, ...]
    en: tuple[str, ...]


class OfferWords(RuleModel):
    """The file offers.yml."""

    reasons: dict[str, Text]
    with_promotion: Text
    deal_words: Phrasing
    category_words: dict[str, Phrasing]

    @model_validator(mode="after")
    def _reasons_say_what_is_known(self) -> Self:
        if set(self.reasons) != set(REASONS):
            raise ValueError(f"reasons names exactly {', '.join(REASONS)}")
        texts = {**self.reasons, "with_promotion": self.with_promotion}
        for reason, text in texts.items():
            known = {"reason", "title"} if reason == "with_promotion" else _SLOTS.get(reason, set())
            for said in (text.id, text.en):
                used = {slot for _, slot, _, _ in Formatter().parse(said) if slot is not None}
                if used != known:
                    raise ValueError(f"{reason}: fills in {sorted(known)}, not {sorted(used)}")
        return self


class UpgradeRule(RuleModel):
    """A problem that the next better plan would end."""

    problem: str
    articles: frozenset[str]
    ticket_categories: frozenset[str]
    words: Phrasing
    plans: tuple[str, ...] = Field(min_length=1)
    unknown: str

    @model_validator(mode="after")
    def _plans_differ(self) -> Self:
        if len(set(self.plans)) < len(self.plans):
            raise ValueError("plans names one twice")
        return self


class UpgradeRules(RootModel[tuple[UpgradeRule, ...]]):
    """The file upgrades.yml."""

    model_config = ConfigDict(frozen=True)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A problem that the next better plan would end."""

    problem: str
    articles: frozenset[str]
    categories: frozenset[str]  # of tickets
    words: Phrases
    plans: tuple[str, ...]  # SKUs, slowest first
    unknown: str  # SKU to offer to somebody without a plan


class OfferContent:
    """The files offers.yml and upgrades.yml."""

    def __init__(self, offers: OfferWords, upgrades: UpgradeRules) -> None:
        """Take the parsed files."""
        self._offers = offers
        self._deal_words = Phrases({"deal": offers.deal_words.model_dump()})
        self._categories = Phrases(
            {name: words.model_dump() for name, words in offers.category_words.items()}
        )
        self.troubles = [
            Trouble(
                rule.problem,
                rule.articles,
                rule.ticket_categories,
                Phrases({rule.problem: rule.words.model_dump()}),
                rule.plans,
                rule.unknown,
            )
            for rule in upgrades.root
        ]

    @classmethod
    def load(cls, files: RuleFiles | None = None) -> "OfferContent":
        """Read the content files. Raises BadRules."""
        files = files or RuleFiles()
        return cls(files.load("offers.yml", OfferWords), files.load("upgrades.yml", UpgradeRules))

    def reason(self, reason: str, data: Mapping[str, Any], lang: str) -> str:
        """Say in `lang` why something is offered."""
        slots = {
            name: value[lang] if isinstance(value, dict) else value for name, value in data.items()
        }
        text = self._offers.reasons[reason].say(lang, **slots)
        if "promotion" in slots:
            return self._offers.with_promotion.say(lang, reason=text, title=slots["promotion"])
        return text

    def wants_deal(self, text: str) -> bool:
        """Say whether the words ask for something cheaper."""
        return bool(text) and self._deal_words.found(text) is not None

    def category(self, text: str) -> str | None:
        """Return the product category that the words name most, or None."""
        return self._categories.strongest(text) if text else None

    def trouble(self, article: str | None, category: str | None, text: str) -> Trouble | None:
        """Return the trouble that is at hand, or None."""
        for trouble in self.troubles:
            named = article in trouble.articles or category in trouble.categories
            if named or (text and trouble.words.found(text)):
                return trouble
        return None
