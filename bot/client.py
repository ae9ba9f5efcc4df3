"""Ask Rasa for one turn, over the contract of docs/architecture.md ("Turn contract")."""

import asyncio
from collections.abc import Mapping
from typing import Any, Self

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from channels.message import Choice, Kind, Lang, Mood, Reply, Source
from conversation.turn import Answer, HandoffWish, Question


class RasaUnavailable(Exception):
    """Rasa did not answer this turn, or answered what nobody understands."""


class RasaDown(RasaUnavailable):
    """This Rasa process did not answer; another one may."""

    def __init__(self, reason: str, *, gone: bool) -> None:
        """`gone`: it does not answer anybody; else it failed this turn."""
        super().__init__(reason)
        self.gone = gone


class _Words(BaseModel):
    """One reply as an action spoke it."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1)
    lang: Lang
    source: Source
    kind: Kind = "text"
    data: dict[str, Any] = Field(default_factory=dict)
    choices: list[Choice] = Field(default_factory=list)
    mood: Mood = "neutral"


class _Command(BaseModel):
    """One change an action wants; see docs/architecture.md."""

    model_config = ConfigDict(extra="forbid")

    handoff: HandoffWish | None = None
    language: Lang | None = None
    missed: bool = False
    context: dict[str, Any] = Field(default_factory=dict)
    verified: str | None = None
    unlinked: bool = False


class _Message(BaseModel):
    model_config = ConfigDict(extra="ignore")

    reply: _Words | None = None
    command: _Command | None = None


class _Intent(BaseModel):
    name: str | None = None
    confidence: float = 0.0


class _TurnResult(BaseModel):
    messages: list[_Message]
    dialogue: dict[str, Any]
    intent: _Intent


class RasaClient:
    """One pool of connections to one Rasa process."""

    def __init__(self, url: str, token: str, timeout_s: float) -> None:
        """`timeout_s` bounds a whole turn; then it is answered without Rasa."""
        self._timeout_s = timeout_s
        self._http = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(timeout_s, connect=1.0),
            limits=httpx.Limits(max_connections=50, max_keepalive_connections=50),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def ready(self) -> bool:
        """Whether Rasa is up with a model."""
        try:
            response = await self._http.get("/webhooks/sapa/", timeout=1.0)
        except httpx.HTTPError:
            return False
        return response.status_code == httpx.codes.OK

    async def take_turn(self, question: Question, timeout_s: float | None = None) -> Answer:
        """Ask Rasa, for at most `timeout_s` if that is less than for a whole turn.

        Raises RasaDown when it is down or slow or fails, RasaUnavailable when it talks nonsense.
        """
        wait_s = self._timeout_s if timeout_s is None else max(0.0, min(timeout_s, self._timeout_s))
        try:
            # httpx bounds each step of a request, not the whole.
            async with asyncio.timeout(wait_s):
                response = await self._http.post("/webhooks/sapa/turn", json=_request(question))
        except (httpx.HTTPError, TimeoutError) as error:
            raise RasaDown(type(error).__name__, gone=True) from error
        if response.status_code != httpx.codes.OK:
            gone = response.status_code == httpx.codes.SERVICE_UNAVAILABLE
            raise RasaDown(f"status {response.status_code}", gone=gone)
        try:
            return _answer(_TurnResult.model_validate_json(response.content))
        except ValidationError as error:
            raise RasaUnavailable(f"unreadable answer: {error.error_count()} errors") from error


def _request(question: Question) -> dict[str, Any]:
    return {
        "conversation_id": question.conversation_id,
        "turn_id": question.turn_id,
        "text": None if question.choice else question.text,
        "choice": question.choice,
        "language": question.lang,
        "dialogue": dict(question.dialogue) or _no_dialogue(),
    }


def _no_dialogue() -> Mapping[str, Any]:
    return {"slots": {}, "loop": None, "requested_slot": None}


def _answer(result: _TurnResult) -> Answer:
    commands = [message.command for message in result.messages if message.command]
    context: dict[str, Any] = {}
    for command in commands:
        context.update(command.context)
    return Answer(
        replies=tuple(_reply(message.reply) for message in result.messages if message.reply),
        dialogue=result.dialogue,
        lang=next((command.language for command in commands if command.language), None),
        handoff=next((command.handoff for command in commands if command.handoff), None),
        missed=any(command.missed for command in commands),
        context=context,
        unlinked=any(command.unlinked for command in commands),
        verified=next((command.verified for command in commands if command.verified), None),
        intent=result.intent.name,
        confidence=result.intent.confidence,
    )


def _reply(words: _Words) -> Reply:
    return Reply(
        text=words.text,
        lang=words.lang,
        source=words.source,
        kind=words.kind,
        data=words.data,
        choices=tuple(words.choices),
        mood=words.mood,
    )
