"""The desk's own words: what the console shows, and what customers hear when people come and go."""

import hashlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from channels.message import Kind, Lang, Reply, Source

_CONTENT = Path(__file__).parent / "content"


def _read(path: Path) -> dict[str, dict[str, str]]:
    # The C loader, because the other one takes 0.3 s for the console's texts.
    texts: dict[str, dict[str, str]] = yaml.load(
        path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
    )
    return texts


class Words:
    """The texts of the console, by key, in both languages."""

    def __init__(self, texts: dict[str, dict[str, str]]) -> None:
        """Take the parsed content file."""
        self.texts = texts

    @classmethod
    def load(cls, path: Path = _CONTENT / "console.yml") -> "Words":
        """Read the content file, and those of the folder of its name beside it."""
        texts = _read(path)
        for file in sorted(path.with_suffix("").glob("*.yml")):
            texts |= _read(file)
        return cls(texts)

    def say(self, key: str, lang: str, **slots: object) -> str:
        """Give the text of `key` with its slots filled. Raises KeyError for an unknown key."""
        return self.texts[key][lang].format(**slots)

    def say_or(self, key: str, lang: str, otherwise: str) -> str:
        """Give the text of `key`, or `otherwise`: a shop may use codes we have no words for."""
        return self.texts[key][lang] if key in self.texts else otherwise


class Sentences:
    """Approved sentences with which the desk announces its people to customers."""

    def __init__(self, texts: dict[str, dict[str, str]]) -> None:
        """Take the parsed content file."""
        self.texts = texts

    @classmethod
    def load(cls, path: Path = _CONTENT / "sentences.yml") -> "Sentences":
        """Read the content file."""
        return cls(_read(path))

    @cached_property
    def versions(self) -> dict[str, str]:
        """The version of every sentence, by the id that a message's source names."""
        return {
            f"desk.{key}": hashlib.sha256(repr(sorted(texts.items())).encode()).hexdigest()[:12]
            for key, texts in self.texts.items()
        }

    def reply(self, key: str, lang: Lang, state: str, **slots: str) -> Reply:
        """Build the announcement that the conversation is now in `state`."""
        return self.about(key, lang, "handoff", {"state": state}, **slots)

    def about(
        self, key: str, lang: Lang, kind: Kind, data: Mapping[str, Any], **slots: str
    ) -> Reply:
        """Build an announcement with a card of `kind`."""
        identity = f"desk.{key}"
        return Reply(
            text=self.texts[key][lang].format(**slots),
            lang=lang,
            source=Source("template", identity, self.versions[identity]),
            kind=kind,
            data=data,
        )
