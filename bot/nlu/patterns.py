"""Find order and ticket numbers, phones and e-mails as people type them, and write them one way."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

_GAP = r"[\s\-–—_./]*"
_DIGIT = r"[0-9oOlI]"  # after TL, people type the letters O and l for digits
_ORDER = re.compile(
    rf"\bTL{_GAP}((?:{_DIGIT}{_GAP}){{5}}{_DIGIT}){_GAP}((?:{_DIGIT}{_GAP}){{3}}{_DIGIT})(?![0-9])",
    re.IGNORECASE,
)
_BARE_ORDER = re.compile(
    rf"(?<![\w+\-])(\d{{2}})(\d{{2}})(\d{{2}}){_GAP}(\d{{4}})(?![\w\-]{{0,20}}\d)"
)
_TICKET = re.compile(rf"\bTK{_GAP}#?(\d{{1,6}})(?!\d)", re.IGNORECASE)
_BARE_TICKET = re.compile(
    r"\b(?:tiket|ticket|tkt)\b[\s:#]*(?:(?:saya|aku|my|nomor|nomer|nmr|number|no|num)\b[\s.:#]*){0,2}"
    r"(\d{3,6})(?![\d\-])",
    re.IGNORECASE,
)
# What repeats is bounded: long texts of dots, dashes or digits must not take long.
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\w+])(?:\+\d{1,3}|62|0)(?:[\s\-.()]*\d){7,13}(?!\d)")
_LAST_FOUR = re.compile(
    r"(?<![\w.,:+\-/])(\d{4})(?![\w:/+\-]|[.,]\d)(?!\s*(?:rb|ribu|rupiah|jam|pcs|poin|points?)\b)"
)
_MONEY_BEFORE = re.compile(r"(?:\brp|\bidr|\btahun|\bthn|\byear)[\s.]*$", re.IGNORECASE)
_SPACED_FOUR = re.compile(r"^\D{0,40}?\b(\d[ \-.]\d[ \-.]\d[ \-.]\d)\b\D{0,40}$")

_LETTERS_TO_DIGITS = str.maketrans("oOlI", "0011")
# Order numbers carry the day of the order; the shop sells since 2020.
_FIRST_YEAR, _LAST_YEAR = 20, 39


@dataclass(frozen=True, slots=True)
class Found:
    """One pattern in a text, from `start` to before `end`, with its value written the one way."""

    entity: str
    value: str
    start: int
    end: int


def find(text: str) -> list[Found]:
    """Return what stands in `text`, from left to right; no character belongs to two finds."""
    found: list[Found] = []
    for finder in _FINDERS:
        found += [
            new
            for new in finder(text)
            if all(new.end <= old.start or new.start >= old.end for old in found)
        ]
    return sorted(found, key=lambda one: one.start)


def _emails(text: str) -> Iterator[Found]:
    for match in _EMAIL.finditer(text):
        yield Found("email", match[0].lower().rstrip("."), *match.span())


def _orders(text: str) -> Iterator[Found]:
    for match in _ORDER.finditer(text):
        day, number = (_only_digits(part.translate(_LETTERS_TO_DIGITS)) for part in match.groups())
        yield Found("order_number", f"TL-{day}-{number}", *match.span())


def _bare_orders(text: str) -> Iterator[Found]:
    for match in _BARE_ORDER.finditer(text):
        year, month, day, number = match.groups()
        if _is_order_day(int(year), int(month), int(day)):
            yield Found("order_number", f"TL-{year}{month}{day}-{number}", *match.span())


def _tickets(text: str) -> Iterator[Found]:
    for pattern in (_TICKET, _BARE_TICKET):
        for match in pattern.finditer(text):
            yield Found("ticket_number", f"TK-{int(match[1]):06d}", *match.span())


def _phones(text: str) -> Iterator[Found]:
    for match in _PHONE.finditer(text):
        digits = _only_digits(match[0])
        if digits.startswith("0"):
            digits = "62" + digits[1:]
        yield Found("phone", f"+{digits}", *match.span())


def _last_fours(text: str) -> Iterator[Found]:
    spaced = _SPACED_FOUR.match(text)
    if spaced:
        yield Found("phone_last4", _only_digits(spaced[1]), *spaced.span(1))
    for match in _LAST_FOUR.finditer(text):
        if not _MONEY_BEFORE.search(text, max(0, match.start() - 20), match.start()):
            yield Found("phone_last4", match[1], *match.span())


def _only_digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _is_order_day(year: int, month: int, day: int) -> bool:
    try:
        date(2000 + year, month, day)
    except ValueError:
        return False
    return _FIRST_YEAR <= year <= _LAST_YEAR


# The surer patterns come first: what they take, the later ones no longer see.
_FINDERS: tuple[Callable[[str], Iterator[Found]], ...] = (
    _emails,
    _orders,
    _tickets,
    _bare_orders,
    _phones,
    _last_fours,
)
