"""What a turn asks of whoever answers for the bot, and what comes back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from channels.message import AttachmentKind, Lang, Reply


@dataclass(frozen=True, slots=True)
class Question:
    """What a turn has to answer."""

    conversation_id: str
    turn_id: str
    text: str
    choice: str | None
    lang: Lang
    dialogue: Mapping[str, Any]
    tries: int = 1  # more than one: an earlier try died or failed
    site: str = ""
    attachment: AttachmentKind | None = None  # all that came, where no words came
    waiting: bool = False  # for a person, in the queue: only the wait is asked about


@dataclass(frozen=True, slots=True)
class HandoffWish:
    """The bot wants a person to go on."""

    reason: str
    brief: Mapping[str, Any] = field(default_factory=dict)
    expected: Mapping[str, int] = field(default_factory=dict)  # what was told about the wait


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bot says, and what changes because of it."""

    replies: tuple[Reply, ...]
    dialogue: Mapping[str, Any]
    lang: Lang | None = None  # the customer switched to it
    handoff: HandoffWish | None = None
    leaves_line: bool = False  # the customer waits for nobody any more
    missed: bool = False  # the customer was not understood
    context: Mapping[str, Any] = field(default_factory=dict)  # merged into the conversation's
    verified: str | None = None  # id of the customer who proved who they are
    unlinked: bool = False  # the customer does not want to be known here any more
    intent: str | None = None
    confidence: float | None = None


class Answerer(Protocol):
    """Whoever answers while the conversation belongs to the bot."""

    async def answer(self, question: Question) -> Answer:
        """Answer one turn; may take a while, may raise."""

    def apologise(self, question: Question, error_id: str) -> Answer:
        """Say that it did not work and offer a person."""
