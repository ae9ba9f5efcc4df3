"""Hide who people are in what they wrote, before somebody reads it who need not know.

Rather too much than too little: what looks like a number of a person, an order or an account goes.
"""

import re
from collections.abc import Iterable

import phonenumbers

_EMAIL = re.compile(r"\S+@\S+\.\S+")
_NUMBER = re.compile(r"#?\b(?:[A-Za-z]{1,6}[-/.]?)*\d[\dA-Za-z]*(?:[-/. ]?\d[\dA-Za-z]*)*")
_MONEY = re.compile(
    r"\b(?:rp\.?|idr)\s?\d[\d.,]*\s?(?:rb|ribu|jt|juta|k)?\b|\b\d[\d.,]*\s?(?:rb|ribu|jt|juta)\b",
    re.IGNORECASE,
)
_DIGITS_THAT_NAME = 4  # "14 hari" and "3 bulan" stay
_STREET = re.compile(r"\b(?:jl\.?|jalan|gg\.?|gang|komplek|perumahan)\s+[^,;\n?!]+", re.IGNORECASE)
# How people give a name, their own or another's.
_INTRODUCED = re.compile(
    r"\b(?i:(?:nama(?:ku| saya| sy| gw| gue)?|atas nama|a\.?n\.?|(?:my )?name is|i am|i'm|this is"
    r"|saya|aku)(?: adalah| itu)?:?) ((?:[A-Z][\w'’]+ ?){1,4})"
)
_ADDRESSED = re.compile(
    r"\b(?i:bapak|pak|ibu|bu|mas|mbak|mba|kak|kakak|bang|mr|mrs|ms)\.? ((?:[A-Z][\w'’]+ ?){1,3})"
)
_SHORTEST_NAME = 3


def masked(text: str, names: Iterable[str] = ()) -> str:
    """Return `text` with people and their numbers replaced by what they are, in brackets.

    `names` are people known to take part, in full; their parts are hidden too, in any case.
    """
    text = _EMAIL.sub("[email]", text)
    for match in reversed(list(phonenumbers.PhoneNumberMatcher(text, "ID"))):
        text = f"{text[: match.start]}[phone]{text[match.end :]}"
    text = _STREET.sub("[address]", text)
    text = _without_numbers(text)
    for pattern in (_INTRODUCED, _ADDRESSED):
        text = pattern.sub(_without_name, text)
    parts = {part for name in names for part in re.findall(r"\w+", name)}
    known = sorted((part for part in parts if len(part) >= _SHORTEST_NAME), key=len, reverse=True)
    if known:
        either = "|".join(map(re.escape, known))
        text = re.sub(rf"\b(?:{either})(?: (?:{either}))*\b", "[name]", text, flags=re.IGNORECASE)
    return text


def _without_numbers(text: str) -> str:
    money = [match.span() for match in _MONEY.finditer(text)]

    def replace(found: re.Match[str]) -> str:
        digits = sum(letter.isdigit() for letter in found[0])
        is_price = any(start <= found.start() < end for start, end in money)
        return found[0] if is_price or digits < _DIGITS_THAT_NAME else "[number]"

    return _NUMBER.sub(replace, text)


def _without_name(found: re.Match[str]) -> str:
    before = found[0][: found.start(1) - found.start()]
    return f"{before}[name]{' ' if found[1].endswith(' ') else ''}"
