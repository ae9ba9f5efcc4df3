"""Write out the abbreviations that a knowledge base itself explains.

An article that says "Nomor Induk Berusaha (NIB)" once makes "cara buat NIB" mean the long form
everywhere, which sentence vectors do not know. Only explained ones are taken: guessing from
initials alone finds nonsense.
Source: Schwartz and Hearst 2003, "A simple algorithm for identifying abbreviation definitions".
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

_EXPLAINED = re.compile(r"\(\s*([^\W_]{2,7})\s*\)")
_WORD = re.compile(r"[^\W_]+")
_MAX_CHARS = 10_000  # of one text; an explanation stands at its beginning


@dataclass(frozen=True, slots=True)
class Abbreviations:
    """Long forms by abbreviation, both in lower case."""

    meanings: dict[str, str]

    @classmethod
    def explained_in(cls, texts: Iterable[str]) -> Self:
        """Find "long form (LF)": the words just before whose initials are the abbreviation."""
        meanings: dict[str, str] = {}
        for text in texts:
            shown = text[:_MAX_CHARS].lower()
            for explained in _EXPLAINED.finditer(shown):
                short = explained[1]
                words = _WORD.findall(shown[: explained.start()])[-len(short) :]
                if "".join(word[0] for word in words) == short:
                    meanings.setdefault(short, " ".join(words))
        return cls(meanings)

    def written_out(self, text: str) -> str:
        """Return `text` with every abbreviation in its long form."""
        return _WORD.sub(lambda word: self.meanings.get(word[0].lower(), word[0]), text)
