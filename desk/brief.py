"""The eight things a CSR needs to know before the first word; the bot writes them at handoff."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Brief:
    """A handoff in eight fields; an empty one is unknown, and not shown."""

    who: str = ""  # "Sari Wulandari, verified"
    wants: str = ""  # in one line
    said: list[str] = field(default_factory=list)  # the customer's own words, newest last
    tried: list[str] = field(default_factory=list)  # what the bot did and found
    entities: dict[str, str] = field(default_factory=dict)  # order_number: TL-240815-0042
    mood: str = ""  # neutral, happy, sad, angry
    open: list[str] = field(default_factory=list)  # orders on their way, tickets being worked on
    offer_allowed: bool | None = None

    @classmethod
    def read(cls, stored: Mapping[str, Any] | None) -> "Brief":
        """Read what a handoff row holds; missing or odd fields never hide the others."""
        stored = stored or {}
        allowed = stored.get("offer_allowed")
        return cls(
            who=_line(stored.get("who")),
            wants=_line(stored.get("wants")),
            said=_lines(stored.get("said")),
            tried=_lines(stored.get("tried")),
            entities=_pairs(stored.get("entities")),
            mood=_line(stored.get("mood")),
            open=_lines(stored.get("open")),
            offer_allowed=allowed if isinstance(allowed, bool) else None,
        )

    def as_json(self) -> dict[str, Any]:
        """Give the dict that a handoff row stores."""
        return asdict(self)


def _line(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_line(entry)}" for key, entry in value.items() if entry)
    if isinstance(value, list | tuple):
        return ", ".join(_line(entry) for entry in value)
    return "" if value is None else str(value)


def _lines(value: object) -> list[str]:
    entries = value if isinstance(value, list | tuple) else [value]
    return [line for line in map(_line, entries) if line]


def _pairs(value: object) -> dict[str, str]:
    if isinstance(value, Mapping):
        return {str(key): _line(entry) for key, entry in value.items() if _line(entry)}
    lines = _lines(value)
    return {str(place): line for place, line in enumerate(lines, start=1)}
