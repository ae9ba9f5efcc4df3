"""What the shop has approved to say: one article is one answer, in every language."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Self

LANGUAGES = ("id", "en")

# What may follow an answer: intents that the bot offers as a choice (bot/templates/labels.yml).
NEXT_ACTIONS = frozenset(
    {
        "account_info",
        "ask_offer",
        "callback_request",
        "open_ticket",
        "request_human",
        "start_return",
        "ticket_status",
        "track_order",
        "update_contact",
    }
)


@dataclass(frozen=True, slots=True)
class Text:
    """An article in one language."""

    title: str  # a short label, for choosing between articles
    questions: tuple[str, ...]  # wordings customers use
    answer: str


@dataclass(frozen=True, slots=True)
class Article:
    """One approved answer; `version` changes with any change of its content."""

    id: str
    topic: str
    updated: date
    version: str  # 12 hex digits
    texts: Mapping[str, Text]  # by language
    next_actions: tuple[str, ...] = ()
    see: tuple[str, ...] = ()  # ids of related articles

    @classmethod
    def of(
        cls,
        article_id: str,
        topic: str,
        updated: date,
        texts: Mapping[str, Text],
        *,
        next_actions: Sequence[str] = (),
        see: Sequence[str] = (),
    ) -> Self:
        """Make an article and give it its version."""
        said = [article_id, topic, {lang: asdict(text) for lang, text in sorted(texts.items())}]
        version = _digest([*said, list(next_actions), list(see)])
        return cls(
            article_id, topic, updated, version, dict(texts), tuple(next_actions), tuple(see)
        )

    def to_json(self) -> dict[str, Any]:
        """Return the article as `from_json` takes it."""
        return {
            "id": self.id,
            "topic": self.topic,
            "updated": self.updated.isoformat(),
            "texts": {lang: asdict(text) for lang, text in self.texts.items()},
            "next": list(self.next_actions),
            "see": list(self.see),
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """Read back what `to_json` wrote."""
        texts = {
            lang: Text(text["title"], tuple(text["questions"]), text["answer"])
            for lang, text in row["texts"].items()
        }
        updated = date.fromisoformat(row["updated"])
        return cls.of(
            row["id"], row["topic"], updated, texts, next_actions=row["next"], see=row["see"]
        )


def content_hash(articles: Sequence[Article]) -> str:
    """Return one hash (16 hex digits) of everything the articles say, whatever their order."""
    return _digest(sorted((a.id, a.version, a.updated.isoformat()) for a in articles), 16)


def _digest(value: object, length: int = 12) -> str:
    packed = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(packed.encode("utf-8", "surrogatepass")).hexdigest()[:length]
