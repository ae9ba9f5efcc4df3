from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from app.direct import Direct
from app.errors import add_error_handlers
from bot.action_endpoint import ActionEndpoint, action_router

TOKEN = "t" * 40
CALL = {
    "next_action": "action_tell",
    "sender_id": "c",
    "tracker": {"sender_id": "c", "slots": {}, "latest_message": {}, "events": []},
    "domain": {},
}


class Tell(Action):
    def name(self) -> str:
        return "action_tell"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        dispatcher.utter_message(text="a secret")
        return []


@pytest.fixture(params=["route", "direct"])
async def http(request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    add_error_handlers(app)
    endpoint = ActionEndpoint([Tell()], TOKEN, max_body_bytes=10_000)
    app.include_router(action_router(endpoint))
    if request.param == "direct":
        app.add_middleware(Direct, takes={"/bot/actions": (endpoint.take, 10_000)})
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer " + "t" * 39, TOKEN, "Basic " + TOKEN, "Bearer \xe9"]
)
async def test_nobody_runs_an_action_without_the_token(
    http: httpx.AsyncClient, header: str | None
) -> None:
    headers = {} if header is None else {b"authorization": header.encode("latin-1")}

    answer = await http.post("/bot/actions", json=CALL, headers=headers)

    assert (answer.status_code, "secret" in answer.text) == (401, False)


async def test_rasa_runs_an_action_with_it(http: httpx.AsyncClient) -> None:
    answer = await http.post(
        "/bot/actions", json=CALL, headers={"Authorization": f"Bearer {TOKEN}"}
    )

    assert (answer.status_code, answer.json()["responses"][0]["text"]) == (200, "a secret")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"[" * 5000, 400),
        (b"\xff", 400),
        (b" " * 99999, 413),
    ],
)
async def test_what_is_no_call_is_a_bad_request(
    http: httpx.AsyncClient, body: bytes, status: int
) -> None:
    answer = await http.post(
        "/bot/actions", content=body, headers={"Authorization": f"Bearer {TOKEN}"}
    )

    assert answer.status_code == status


def test_without_a_token_there_is_no_endpoint() -> None:
    with pytest.raises(ValueError, match="token"):
        ActionEndpoint([], "", max_body_bytes=1)
