"""Hear that a customer wants no more promotional messages, however the assistant is busy."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import yaml

from bot.actions.conversations import ConversationView
from bot.speech import Templates
from conversation.answering import Answer, Question
from crm.consent import Consents, Purpose

_ENDED: tuple[Purpose, ...] = ("campaigns", "offers")
_FILE = Path(__file__).parent / "content" / "stop_words.yml"
_WORD = re.compile(r"[^\W_]+")
_POLITE = frozenset({"kak", "min", "ya", "pak", "bu", "dong", "please", "pls", "tolong"})


@dataclass(frozen=True, slots=True)
class StopWords:
    """Whole messages, in plain words."""

    after: frozenset[str]  # only as an answer to a campaign
    always: frozenset[str]

    @classmethod
    def load(cls, file: Path = _FILE) -> Self:
        """Read the file."""
        content: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
        return cls(*(frozenset(map(_plain, content[name])) for name in ("after", "always")))

    def end_promotions(self, text: str, conversation: ConversationView) -> bool:
        """Whether `text` ends them."""
        said = _plain(text)
        answers = any("campaign" in one.data for one in conversation.last_bot_turn)
        return said in self.always or (answers and said in self.after)


class Promotions:
    """Ends promotional messages at a customer's word."""

    def __init__(self, consents: Consents) -> None:
        self._consents = consents
        self._words = StopWords.load()

    async def answer(
        self, question: Question, conversation: ConversationView, templates: Templates
    ) -> Answer | None:
        """Take back their consent at once and say so; None if that is not what they want.

        A form under way goes on afterwards.
        """
        if not self._words.end_promotions(question.text, conversation):
            return None
        owner = conversation.owner
        if owner is None:
            words = templates.reply("promotions-unknown", question.lang)
            return Answer(replies=(words,), dialogue=question.dialogue)
        for purpose in _ENDED:
            await self._consents.note(
                owner, purpose, granted=False, source="stop-word", place=conversation.id
            )
        words = templates.reply("promotions-stopped", question.lang)
        return Answer(replies=(words,), dialogue=question.dialogue)


def _plain(text: str) -> str:
    words = _WORD.findall(text.casefold())
    return " ".join([word for word in words if word not in _POLITE] or words)
