"""The words of exports and notices, in both languages, from content/words.yml."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

import yaml
from babel.dates import format_date, format_datetime

from channels.message import Lang
from language.clock import CLOCK
from privacy.profile import Fact

_FILE = Path(__file__).parent / "content" / "words.yml"


class PrivacyWords:
    """Titles, values and sentences by key."""

    def __init__(self, texts: Mapping[str, Mapping[str, str]], zone: ZoneInfo) -> None:
        """Times are told in `zone`. Raises ValueError if a language is missing."""
        for key, both in texts.items():
            if set(both) != {"id", "en"}:
                raise ValueError(f"{key} needs id and en")
        self._texts = texts
        self._zone = zone

    @property
    def zone(self) -> ZoneInfo:
        """In which times are told."""
        return self._zone

    @classmethod
    def load(cls, timezone: str, file: Path = _FILE) -> Self:
        """Read the file."""
        return cls(yaml.safe_load(file.read_text(encoding="utf-8")), ZoneInfo(timezone))

    def say(self, key: str, lang: Lang, **slots: Any) -> str:
        """Fill a sentence. Raises KeyError."""
        return self._texts[key][lang].format(**slots)

    def word(self, key: str, lang: Lang) -> str:
        """Give the word for `key`, or `key` where it is a name of its own, like an order number."""
        found = self._texts.get(f"word-{key}")
        return found[lang] if found else key

    def moment(self, at: datetime, lang: Lang) -> str:
        """Write a time."""
        return format_datetime(at, f"d MMM y {CLOCK[lang]}", tzinfo=self._zone, locale=lang)

    def day(self, at: datetime, lang: Lang) -> str:
        """Write a day."""
        return format_date(at.astimezone(self._zone), "d MMM y", locale=lang)

    def value(self, fact: Fact, lang: Lang) -> str:
        """Write what a fact says."""
        if fact.form == "money":
            return f"Rp{fact.value:,}".replace(",", ".")
        if fact.form == "day":
            return self.day(fact.value, lang)
        return self.word(str(fact.value), lang) if fact.form == "word" else str(fact.value)

    def fact(self, fact: Fact, lang: Lang) -> str:
        """Write a fact with its source and time."""
        since = self.moment(fact.at, lang) if fact.at else self.word("unknown-time", lang)
        return self.say(
            "fact",
            lang,
            name=self.word(fact.name, lang),
            value=self.value(fact, lang),
            source=self.word(fact.source, lang),
            at=since,
        )
