"""Words that decide something by themselves, whatever the classifier thinks of the sentence."""

from functools import cache
from pathlib import Path
from typing import Self

import yaml

from language import plain_words
from language.phrases import Phrases

_FOLDER = Path(__file__).parent / "content"
_REACH = 3  # words before a phrase, among which a denial denies it


class Cues(Phrases):
    """One file of bot/content: what a message means if one of these phrases stands in it."""

    @classmethod
    def load(cls, name: str, folder: Path = _FOLDER) -> Self:
        """Read the file `name`.yml."""
        return cls(yaml.safe_load((folder / f"{name}.yml").read_text(encoding="utf-8")))

    def stands(self, text: str, meaning: str) -> bool:
        """Whether a phrase of `meaning` stands in `text` without a denial right before it."""
        return any(not denied for denied in self._denied(text, meaning))

    def is_denied(self, text: str, meaning: str) -> bool:
        """Whether `text` has phrases of `meaning`, each right behind a denial."""
        denied = self._denied(text, meaning)
        return bool(denied) and all(denied)

    def _denied(self, text: str, meaning: str) -> list[bool]:
        words = [before[-_REACH:] for before in self.before(text, meaning)]
        return [bool(set(before) & _denials()) for before in words]


def is_denied(value: str, text: str) -> bool:
    """Whether the word right before `value` in `text` denies it: "bukan 4321, tapi 4312"."""
    before = plain_words(text.partition(value)[0].lower()).split()
    return bool(before) and before[-1] in _denials()


@cache
def _denials() -> frozenset[str]:
    """Return the words that deny what follows them, "denials.yml"."""
    content = yaml.safe_load((_FOLDER / "denials.yml").read_text(encoding="utf-8"))
    return frozenset(word for words in content.values() for word in words)
