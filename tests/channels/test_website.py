import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest
from sqlalchemy import func, select

from channels.message import Reply, Source
from channels.visitor import Visitors
from channels.website import preferred
from conversation.tables import Conversation, Message
from conversation.transcript import Transcript
from crm.tables import Customer
from db.engine import Database
from tests.channels.conftest import SECRET, SITE_SECRET


async def _send(client: httpx.AsyncClient, **message: Any) -> httpx.Response:
    return await client.post("/api/web/messages", json={"client_id": "a", **message})


async def _texts(client: httpx.AsyncClient) -> list[str]:
    read = await client.get("/api/web/messages", params={"after": 0})
    return [message["text"] for message in read.json()["messages"]]


async def test_a_session_begins_empty_and_introduces_the_assistant(http: httpx.AsyncClient) -> None:
    response = await http.post("/api/web/sessions", json={"site_key": "demo", "lang": "en"})

    session = response.json()
    assert response.status_code == 201
    assert session["persona"] == {"name": "Nara", "greeting": "Hello", "avatar": ""}
    assert (session["messages"], session["cursor"]) == ([], 0)
    assert session["conversation_id"]


async def test_an_unknown_site_is_told_so_in_the_readers_language(http: httpx.AsyncClient) -> None:
    titles = {}
    for lang in ("id", "en"):
        response = await http.post(
            "/api/web/sessions", json={"site_key": "nobody"}, headers={"Accept-Language": lang}
        )
        assert response.status_code == 404
        assert response.headers["content-type"] == "application/problem+json"
        assert sorted(response.json()) == ["detail", "status", "title", "type"]
        titles[lang] = response.json()["title"]
    assert titles == {"id": "Situs tidak dikenal", "en": "Unknown site"}


async def test_a_page_of_another_origin_gets_no_session(http: httpx.AsyncClient) -> None:
    def wish(origin: str) -> Any:
        return http.post("/api/web/sessions", json={"site_key": "demo"}, headers={"Origin": origin})

    assert (await wish("https://evil.example.com")).status_code == 403
    assert (await wish("https://shop.example.com")).status_code == 201


async def test_a_token_is_no_good_on_a_page_of_another_site(visitor: httpx.AsyncClient) -> None:
    response = await visitor.get(
        "/api/web/messages", headers={"Origin": "https://evil.example.com"}
    )

    assert (response.status_code, response.json()["type"]) == (
        403,
        "urn:sapa:problem:foreign-origin",
    )


async def test_a_message_is_accepted_and_read_back(visitor: httpx.AsyncClient) -> None:
    accepted = await _send(visitor, text="halo")
    read = (await visitor.get("/api/web/messages")).json()

    assert accepted.status_code == 202
    assert accepted.json() == {"id": read["messages"][0]["id"], "seq": 1}
    assert read["cursor"] == 1
    assert read["messages"][0]["data"] == {"client_id": "a"}


async def test_the_same_client_id_again_and_at_once_is_one_message(
    visitor: httpx.AsyncClient,
) -> None:
    answers = await asyncio.gather(*(_send(visitor, text="halo") for _ in range(10)))

    assert {answer.status_code for answer in answers} == {202}
    assert {answer.json()["seq"] for answer in answers} == {1}
    assert await _texts(visitor) == ["halo"]


@pytest.mark.parametrize(
    ("message", "key"),
    [
        ({"text": ""}, "message-empty"),
        ({"text": "  \n\t "}, "message-empty"),
        ({"text": "\x00\x07\x1b"}, "message-empty"),
        ({}, "message-empty"),
        ({"text": "a" * 5000}, "message-too-long"),
        ({"choice": "request_human"}, "choice-unknown"),
        ({"client_id": ""}, "request-invalid"),
        ({"client_id": "a" * 65, "text": "halo"}, "request-invalid"),
        ({"client_id": "a\x00", "text": "would be taken for a repeat of a"}, "request-invalid"),
        ({"text": 7}, "request-invalid"),
        ({"text": ["halo"]}, "request-invalid"),
    ],
)
async def test_a_bad_message_is_refused_with_a_reason_and_not_stored(
    visitor: httpx.AsyncClient, message: dict[str, Any], key: str
) -> None:
    response = await _send(visitor, **message)

    assert (response.status_code, response.json()["type"]) == (422, f"urn:sapa:problem:{key}")
    assert await _texts(visitor) == []


@pytest.mark.parametrize(
    "text",
    [
        "😀😀😀",
        "مرحبا كيف حالك؟",
        "<script>alert(1)</script><b>halo</b>",
        "a" * 4096,
        "/restart",
        '/inform{"order_number": "TL-261118-0042"}',
        "👩‍👩‍👧‍👦 keluarga",
        "'; DROP TABLE messages; --",
        "٪{slot} %s {0}",
        "satu\ndua",
    ],
)
async def test_any_text_is_stored_as_it_was_written(visitor: httpx.AsyncClient, text: str) -> None:
    assert (await _send(visitor, text=text)).status_code == 202
    assert await _texts(visitor) == [text]


