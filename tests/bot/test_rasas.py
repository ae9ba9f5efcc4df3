"""Which of several Rasa processes is asked; the processes are doubles that speak the contract."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI, Response

from bot.client import RasaUnavailable
from bot.rasas import Rasas
from conversation.answering import Question
from tests.bot.rasa_process import free_port

ANSWER = {
    "messages": [
        {
            "reply": {
                "text": "ya",
                "lang": "id",
                "source": {"type": "template", "id": "t", "version": "1"},
            }
        }
    ],
    "dialogue": {"slots": {}, "loop": None, "requested_slot": None},
    "intent": {"name": "greet", "confidence": 1.0},
}


@dataclass
class Double:
    """One Rasa: `mood` is "well", "hanging" or "failing"."""

    url: str
    mood: str = "well"
    asked: list[str] = field(default_factory=list)

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/webhooks/sapa/")
        async def health() -> Response:
            if self.mood == "hanging":
                await asyncio.sleep(30)
            return Response(status_code=200 if self.mood == "well" else 503)

        @app.post("/webhooks/sapa/turn")
        async def turn(question: dict[str, Any]) -> dict[str, Any]:
            self.asked.append(question["conversation_id"])
            if self.mood == "hanging":
                await asyncio.sleep(30)
            return ANSWER

        return app


@asynccontextmanager
async def _served(double: Double) -> AsyncIterator[None]:
    config = uvicorn.Config(
        double.app(), port=int(double.url.rpartition(":")[2]), log_level="critical",
        timeout_graceful_shutdown=0,
    )  # fmt: skip
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers no event
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
async def doubles() -> AsyncIterator[list[Double]]:
    async with AsyncExitStack() as stack:
        found = [Double(f"http://127.0.0.1:{free_port()}") for _ in range(3)]
        for double in found:
            await stack.enter_async_context(_served(double))
        yield found


@pytest.fixture
async def rasas(doubles: list[Double]) -> AsyncIterator[Rasas]:
    async with Rasas([double.url for double in doubles], "token", 20.0) as found:
        yield found


def _question(conversation_id: str) -> Question:
    return Question(conversation_id, "t-1", "halo", None, "id", {})


def _own(rasas: Rasas, doubles: list[Double], conversation_id: str) -> Double:
    own = rasas.order(conversation_id)[0]
    return next(double for double in doubles if double.url == own)


async def test_a_conversation_always_goes_to_the_same_rasa(
    rasas: Rasas, doubles: list[Double]
) -> None:
    for _ in range(3):
        await rasas.take_turn(_question("c-1"))

    own = _own(rasas, doubles, "c-1")
    assert own.asked == ["c-1"] * 3
    assert sum(len(double.asked) for double in doubles) == 3


async def test_conversations_are_spread_and_only_those_of_a_lost_rasa_move(
    doubles: list[Double],
) -> None:
    urls = [double.url for double in doubles]
    names = [f"c-{number}" for number in range(600)]
    async with Rasas(urls, "token", 1) as all_three, Rasas(urls[1:], "token", 1) as two:
        before = {name: all_three.order(name)[0] for name in names}
        after = {name: two.order(name)[0] for name in names}

    assert all(count > 150 for count in Counter(before.values()).values())
    assert {name for name in names if before[name] != after[name]} == {
        name for name in names if before[name] == urls[0]
    }


async def test_a_hanging_rasa_costs_half_the_time_and_then_the_conversation_has_another(
    doubles: list[Double],
) -> None:
    async with Rasas([double.url for double in doubles], "token", 4.0) as rasas:
        own = _own(rasas, doubles, "c-1")
        own.mood = "hanging"
        first = await rasas.take_turn(_question("c-1"))
        await rasas.take_turn(_question("c-1"))
        other = _own(rasas, doubles, "c-1")

    assert first.replies[0].text == "ya"
    assert (own.asked, other.asked) == (["c-1"], ["c-1", "c-1"])


async def test_a_rasa_that_is_well_again_gets_its_conversations_back(
    rasas: Rasas, doubles: list[Double]
) -> None:
    own = _own(rasas, doubles, "c-1")
    own.mood = "failing"  # still loading its model
    looking = asyncio.create_task(rasas.run())
    try:
        async with asyncio.timeout(20):
            while rasas.order("c-1")[0] == own.url:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            own.mood = "well"
            while rasas.order("c-1")[0] != own.url:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    finally:
        looking.cancel()
    await rasas.take_turn(_question("c-1"))

    assert own.asked == ["c-1"]


async def test_when_all_are_gone_the_turn_is_answered_without_rasa_in_time() -> None:
    gone = [f"http://127.0.0.1:{free_port()}" for _ in range(2)]
    async with Rasas(gone, "token", 20.0) as rasas:
        with pytest.raises(RasaUnavailable, match="ClientConnectorError"):
            await rasas.take_turn(_question("c-1"))
