"""National holidays and collective leave (cuti bersama), from the package `holidays`.

It follows each year's joint decree of three Indonesian ministers; until the decree of a year is out
its movable days are estimated. Update the package when a decree is published.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any, Literal

_LANGUAGES = {"id": "id", "en": "en_US"}  # ours: the package's
_KINDS = {"public": "public", "collective_leave": "government"}  # ours: the package's


@dataclass(frozen=True, slots=True)
class DayHours:
    """The wall-clock hours of one day."""

    opens: time
    closes: time


Rule = DayHours | Literal["closed"]


class UnknownCountry(ValueError):
    """The package has no such country, or not that kind of day for it."""


class NationalHolidays:
    """Which days of a country are holidays, and what hours the shop has on them."""

    def __init__(self, country: str, rules: Mapping[str, Rule], worked: frozenset[date]) -> None:
        """`country` is ISO 3166 ("ID"), `rules` for "public" and "collective_leave".

        On `worked` days it is a day like any other. Raises UnknownCountry.
        """
        from holidays import country_holidays  # noqa: PLC0415 - only for shops that close on them

        self._rules = dict(rules)
        self._worked = worked
        self._days: dict[str, dict[str, Any]] = {}
        try:
            known = country_holidays(country)
            for kind in rules:
                self._days[kind] = {
                    lang: country_holidays(
                        country,
                        categories=(_KINDS[kind],),
                        language=name if name in known.supported_languages else None,
                    )
                    for lang, name in _LANGUAGES.items()
                }
        except (NotImplementedError, ValueError, KeyError) as error:
            raise UnknownCountry(f"{country}: {error}") from error

    def rule(self, day: date) -> Rule | None:
        """Return the hours of a holiday or "closed"; None on a day like any other."""
        kind = self._kind(day)
        return self._rules[kind] if kind else None

    def name(self, day: date, lang: str) -> str | None:
        """Return what a holiday is called, or None on a day like any other."""
        kind = self._kind(day)
        return str(self._days[kind][lang].get(day)) if kind else None

    def _kind(self, day: date) -> str | None:
        if day in self._worked:
            return None
        return next((kind for kind, days in self._days.items() if day in days["id"]), None)