async def test_what_no_database_can_hold_is_dropped_from_a_text(visitor: httpx.AsyncClient) -> None:
    body = '{"client_id": "a", "text": "ha\\u0000lo \\ud800 \\u0007\\r\\ndunia"}'
    response = await visitor.post(
        "/api/web/messages", content=body, headers={"Content-Type": "application/json"}
    )

    assert response.status_code == 202
    assert await _texts(visitor) == ["halo \ufffd \ndunia"]


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 422), (b"{", 422), (b"[]", 422), (b"null", 422), (b'"halo"', 422), (b"\xff", 400)],
)
async def test_a_body_that_is_no_message_is_refused(
    visitor: httpx.AsyncClient, body: bytes, status: int
) -> None:
    response = await visitor.post(
        "/api/web/messages", content=body, headers={"Content-Type": "application/json"}
    )

    assert (response.status_code, response.json()["type"]) == (
        status,
        "urn:sapa:problem:request-invalid",
    )


async def test_a_body_that_is_too_large_is_refused(visitor: httpx.AsyncClient) -> None:
    response = await _send(visitor, text="a" * 100_000)

    assert (response.status_code, response.json()["type"]) == (413, "urn:sapa:problem:too-large")


def _token(**claims: Any) -> str:
    usual = {
        "sub": "x",
        "site": "demo",
        "aud": "sapa-website",
        "exp": datetime.now(UTC) + timedelta(days=1),
    }
    return jwt.encode({**usual, **claims}, claims.pop("secret", SECRET), algorithm="HS256")


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ({}, "session-missing"),
        ({"Authorization": "Bearer"}, "session-missing"),
        ({"Authorization": "Basic YTpi"}, "session-missing"),
        ({"Authorization": "Bearer nonsense"}, "session-invalid"),
        ({"Authorization": f"Bearer {_token(secret='f' * 40)}"}, "session-invalid"),
        ({"Authorization": f"Bearer {_token(aud='else')}"}, "session-invalid"),
        ({"Authorization": f"Bearer {_token()}"}, "session-invalid"),
        (
            {"Authorization": f"Bearer {_token(exp=datetime.now(UTC) - timedelta(seconds=1))}"},
            "session-expired",
        ),
        (
            {
                "Authorization": "Bearer "
                + jwt.encode({"sub": "x", "aud": "sapa-website"}, "", algorithm="none")
            },
            "session-invalid",
        ),
    ],
)
async def test_without_a_good_token_nothing_is_read_or_written(
    http: httpx.AsyncClient, database: Database, header: dict[str, str], key: str
) -> None:
    sent = await http.post(
        "/api/web/messages", json={"client_id": "a", "text": "halo"}, headers=header
    )
    read = await http.get("/api/web/messages", headers=header)

    for response in (sent, read):
        assert (response.status_code, response.json()["type"]) == (401, f"urn:sapa:problem:{key}")
    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Message)) == 0


async def test_one_visitor_does_not_see_anothers_messages(http: httpx.AsyncClient) -> None:
    tokens = [
        (await http.post("/api/web/sessions", json={"site_key": "demo"})).json()["token"]
        for _ in range(2)
    ]
    mine, theirs = [{"Authorization": f"Bearer {token}"} for token in tokens]
    await http.post("/api/web/messages", json={"client_id": "a", "text": "rahasia"}, headers=mine)

    assert (await http.get("/api/web/messages", headers=theirs)).json() == {
        "messages": [],
        "cursor": 0,
    }


async def test_fifty_messages_in_a_second_are_slowed_down_and_none_accepted_is_lost(
    visitor: httpx.AsyncClient,
) -> None:
    answers = await asyncio.gather(
        *(
            visitor.post("/api/web/messages", json={"client_id": str(n), "text": f"pesan {n}"})
            for n in range(50)
        )
    )

    accepted = [answer for answer in answers if answer.status_code == 202]
    slowed = [answer for answer in answers if answer.status_code == 429]
    assert (len(accepted), len(slowed)) == (20, 30)
    assert all(1 <= int(answer.headers["Retry-After"]) <= 11 for answer in slowed)
    assert len(await _texts(visitor)) == 20


async def test_a_waiting_reader_gets_what_comes(
    visitor: httpx.AsyncClient, transcript: Transcript, database: Database
) -> None:
    async with database.read() as session:
        conversation_id = await session.scalar(select(Conversation.id))
    reading = asyncio.create_task(visitor.get("/api/web/messages", params={"after": 0, "wait": 10}))
    await asyncio.sleep(0.1)
    reply = Reply("Halo", "id", Source("template", "greet", "1"))
    await transcript.say(str(conversation_id), reply, "bot", "Nara")

    read = (await asyncio.wait_for(reading, 15)).json()
    assert [message["text"] for message in read["messages"]] == ["Halo"]


