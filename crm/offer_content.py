"""The words about offers: reasons to show, troubles that a better plan ends, words for wishes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from language.phrases import Phrases

_FOLDER = Path(__file__).parent / "content"


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

    def __init__(self, offers: Mapping[str, Any], upgrades: list[dict[str, Any]]) -> None:
        """Take the parsed files."""
        self._reasons = offers["reasons"]
        self._with_promotion = offers["with_promotion"]
        self._deal_words = Phrases({"deal": offers["deal_words"]})
        self._categories = Phrases(offers["category_words"])
        self.troubles = [
            Trouble(
                entry["problem"],
                frozenset(entry["articles"]),
                frozenset(entry["ticket_categories"]),
                Phrases({entry["problem"]: entry["words"]}),
                tuple(entry["plans"]),
                entry["unknown"],
            )
            for entry in upgrades
        ]

    @classmethod
    def load(cls, folder: Path = _FOLDER) -> "OfferContent":
        """Read the content files."""
        offers, upgrades = (
            yaml.safe_load((folder / name).read_text(encoding="utf-8"))
            for name in ("offers.yml", "upgrades.yml")
        )
        return cls(offers, upgrades)

    def reason(self, reason: str, data: Mapping[str, Any], lang: str) -> str:
        """Say in `lang` why something is offered."""
        slots = {
            name: value[lang] if isinstance(value, dict) else value for name, value in data.items()
        }
        text = str(self._reasons[reason][lang].format(**slots))
        if "promotion" in slots:
            return str(self._with_promotion[lang].format(reason=text, title=slots["promotion"]))
        return text

    def wants_deal(self, text: str) -> bool:
        """Say whether the words ask for something cheaper."""
        return self._deal_words.found(text) is not None

    def category(self, text: str) -> str | None:
        """Return the product category that the words name most, or None."""
        return self._categories.strongest(text)

    def trouble(self, article: str | None, category: str | None, text: str) -> Trouble | None:
        """Return the trouble that is at hand, or None."""
        for trouble in self.troubles:
            named = article in trouble.articles or category in trouble.categories
            if named or trouble.words.found(text):
                return trouble
        return None
