"""Write chat spelling the usual way ("gmn" as "bagaimana"), so that texts compare by meaning.

Only listed spellings are written out. To guess a word from its consonants finds more names than
words: KLM would be "klaim" and SPT "sepatu".
"""

import re
from functools import cache
from importlib import resources

import yaml

# Not a part of an address, a number or a file: "gw@toko.com", "TL-241101-0007", "www.toko.com".
_WORD = re.compile(
    r"(?<![\w@./=-])"
    r"(?:([^\W\d_]{3,})2(nya|an|in|kan)?|([^\W\d_]+(?:['’][^\W\d_]+)?))"  # "dtg2nya", "gmn"
    r"(?![\w@/=-]|\.\w)"
)
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")  # "halooo"; "tooo" and "too" become one, no harm done
_DOUBLED_END = re.compile(r"([^\W\d_])\1$")  # "kakk"
_DOUBLED = re.compile(r"(?<!\w)([^\W\d_]{3,})2(nya|an|in|kan)?(?!\w)")  # "dtg2": "datang-datang"
_BEGINS = re.compile(r"(?:^|[.!?\n])\W*$")
_UNITS = frozenset({"g", "km", "w", "y"})  # after a number: "10 km" is no "10 kamu"
_SIGNS = ".,!?;:…()\"'"
_NUMBER_BEFORE = re.compile(r"\d\s?$")


def plain(word: str) -> str:
    """Return one word in lower case and usual spelling, which may be several ("di mana")."""
    lower = _DOUBLED.sub(r"\1\2", _STRETCHED.sub(r"\1", word.lower().replace("’", "'")))
    return _usual(lower) or lower


def plain_words(text: str) -> str:
    """Return `text` with chat spellings written out.

    Addresses, numbers and names (a capital inside a sentence) stay as they are.
    """
    return _WORD.sub(_written_out, text)


def without_particles(text: str) -> str:
    """Return `text` without the words that only give it its tone: "sih", "dong", "please".

    A text of nothing else stays as it is.
    """
    told = [word for word in text.split() if word.strip(_SIGNS).lower() not in _particles()]
    return " ".join(told) or text


def _written_out(found: re.Match[str]) -> str:
    word = (found[1] or found[3]).replace("’", "'")
    ending = found[2] or ""
    before = found.string[max(0, found.start() - 20) : found.start()]
    if word.istitle() and not _BEGINS.search(before):
        return found[0]
    if word.lower() in _UNITS and _NUMBER_BEFORE.search(before):
        return found[0]
    short = _STRETCHED.sub(r"\1", word)
    return (_usual(short) or short) + ending


def _usual(word: str) -> str | None:
    lower = word.lower()
    return _spellings().get(lower) or _spellings().get(_DOUBLED_END.sub(r"\1", lower))


@cache
def _spellings() -> dict[str, str]:
    content = resources.files("language").joinpath("spellings.yml").read_text(encoding="utf-8")
    return {
        spelling: meant
        for meant, spellings in yaml.safe_load(content).items()
        for spelling in spellings.split()
    }


@cache
def _particles() -> frozenset[str]:
    content = resources.files("language").joinpath("particles.yml").read_text(encoding="utf-8")
    return frozenset(yaml.safe_load(content)["particles"].split())
