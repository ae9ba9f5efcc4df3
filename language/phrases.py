"""Find content's phrases in what people write, whatever their case and their ending.

Only the app imports this: spaCy takes 45 MB, which Rasa's process has not to spare. It is loaded
with the first message that is read, or by `load`, so that an app can store messages before.
"""

import re
import threading
from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.matcher import PhraseMatcher
    from spacy.tokenizer import Tokenizer
    from spacy.tokens import Doc, Span

_loading = threading.Lock()
_SIGN = r"[^\w\s]"
_ENDING = r"(?<=\w\w)(?:nya|ku|mu|lah|kah|an|s)"  # Indonesian suffixes, English plural


class Phrases:
    """Phrases by what they mean, in both languages: people mix them in one sentence."""

    def __init__(self, by_meaning: Mapping[str, Mapping[str, Iterable[str]]]) -> None:
        """Take {meaning: {"id": [...], "en": [...]}}, as content files give them."""
        self._meanings = tuple(by_meaning)
        self._listed = by_meaning

    def weigh(self, text: str) -> dict[str, int]:
        """Return how strongly each meaning stands in `text`, 0 if not at all.

        A phrase says more than a word, and a word of both languages more than a word of one.
        """
        written = self._words(_plain(text))
        weights = dict.fromkeys(self._meanings, 0)
        for listed, phrase in {(one.label_, one.text.lower()) for one in self._spans(written)}:
            weights[listed.partition(":")[2]] += len(phrase.split())
        return weights

    def found(self, text: str) -> str | None:
        """Return the first meaning, in the order given, that `text` has a phrase for."""
        return next((meaning for meaning, weight in self.weigh(text).items() if weight), None)

    def strongest(self, text: str) -> str | None:
        """Return the meaning that weighs most, the first of equal ones; None if there is none."""
        weights = self.weigh(text)
        best = max(weights, key=lambda meaning: weights[meaning])
        return best if weights[best] else None

    def rest(self, text: str) -> list[str]:
        """Return the words of `text` that belong to no phrase, signs and endings left out."""
        written = self._words(_plain(text))
        taken = {token.i for span in self._spans(written) for token in span}
        starts = [token for token in written if token.i == 0 or written[token.i - 1].whitespace_]
        return [one.text for one in starts if one.i not in taken and one.text.isalnum()]

    def before(self, text: str, meaning: str) -> list[list[str]]:
        """Return for each phrase of `meaning` in `text` the words before it in its clause."""
        written = self._words(_plain(text))
        found = [span for span in self._spans(written) if span.label_.endswith(f":{meaning}")]
        return [_clause_before(written, span.start) for span in found]

    @cached_property
    def _words(self) -> "Tokenizer":
        return load()

    @cached_property
    def _matcher(self) -> "PhraseMatcher":
        from spacy.matcher import PhraseMatcher  # noqa: PLC0415 - see the module's first lines

        matcher = PhraseMatcher(self._words.vocab, attr="LOWER")
        for meaning, by_language in self._listed.items():
            for lang, phrases in by_language.items():
                documents = [self._words(_plain(phrase)) for phrase in phrases]
                matcher.add(f"{lang}:{meaning}", documents)
        return matcher

    def _spans(self, written: "Doc") -> "list[Span]":
        spans: list[Span] = self._matcher(written, as_spans=True)
        return spans


def _clause_before(written: "Doc", start: int) -> list[str]:
    words: list[str] = []
    for token in reversed(written[:start]):
        if re.fullmatch(_SIGN, token.text) and token.text != "'":
            break
        if token.text != "'":
            words.insert(0, token.text.lower())
    return words


def _plain(text: str) -> str:
    return " ".join(text.replace("\u2019", "'").split())


def load() -> "Tokenizer":
    """Load spaCy, which takes seconds of CPU, and give what all phrases are cut into words by."""
    with _loading:  # two tokenizers would not know each other's words
        return _tokenizer()


@cache
def _tokenizer() -> "Tokenizer":
    import spacy  # noqa: PLC0415 - see the module's first lines
    from spacy.tokenizer import Tokenizer  # noqa: PLC0415

    # An ending is a word of its own, in phrases as in messages, so that "meledak" is found in
    # "meledaknya" and only there where a word begins.
    return Tokenizer(
        spacy.blank("xx").vocab,  # "id" would take 59 MB more for exceptions to rules of its own
        prefix_search=re.compile(_SIGN).match,
        suffix_search=re.compile(f"(?:{_SIGN}|{_ENDING})$", re.IGNORECASE).search,
        infix_finditer=re.compile(f"{_ENDING}(?={_SIGN})|{_SIGN}", re.IGNORECASE).finditer,
    )
