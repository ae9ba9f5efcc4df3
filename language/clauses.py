"""Take a message apart where another request may begin, and tell which parts ask something."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

import yaml

from language.spelling import plain, plain_words

# The end of a sentence, the number of a list, or a comma. "no." and the like end no sentence.
_BORDER = re.compile(
    r"(?<!\bno)(?<!\bjl)(?<!\brp)[.!?;…]+(?=\s|$)|\n+|(?:(?<=\s)|^)\d{1,2}[.)](?=\s)|,(?=\s)|(?<=\s)&(?=\s)",
    re.IGNORECASE,
)
_ITEM = re.compile(r"\d{1,2}[.)]\s")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_SHORTEST = 2  # characters of a clause that says something
_MOST = 8  # clauses of one message; the rest of a flood belongs to the last one


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a message, from `start` to before `end`; `sentence` if a new sentence begins."""

    text: str
    start: int
    end: int
    sentence: bool
    listed: bool = False  # as an item of a numbered list


def clauses(text: str) -> list[Clause]:
    """Return the parts of `text` in order; one alone if there is no border in it."""
    found: list[Clause] = []
    for start, end, sentence in _stretches(text):
        words = _without_join(text[start:end].strip(" &\n"))
        if len(words) < _SHORTEST or not _words(words) - _listed("joins"):
            continue
        at = text.index(words, start)
        if len(found) == _MOST:
            last = found.pop()
            found.append(Clause(text[last.start : end].strip(), last.start, end, last.sentence))
        else:
            first = sentence or not found
            found.append(Clause(words, at, at + len(words), first, bool(_ITEM.match(words))))
    return found if sum(one.listed for one in found) > 1 else [_unlisted(one) for one in found]


def asks(text: str, mark: str = "?") -> bool:
    """Whether `text` is a question or a wish, as far as its words or this `mark` tell."""
    return (bool(mark) and mark in text) or bool(_words(text) & _listed("asks"))


def leads_on(text: str) -> bool:
    """Whether `text` begins or ends as what follows an earlier question does.

    "kalau …", "and for …", "… juga?", "… too?"
    """
    said = [plain(found) for found in _WORD.findall(plain_words(text).lower())]
    return bool(said) and (said[0] in _listed("follows") or said[-1] in _listed("closes"))


def refers_back(text: str) -> bool:
    """Whether `text` names what it is about only as something said before: "can it be …"."""
    return bool(_words(text) & _listed("refers"))


def telling_words(text: str) -> set[str]:
    """Return the words of `text` that say by themselves what it is about."""
    empty = _listed("empty")
    return {word for word in _words(text) - empty if word.removesuffix("nya") not in empty}


def _without_join(words: str) -> str:
    """Return a clause without the words that only join it to the one before."""
    first = _WORD.match(words)
    while first and plain(first[0]) in _listed("joins"):
        words = words[first.end() :].lstrip(" ,")
        first = _WORD.match(words)
    return words


def _unlisted(clause: Clause) -> Clause:
    return replace(clause, listed=False)


def _stretches(text: str) -> Iterator[tuple[int, int, bool]]:
    """Yield start and end between borders, and whether a sentence begins there."""
    start, sentence = 0, True
    for border, ends_sentence in _borders(text):
        yield start, border, sentence
        start, sentence = border, ends_sentence
    yield start, len(text), sentence


def _borders(text: str) -> list[tuple[int, bool]]:
    """Return where a clause may begin: the place, and whether a sentence begins there."""
    borders: dict[int, bool] = {}
    for mark in _BORDER.finditer(text):
        listed = mark[0][0].isdigit()
        # A question keeps its mark; a list's number belongs to what follows it.
        borders[mark.start() if listed else mark.end()] = mark[0] not in (",", "&")
    for word in _WORD.finditer(text):
        if plain(word[0]) in _listed("joins"):
            borders.setdefault(word.start(), False)
    borders.pop(0, None)
    return sorted(borders.items())


def _words(text: str) -> set[str]:
    return {word for found in _WORD.findall(text) for word in plain(found).split()}


@cache
def _listed(name: str) -> frozenset[str]:
    content = resources.files("language").joinpath("clauses.yml").read_text(encoding="utf-8")
    return frozenset(yaml.safe_load(content)[name].split())
