"""Take a choice that is typed for a tapped one: its words, its place, or how an answer helped.

Channels without buttons list choices as text, and people answer "1" or "yang pertama" anywhere.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

import yaml

from bot.actions.conversations import Said
from bot.cues import Cues
from language import plain_words

_ORDINALS = Path(__file__).parent / "content" / "ordinals.yml"
LONGEST = 60  # characters of a message that may be a choice
_SHORT = 5  # words of a rating
_FEWEST = 2  # choices among which a place means something
_WAY_OUT = "stop"
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class TypedChoices:
    """Finds the choice that a text stands for."""

    ratings: Cues

    @classmethod
    def load(cls) -> Self:
        """Read the content that it needs."""
        return cls(Cues.load("ratings"))

    def found(self, text: str, said: Sequence[Said]) -> str | None:
        """Return the id of the choice of the bot's last turn that `text` means, if any."""
        last = next((one for one in reversed(said) if one.choices), None)
        if last is None or not text.strip() or len(text) > LONGEST:
            return None
        written = _plain(text)
        named = (
            choice
            for one in reversed(said)
            for choice, label in zip(one.choices, one.labels, strict=True)
            if written and _plain(label) == written
        )
        return (
            next(named, None)
            or _placed(text, last)
            or _titled(written, last)
            or (self._rated(text, said))
        )

    def _rated(self, text: str, said: Sequence[Said]) -> str | None:
        asked = any("helpful:yes" in one.choices for one in said)
        rating = self.ratings.found(text) if len(text.split()) <= _SHORT else None
        return f"helpful:{rating}" if asked and rating else None


def _placed(text: str, last: Said) -> str | None:
    """Return the choice at the place that `text` names; the way out of a form is no place."""
    if sum(choice != _WAY_OUT for choice in last.choices) < _FEWEST:
        return None
    fillers, places = _ordinals()
    words = [word for word in _WORD.findall(plain_words(text).lower()) if word not in fillers]
    place = places.get(words[0]) if len(words) == 1 else None
    return last.choices[place - 1] if place and place <= len(last.choices) else None


def _titled(written: frozenset[str], last: Said) -> str | None:
    """Return the one article title, of those to choose from, in which all these words stand."""
    if last.kind != "clarify" or not written:
        return None
    fitting = [
        choice
        for choice, label in zip(last.choices, last.labels, strict=True)
        if written <= _plain(label)
    ]
    return fitting[0] if len(fitting) == 1 else None


def _plain(text: str) -> frozenset[str]:
    """Return the words of `text` in usual spelling, without those that say nothing."""
    fillers, _ = _ordinals()
    return frozenset(_WORD.findall(plain_words(text).lower())) - fillers


@cache
def _ordinals() -> tuple[frozenset[str], dict[str, int]]:
    content: dict[str, Any] = yaml.safe_load(_ORDINALS.read_text(encoding="utf-8"))
    places = {name: place for place, names in content["places"].items() for name in names}
    return frozenset(content["fillers"]), places
