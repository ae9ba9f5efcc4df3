"""Ask Rasa for one turn, over the contract of docs/architecture.md ("Turn contract")."""

import asyncio
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Self

import aiohttp
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from channels.message import Choice, Kind, Lang, Mood, Reply, Source
from conversation.answering import Answer, HandoffWish, Question

_CONNECT_S = 1.0
_MOST_AT_ONCE = 50
_KEPT_S = 4.0  # an idle connection; Sanic, in which Rasa runs, closes them after 5
_LOOK = aiohttp.ClientTimeout(total=1.0)


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
        self._url, self._timeout_s = url, timeout_s
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._kept_http: aiohttp.ClientSession | None = None

    @property
    def _http(self) -> aiohttp.ClientSession:
        """The pool; made inside the event loop that uses it."""
        if self._kept_http is None:
            self._kept_http = aiohttp.ClientSession(
                headers=self._headers,
                timeout=aiohttp.ClientTimeout(total=self._timeout_s, sock_connect=_CONNECT_S),
                connector=aiohttp.TCPConnector(limit=_MOST_AT_ONCE, keepalive_timeout=_KEPT_S),
            )
        return self._kept_http

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        if self._kept_http is not None:
            await self._kept_http.close()
            self._kept_http = None

    async def ready(self) -> bool:
        """Whether Rasa is up with a model."""
        try:
            async with self._http.get(f"{self._url}/webhooks/sapa/", timeout=_LOOK) as response:
                return response.status == HTTPStatus.OK
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def take_turn(self, question: Question, timeout_s: float | None = None) -> Answer:
        """Ask Rasa, for at most `timeout_s` if that is less than for a whole turn.

        Raises RasaDown when it is down or slow or fails, RasaUnavailable when it talks nonsense.
        """
        wait_s = self._timeout_s if timeout_s is None else max(0.0, min(timeout_s, self._timeout_s))
        turn = json.dumps(_request(question)).encode()
        try:
            async with (
                asyncio.timeout(wait_s),
                self._http.post(f"{self._url}/webhooks/sapa/turn", data=turn) as response,
            ):
                status, content = response.status, await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise RasaDown(type(error).__name__, gone=True) from error
        if status != HTTPStatus.OK:
            raise RasaDown(f"status {status}", gone=status == HTTPStatus.SERVICE_UNAVAILABLE)
        try:
            return _answer(_TurnResult.model_validate_json(content))
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
