"""What the words of a text have in common: "operator" and "somebody" are both a person."""

from functools import cache
from itertools import combinations
from pathlib import Path

import yaml

_ENDINGS = ("nya", "ku", "mu", "lah", "kah")
_SHORTEST_STEM = 2


def concepts(words: list[str]) -> list[str]:
    """Return the concepts of `words` in usual spelling, and each pair of different ones."""
    known = _concepts()
    found = sorted({known[form] for word in words for form in _forms(word) if form in known})
    return [*found, *(f"{first}+{second}" for first, second in combinations(found, 2))]


def _forms(word: str) -> list[str]:
    """Return the word, and what is left without an ending."""
    stems = [word.removesuffix(end) for end in _ENDINGS if word.endswith(end)]
    return [word, *(stem for stem in stems if len(stem) >= _SHORTEST_STEM)]


@cache
def _concepts() -> dict[str, str]:
    content = yaml.safe_load(Path(__file__).with_name("concepts.yml").read_text(encoding="utf-8"))
    return {word: concept for concept, words in content.items() for word in words.split()}
