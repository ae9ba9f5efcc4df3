"""Rasa's only door, as docs/architecture.md describes it: one HTTP call is one turn.

Rasa loads it by the name in bot/rasa/credentials.yml; loading it also quiets Rasa's logs, which
would hold the customers' words, and makes its calls to our actions cheap.
"""

import asyncio
import gc
import hmac
import logging
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, UserMessage
from rasa.core.processor import MessageProcessor
from rasa.utils.log_utils import configure_structlog
from sanic import Blueprint
from sanic.exceptions import SanicException
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot.rasa.action_server import ActionServer, keep_the_schema_compiled
from bot.rasa.graph import StraightRunner
from bot.rasa.once import work_out_once
from bot.rasa.turn import CHANNEL, InvalidTurn, Turn, TurnTrackers, take

log = logging.getLogger(__name__)

configure_structlog(logging.ERROR)
keep_the_schema_compiled()
work_out_once()


class SapaChannel(InputChannel):
    """Takes turns at POST /webhooks/sapa/turn, and tells at GET /webhooks/sapa/ if it can."""

    def __init__(self, token: str) -> None:
        if not token:
            raise ValueError("SAPA_RASA_TOKEN is not set: Rasa would obey anybody who reaches it")
        self._token = token.encode()
        self._prepared: MessageProcessor | None = None
        self._warming: asyncio.Future[Any] | None = None

    @classmethod
    def name(cls) -> str:
        return CHANNEL

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> "SapaChannel":
        return cls((credentials or {}).get("token") or "")

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Register the two routes; Rasa's own callback, which answers nothing, is not used."""
        routes = Blueprint(CHANNEL)

        # Functions, as Sanic 21 writes an attribute on its handlers.
        @routes.get("/")
        async def health(request: Request) -> HTTPResponse:
            return self._health(request)

        @routes.post("/turn")
        async def turn(request: Request) -> HTTPResponse:
            return await self._turn(request)

        return routes

    def _health(self, request: Request) -> HTTPResponse:
        processor = self._processor(request)
        ready = processor is not None and self._is_warm(processor)
        return json({"status": "ok" if ready else "loading"}, status=200 if ready else 503)

    async def _turn(self, request: Request) -> HTTPResponse:
        if not self._is_authorised(request):
            return _problem(401, "The token is missing or wrong.")
        try:
            turn = Turn.of(request.json)
        except (InvalidTurn, SanicException) as error:
            return _problem(400, str(error))
        processor = self._processor(request)
        if processor is None:
            return json({"error": "no model is loaded"}, status=503)
        try:
            return json(await take(turn, processor))
        except Exception as error:
            # Any fault of one turn, also a model's: the app answers this turn without Rasa.
            reference = uuid.uuid4().hex[:8]
            log.exception("turn failed, reference %s", reference)
            return json({"error": type(error).__name__, "reference": reference}, status=500)

    def _is_warm(self, processor: MessageProcessor) -> bool:
        """Read one message before the first customer's: what is loaded late takes seconds."""
        if self._warming is None:
            message = UserMessage("halo, apa kabar?")
            self._warming = asyncio.ensure_future(_warm(processor, message))
        return self._warming.done()

    def _is_authorised(self, request: Request) -> bool:
        given = request.headers.get("authorization", "")
        return hmac.compare_digest(given.encode("utf-8", "replace"), b"Bearer " + self._token)

    def _processor(self, request: Request) -> MessageProcessor | None:
        """Return the loaded model's processor, made ours when it is first seen."""
        agent: Agent | None = getattr(request.app.ctx, "agent", None)
        processor = agent.processor if agent else None
        if processor is not None and processor is not self._prepared:
            processor.tracker_store = TurnTrackers(processor.domain)
            processor.graph_runner = StraightRunner(processor.graph_runner)
            if processor.action_endpoint is not None:
                processor.action_endpoint = ActionServer(
                    processor.action_endpoint,
                    processor.domain.as_dict(),
                    processor.model_metadata.model_id,
                )
            self._prepared = processor
        return processor


async def _warm(processor: MessageProcessor, message: UserMessage) -> None:
    await processor.parse_message(message)
    # What is loaded stays: to look through its million objects for garbage took time of turns.
    gc.collect()
    gc.freeze()


def _problem(status: int, detail: str) -> HTTPResponse:
    problem = {"type": "about:blank", "title": "Turn refused", "status": status, "detail": detail}
    return json(problem, status=status, content_type="application/problem+json")
