"""A page of the shop says where its visitor is, and who."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest
from sqlalchemy import update
from websockets.asyncio.client import connect

from channels import website_socket
from channels.message import Reply, Source
from conversation.tables import Conversation
from conversation.transcript import Transcript
from crm.tables import Customer
from db.base import now
from db.engine import Database
from tests.channels.conftest import SITE_SECRET

CART = {"kind": "cart", "total_idr": 689_000}


async def _look(client: httpx.AsyncClient, **page: Any) -> httpx.Response:
    return await client.post("/api/web/page", json={"page": page})


async def _said(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    said: list[dict[str, Any]] = (await client.get("/api/web/messages")).json()["messages"]
    return said


async def _change(database: Database, **values: Any) -> None:
    async with database.write() as session:
        await session.execute(update(Conversation).values(**values))


def _proof(customer_id: str, *, minutes: int = 5, secret: str = SITE_SECRET) -> dict[str, str]:
    until = datetime.now(UTC) + timedelta(minutes=minutes)
    claims = {"sub": customer_id, "aud": "demo", "exp": until}
    return {"identity_token": jwt.encode(claims, secret, algorithm="HS256")}


async def test_on_the_cart_page_help_with_payment_is_offered_once(
    visitor: httpx.AsyncClient,
) -> None:
    answers = [await _look(visitor, **CART) for _ in range(2)]
    [offer] = await _said(visitor)

    assert [answer.status_code for answer in answers] == [202, 202]
    assert offer["author"] == "bot"
    assert (offer["source"]["type"], offer["source"]["id"]) == ("template", "page-cart")
    assert [choice["id"] for choice in offer["choices"]] == [
        "faq:payment-methods",
        "ask_offer",
        "request_human",
    ]
    assert offer["choices"][0]["label"] == "Cara bayar"


async def test_what_is_offered_can_be_tapped(visitor: httpx.AsyncClient) -> None:
    await _look(visitor, **CART)
    tap = {"client_id": "a", "choice": "faq:payment-methods"}

    assert (await visitor.post("/api/web/messages", json=tap)).status_code == 202
    assert (await _said(visitor))[1]["text"] == "Cara bayar"


async def test_each_kind_of_page_has_its_own_help_and_most_have_none(
    visitor: httpx.AsyncClient,
) -> None:
    for kind in ("home", "product", "order", "other"):
        await _look(visitor, kind=kind)

    assert [message["source"]["id"] for message in await _said(visitor)] == ["page-order"]


@pytest.mark.parametrize(
    "busy",
    [
        {"state": "csr"},
        {"state": "waiting"},
        {"state": "closed"},
        {"pending_since": now()},
        {"lease_until": now()},
        {"dialogue": {"loop": "open_ticket_form"}},
        {"context": {"problem": True}},
    ],
    ids=lambda busy: next(iter(busy)) + str(next(iter(busy.values())))[:8],
)
async def test_who_is_in_the_middle_of_something_is_not_interrupted(
    visitor: httpx.AsyncClient, database: Database, busy: dict[str, Any]
) -> None:
    await _change(database, **busy)

    assert (await _look(visitor, **CART)).status_code == 202
    assert await _said(visitor) == []


async def test_half_a_day_later_it_is_offered_again(
    visitor: httpx.AsyncClient, database: Database
) -> None:
    await _look(visitor, **CART)
    yesterday = (now() - timedelta(hours=13)).isoformat()
    await _change(database, page={"kind": "cart", "offered": {"cart": yesterday}})
    await _look(visitor, **CART)

    assert len(await _said(visitor)) == 2


@pytest.mark.parametrize(
    "page",
    [
        {},
        {"kind": "nowhere"},
        {"kind": "cart", "total_idr": -1},
        {"kind": "cart", "total_idr": 10**13},
        {"kind": "product", "product": "x" * 201},
        {"kind": "cart", "card_number": "4111111111111111"},
    ],
)
async def test_a_page_that_says_too_much_or_nonsense_is_refused(
    visitor: httpx.AsyncClient, page: dict[str, Any]
) -> None:
    answer = await _look(visitor, **page)

    assert (answer.status_code, answer.json()["type"]) == (422, "urn:sapa:problem:request-invalid")
    assert "4111" not in answer.text


async def test_a_page_in_foreign_hands_changes_nothing(visitor: httpx.AsyncClient) -> None:
    def look(headers: dict[str, str]) -> Any:
        return visitor.post("/api/web/page", json={"page": CART}, headers=headers)

    assert (await look({"Authorization": "Bearer forged"})).status_code == 401
    assert (await look({"Origin": "https://evil.example.com"})).status_code == 403
    assert await _said(visitor) == []


async def test_what_the_page_said_is_kept_without_what_no_page_can_show(
    visitor: httpx.AsyncClient, database: Database, transcript: Transcript
) -> None:
    await _look(visitor, kind="product", product="<b>Tas</b>\x00\x1b[31m", title="Tas")

    async with database.read() as session:
        [conversation] = await session.scalars(Conversation.__table__.select())
        found = await session.get(Conversation, conversation)
    assert found is not None
    assert found.page is not None
    assert {key: found.page[key] for key in ("kind", "product", "title", "offered")} == {
        "kind": "product",
        "product": "<b>Tas</b>[31m",
        "title": "Tas",
        "offered": {},
    }


async def test_a_visitor_who_logs_in_during_the_talk_becomes_known(
    visitor: httpx.AsyncClient, database: Database
) -> None:
    async with database.write() as session:
        session.add(Customer(id="c1", name="Ayu"))

    first = await visitor.post("/api/web/identity", json=_proof("c1"))
    again = await visitor.post("/api/web/identity", json=_proof("c1"))
    stranger = await visitor.post("/api/web/identity", json=_proof("c2"))

    assert (first.json(), again.json()) == ({"known": True}, {"known": True})
    assert (stranger.status_code, stranger.json()["type"]) == (
        409,
        "urn:sapa:problem:identity-other",
    )
    async with database.read() as session:
        found = (await session.execute(Conversation.__table__.select())).one()
    assert (found.customer_id, found.verified) == ("c1", True)


@pytest.mark.parametrize(
    "proof",
    [
        _proof("c1", minutes=-5),
        _proof("c1", secret="x" * 40),
        {"identity_token": "nonsense"},
    ],
)
async def test_a_proof_that_ran_out_or_is_forged_leaves_the_talk_as_it_was(
    visitor: httpx.AsyncClient, database: Database, proof: dict[str, str]
) -> None:
    answer = await visitor.post("/api/web/identity", json=proof)

    assert (answer.status_code, answer.json()["type"]) == (422, "urn:sapa:problem:identity-invalid")
    assert (await _look(visitor, **CART)).status_code == 202
    async with database.read() as session:
        found = (await session.execute(Conversation.__table__.select())).one()
    assert (found.customer_id, found.verified) == (None, False)


async def test_a_customer_the_shop_does_not_have_stays_unknown(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.post("/api/web/identity", json=_proof("nobody"))

    assert (answer.status_code, answer.json()) == (200, {"known": False})


async def test_who_waits_hears_when_their_place_in_line_changes(
    served: str,
    transcript: Transcript,
    database: Database,
    line: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(website_socket, "_PLACE_S", 0.05)
    async with httpx.AsyncClient(base_url=f"http://{served}") as http:
        session = (await http.post("/api/web/sessions", json={"site_key": "demo"})).json()

    async with connect(f"ws://{served}/api/web/socket") as socket:
        await socket.send(json.dumps({"token": session["token"]}))

        async def frame() -> dict[str, Any]:
            heard: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), 10))
            return heard

        assert (await frame())["state"] == "bot"
        await _change(database, state="waiting")
        wait = Reply("Sebentar.", "id", Source("template", "handoff", "1"), kind="handoff")
        await transcript.say(session["conversation_id"], wait, "bot", "Nara")
        assert (await frame())["type"] == "message"
        first = await frame()
        line["position"], line["wait_minutes"] = 1, [1, 3]
        then = await frame()

    waiting = {"type": "presence", "state": "waiting", "name": "Nara"}
    assert first == {**waiting, "position": 2, "wait_minutes": [3, 6]}
    assert then == {**waiting, "position": 1, "wait_minutes": [1, 3]}
