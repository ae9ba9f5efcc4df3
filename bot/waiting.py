"""What somebody who waits for a person may ask of the bot: how long it takes, and to leave.

Everything else they write is for the person, so the words must leave no doubt: a message counts
only if nothing but small words stands around the phrase ("batalin pesanan saya" is no leaving).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import yaml

from bot.actions.handoff import wait_data, wait_words
from bot.speech import Templates
from channels.message import Lang, Reply
from desk.queue import Waiting
from language.phrases import Phrases

_CONTENT = Path(__file__).parent / "content" / "waiting.yml"
_LONGEST = 80  # characters of a message that is about the wait alone


@dataclass(frozen=True, slots=True)
class WaitWords:
    """The phrases of bot/content/waiting.yml."""

    phrases: Phrases
    around: frozenset[str]  # words that may stand beside a phrase

    @classmethod
    def load(cls) -> Self:
        """Read the content file."""
        content: dict[str, Any] = yaml.safe_load(_CONTENT.read_text(encoding="utf-8"))
        around = content.pop("around")
        return cls(Phrases(content), frozenset(word for one in around.values() for word in one))

    def concern(self, text: str) -> bool:
        """Whether the message is about the wait and nothing else."""
        return self._meaning(text) is not None

    def leaves(self, text: str) -> bool:
        """Whether the customer no longer wants to wait; the last of joined messages decides."""
        lines = [line for line in text.splitlines() if line.strip()]
        return bool(lines) and self._meaning(lines[-1]) == "leave"

    def _meaning(self, text: str) -> str | None:
        if len(text) > _LONGEST:
            return None
        rest = {word.lower() for word in self.phrases.rest(text)}
        return self.phrases.strongest(text) if rest <= self.around else None


def wait_told(templates: Templates, expected: Waiting, lang: Lang) -> Reply:
    """Tell place and time in the queue as far as they are known, and what else can be done."""
    data = {"state": "waiting", **wait_data(expected)}
    if not expected.open:
        return templates.reply("wait-closed", lang, kind="handoff", data=data)
    slots: dict[str, Any] = {"position": str(expected.position)}
    wait = wait_words(templates, expected, lang)
    if wait is None:
        return templates.reply("wait-unknown", lang, kind="handoff", data=data, **slots)
    return templates.reply("wait", lang, kind="handoff", data=data, wait=wait, **slots)
