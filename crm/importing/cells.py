"""What one cell of a CSV file may hold; each reads it or raises ValueError with the reason."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import phonenumbers

from crm.contacts import plain_email

Cell = Callable[[str, ZoneInfo], object]

SEGMENT_DIMENSIONS = ("activity", "size", "region", "line", "rfm", "value_class")
_MOST_MONEY = 10**15
_MOST_COUNT = 2_147_483_647  # a 32-bit integer in PostgreSQL
_LONGEST_TEXT = 10_000
_CURRENCY = re.compile(r"USD|US\$|\$|SGD|S\$|EUR|€|MYR|RM\b", re.IGNORECASE)
_SLASHED = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}\b")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def text(cell: str, _zone: ZoneInfo) -> str:
    """Any words on which nothing depends."""
    if _CONTROL.search(cell):
        raise ValueError("contains a control character")
    if len(cell) > _LONGEST_TEXT:
        raise ValueError(f"longer than {_LONGEST_TEXT} characters")
    return cell


def key(cell: str, _zone: ZoneInfo) -> str:
    """A name for the row: printable, without spaces."""
    if not cell.isprintable() or any(letter.isspace() for letter in cell):
        raise ValueError(f"{cell!r} contains spaces or control characters")
    return cell


def number(cell: str, zone: ZoneInfo) -> str:
    """An order number; capitals, so that it is found however a customer types it."""
    if cell != cell.upper():
        raise ValueError(f"{cell!r} must be in capitals")
    return key(cell, zone)


def money(cell: str, _zone: ZoneInfo) -> int:
    """Whole rupiah, not negative."""
    return _whole(cell, 0, _MOST_MONEY)


def count(cell: str, _zone: ZoneInfo) -> int:
    """A whole number, not negative."""
    return _whole(cell, 0, _MOST_COUNT)


def positive(cell: str, _zone: ZoneInfo) -> int:
    """A whole number, at least 1."""
    return _whole(cell, 1, _MOST_COUNT)


def percent(cell: str, _zone: ZoneInfo) -> int:
    """A whole number from 1 to 100."""
    return _whole(cell, 1, 100)


def boolean(cell: str, _zone: ZoneInfo) -> bool:
    """Read true or false."""
    if cell.lower() not in ("true", "false"):
        raise ValueError(f"{cell!r} is neither true nor false")
    return cell.lower() == "true"


def moment(cell: str, _zone: ZoneInfo) -> datetime:
    """A time with its zone, RFC 3339."""
    try:
        found = datetime.fromisoformat(cell)
    except ValueError:
        found = None
    if found is None or len(cell) <= len("2026-11-20"):
        hint = "; nobody knows which is the month" if _SLASHED.match(cell) else ""
        raise ValueError(f"{cell!r} is no time like 2026-11-20T14:30:00+07:00{hint}")
    if found.tzinfo is None:
        raise ValueError(f"{cell!r} has no time zone; write for example {cell}+07:00")
    return found.astimezone(UTC)


def start_of_day(cell: str, zone: ZoneInfo) -> datetime:
    """A day, meaning its first moment in the shop's time zone; or a time with its zone."""
    day = _day(cell)
    return _at(day, time.min, zone) if day else moment(cell, zone)


def end_of_day(cell: str, zone: ZoneInfo) -> datetime:
    """A day, meaning its last second in the shop's time zone; or a time with its zone."""
    day = _day(cell)
    return _at(day, time(23, 59, 59), zone) if day else moment(cell, zone)


def phone(cell: str, _zone: ZoneInfo) -> str:
    """A phone number in E.164."""
    try:
        parsed = phonenumbers.parse(cell, None)
        plain = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    except phonenumbers.NumberParseException:
        plain = ""
    if plain != cell or not phonenumbers.is_possible_number(parsed):
        raise ValueError(f"{cell!r} is no phone number in E.164, like +6281234567890")
    return cell


def email(cell: str, _zone: ZoneInfo) -> str:
    """An e-mail address; stored in lower case."""
    return plain_email(cell)


def keys(cell: str, zone: ZoneInfo) -> list[str]:
    """Keys separated by "|", each once."""
    found = [key(part.strip(), zone) for part in cell.split("|")]
    if "" in found:
        raise ValueError(f"{cell!r} has an empty entry")
    if len(set(found)) < len(found):
        raise ValueError(f"{cell!r} names something twice")
    return found


def segment(cell: str, _zone: ZoneInfo) -> str:
    """A dimension of segments and one of its codes, as in "activity:lapsed"."""
    dimension, _, code = cell.partition(":")
    if dimension not in SEGMENT_DIMENSIONS or not re.fullmatch(r"\w+", code):
        named = ", ".join(SEGMENT_DIMENSIONS)
        raise ValueError(f"{cell!r} is no segment like activity:lapsed; dimensions: {named}")
    return cell


def one_of(*allowed: str) -> Cell:
    """Make a cell that holds one of these words."""

    def read(cell: str, _zone: ZoneInfo) -> str:
        if cell not in allowed:
            raise ValueError(f"{cell!r} is none of {', '.join(allowed)}")
        return cell

    return read


def _whole(cell: str, least: int, most: int) -> int:
    if not re.fullmatch(r"-?[0-9]{1,18}", cell):
        other = _CURRENCY.search(cell)
        hint = f"; amounts are whole rupiah, not {other[0]}" if other else ""
        raise ValueError(f"{cell!r} is no whole number written with digits only{hint}")
    if not least <= int(cell) <= most:
        raise ValueError(f"{cell} is not between {least} and {most}")
    return int(cell)


def _day(cell: str) -> date | None:
    try:
        return date.fromisoformat(cell) if re.fullmatch(r"\d{4}-\d\d-\d\d", cell) else None
    except ValueError:
        return None


def _at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, zone).astimezone(UTC)
