"""What kinds of tickets there are, how urgent each is, and which words give them away."""

from pathlib import Path
from typing import Any

import yaml

from language.phrases import Phrases

_FILE = Path(__file__).parent / "content" / "tickets.yml"
OTHER = "other"


class UnknownCategory(LookupError):
    """The content file has no such category."""


class TicketKinds:
    """The content file crm/content/tickets.yml."""

    def __init__(self, content: dict[str, Any]) -> None:
        """Take the parsed file."""
        self.categories: list[str] = list(content["categories"])
        self._content = content
        self._words = Phrases(
            {category: content["categories"][category]["words"] for category in self.categories}
        )
        self._urgent = Phrases({"urgent": content["urgent_words"]})

    @classmethod
    def load(cls, path: Path = _FILE) -> "TicketKinds":
        """Read the content file."""
        return cls(yaml.safe_load(path.read_text(encoding="utf-8")))

    def guess(self, text: str) -> str:
        """Return the category that the customer's words fit best, `other` if none.

        Words of both languages count whatever the conversation's. At a tie the category higher
        up in the file wins.
        """
        return self._words.strongest(text) or OTHER

    def priority(self, category: str, description: str) -> str:
        """Return how urgent a case is. Raises UnknownCategory."""
        if category not in self._content["categories"]:
            raise UnknownCategory(category)
        if self._urgent.found(description):
            return "urgent"
        return str(self._content["categories"][category]["priority"])

    def first_response_hours(self, priority: str) -> float:
        """Return after how many service hours somebody answers."""
        return float(self._content["priorities"][priority]["first_response_hours"])

    def solution_hours(self, priority: str) -> float:
        """Return after how many service hours a case is solved."""
        return float(self._content["priorities"][priority]["solution_hours"])

    @property
    def priorities(self) -> list[str]:
        """All priorities, the most urgent first."""
        return list(self._content["priorities"])

    def name(self, category: str, lang: str) -> str:
        """Return the category's name in `lang`. Raises UnknownCategory."""
        if category not in self._content["categories"]:
            raise UnknownCategory(category)
        return str(self._content["categories"][category]["name"][lang])

    def priority_name(self, priority: str, lang: str) -> str:
        """Return the priority's name in `lang`."""
        return str(self._content["priorities"][priority]["name"][lang])

    def status_name(self, status: str, lang: str) -> str:
        """Return the status's name in `lang`."""
        return str(self._content["statuses"][status][lang])