async def test_a_reader_with_nothing_to_come_is_sent_home(visitor: httpx.AsyncClient) -> None:
    read = await visitor.get("/api/web/messages", params={"after": 0, "wait": 1})

    assert read.json() == {"messages": [], "cursor": 0}


def _identity(**claims: Any) -> str:
    usual = {"sub": "C0001", "aud": "demo", "exp": datetime.now(UTC) + timedelta(minutes=5)}
    secret = claims.pop("secret", SITE_SECRET)
    return jwt.encode({**usual, **claims}, secret, algorithm="HS256")


async def test_a_customer_the_shop_vouches_for_is_verified(
    http: httpx.AsyncClient, database: Database
) -> None:
    async with database.write() as session:
        session.add(Customer(id="C0001", name="Budi Santoso"))
    wish = {"site_key": "demo", "identity_token": _identity()}

    assert (await http.post("/api/web/sessions", json=wish)).status_code == 201

    async with database.read() as session:
        row = (await session.scalars(select(Conversation))).one()
    assert (row.customer_id, row.verified) == ("C0001", True)


@pytest.mark.parametrize(
    ("site", "token"),
    [
        ("demo", _identity(secret="x" * 40)),
        ("demo", _identity(aud="plain")),
        ("demo", _identity(exp=datetime.now(UTC) - timedelta(minutes=1))),
        ("demo", "nonsense"),
        ("plain", _identity(aud="plain")),
    ],
)
async def test_a_forged_or_old_identity_is_refused(
    http: httpx.AsyncClient, database: Database, site: str, token: str
) -> None:
    response = await http.post(
        "/api/web/sessions", json={"site_key": site, "identity_token": token}
    )

    assert (response.status_code, response.json()["type"]) == (
        401,
        "urn:sapa:problem:identity-invalid",
    )
    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Conversation)) == 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_full_disk_stores_no_half_message_and_tells_the_sender_to_try_again(
    visitor: httpx.AsyncClient, database: Database
) -> None:
    async def limit(pages: int) -> None:
        """Of the one connection that stores messages; fewer than there are is as many."""
        pragma = f"PRAGMA max_page_count = {pages}"
        await database.change(lambda connection: connection.exec_driver_sql(pragma).all())

    await limit(1)
    full = await _send(visitor, text="a" * 4096)
    for n in range(20):
        full = await visitor.post(
            "/api/web/messages", json={"client_id": f"{n}", "text": "a" * 4000}
        )
        if full.status_code != 202:
            break
    assert (full.status_code, full.json()["type"]) == (503, "urn:sapa:problem:store-down")
    assert full.headers["Retry-After"] == "5"

    await limit(1_000_000)
    async with database.read() as session:
        conversation = (await session.scalars(select(Conversation))).one()
        stored = list(await session.scalars(select(Message.seq).order_by(Message.seq)))
    assert stored == list(range(1, conversation.last_seq + 1))
    assert (await visitor.post(
        "/api/web/messages", json={"client_id": "later", "text": "halo"}
    )).status_code == 202  # fmt: skip


@pytest.mark.parametrize(
    ("header", "lang"),
    [
        (None, "id"),
        ("", "id"),
        ("en-US,en;q=0.9", "en"),
        ("id-ID,id;q=0.9,en;q=0.8", "id"),
        ("fr-FR,en;q=0.5", "en"),
        ("en;q=0.2,id;q=0.9", "id"),
        ("ms-MY", "id"),
        ("*;q=nonsense", "id"),
    ],
)
def test_the_browsers_language_is_understood(header: str | None, lang: str) -> None:
    assert preferred(header) == lang


async def test_one_visitor_cannot_wait_for_messages_a_hundred_times_at_once(
    visitor: httpx.AsyncClient,
) -> None:
    reads = (visitor.get("/api/web/messages", params={"wait": 1}) for _ in range(30))
    responses = await asyncio.gather(*reads)

    statuses = [response.status_code for response in responses]
    assert (statuses.count(200), statuses.count(429)) == (20, 10)
    assert {response.headers.get("retry-after") for response in responses} == {None, "5"}


def test_the_network_of_an_address_tells_nothing_about_the_address() -> None:
    visitors = Visitors("s" * 40, 30, {})
    names = [
        visitors.network(address)
        for address in ("203.0.113.7", "203.0.113.8", "2001:db8::1", "2001:db8::2", "unix socket")
    ]

    assert (names[2] == names[3], len(set(names)), names[4]) == (True, 4, "")
    assert all(len(name) == 16 for name in names[:4])
    assert Visitors("t" * 40, 30, {}).network("203.0.113.7") != names[0]
