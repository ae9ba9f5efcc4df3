"""What is wrong changes nothing, or exactly one thing; the log names it, the metric counts it."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import func, select

from channels.message import DeliveryFailed
from channels.whatsapp.cloud_api import CloudApi
from conversation.tables import InboxEvent, Message
from db.engine import Database
from tests.channels.whatsapp.conftest import WEBHOOK, Meta, Shop
from tests.channels.whatsapp.counting import watched
from tests.channels.whatsapp.double import TOKEN
from tests.channels.whatsapp.payloads import BUDI, BUDIS_PHONE, NUMBER, body, message, signed, text

WORDS = "rahasia saya"
WHOLE = json.dumps(text("wamid.1", WORDS)).encode()
LARGEST = 3 * 1024 * 1024
PRIVATE = (BUDI, BUDIS_PHONE, WORDS)


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """Nothing here depends on the store; what reaches one is tested on both elsewhere."""
    return sqlite_database


async def _rows(database: Database, table: type[InboxEvent | Message]) -> int:
    async with database.read() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def _in_chunks(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 65_536 + 1):
        yield b" " * 65_536


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "unsigned"),
        ({"X-Hub-Signature-256": "sha256=" + "0" * 64}, "signature"),
        ({"X-Hub-Signature-256": "sha256=é".encode("latin-1")}, "signature"),
        (signed(WHOLE + b" ")[1], "signature"),
    ],
)
async def test_a_forged_or_unsigned_body_changes_nothing(
    meta: Meta, database: Database, headers: dict[str, str], reason: str
) -> None:
    with watched() as seen:
        answer = await meta.client.post(WEBHOOK, content=WHOLE, headers=headers)

    assert (answer.status_code, await _rows(database, InboxEvent)) == (403, 0)
    assert seen.counted == {f"webhook_refused whatsapp {reason}": 1}
    assert seen.lines == [f"webhook refused {reason}"]


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_beyond_three_megabytes_changes_nothing(
    meta: Meta, database: Database, chunked: bool
) -> None:
    content = b" " * (LARGEST + 1)
    with watched() as seen:
        answer = await meta.client.post(
            WEBHOOK,
            content=_in_chunks(LARGEST) if chunked else content,
            headers=signed(content)[1],
        )

    assert (answer.status_code, await _rows(database, InboxEvent)) == (413, 0)
    assert answer.headers["content-type"] == "application/problem+json"
    assert seen.counted == {"webhook_refused whatsapp too-large": 1}
    assert seen.lines == ["webhook refused too-large"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (text("wamid.1", WORDS, age_s=9 * 24 * 3600), "old"),
        (body(number="999", messages=[{"id": "wamid.1", "from": BUDIS_PHONE}]), "other-account"),
        (body("history", history=[{"threads": [WORDS]}]), "field"),
        (body(WORDS, metadata=None), "field"),
        (body(messages={"id": "wamid.1"}), "field"),
        ({"object": "page", "entry": 7}, "shape"),
        ([WORDS], "shape"),
        (7, "shape"),
    ],
)
async def test_a_well_signed_body_that_is_not_for_us_changes_nothing(
    shop: Shop, content: object, reason: str
) -> None:
    with watched() as seen:
        await shop.receives(content)

    assert await _rows(shop.database, InboxEvent) == 0
    assert seen.counted == {f"webhook_ignored whatsapp {reason}": 1}
    assert seen.lines == [f"webhook ignored {reason}"]
    assert [word for word in PRIVATE if word in repr(seen.logs)] == []


@pytest.mark.parametrize(
    "content",
    [WHOLE[:-9], f"halo {WORDS}".encode(), b"", b"\xff\xfe\x00", b"[" * 100_000 + b"]" * 100_000,
     b"[" * 900 + b"]" * 900, WHOLE.replace(b'"rahasia saya"', b"NaN"), b"1" * 9_999],
)  # fmt: skip
async def test_a_signed_body_that_is_no_json_is_put_aside_once(shop: Shop, content: bytes) -> None:
    with watched() as seen:
        await shop.receives(content, content, content)

    assert (await _rows(shop.database, InboxEvent), await _rows(shop.database, Message)) == (1, 0)
    assert seen.counted == {
        "webhook_events whatsapp": 3,
        "inbox_repeats whatsapp": 2,
        "inbox_events whatsapp parked": 1,
    }
    assert seen.lines == ["event parked no JSON object"]
    assert [word for word in PRIVATE if word in repr(seen.logs)] == []


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({"type": "text", "text": WORDS}, "message text: TypeError"),
        ({"type": "text"}, "message text: KeyError"),
        ({"type": "location", "location": {"latitude": WORDS}}, "message location: ValueError"),
        ({"type": "interactive", "interactive": []}, "message interactive: TypeError"),
        ({"type": ["text"], "text": {"body": WORDS}}, "message unsupported: TypeError"),
        ({}, "message unsupported: KeyError"),
        ({"type": "text", "text": {"body": WORDS}}, "message of nobody"),
        ({"id": "", "type": "text", "text": {"body": WORDS}}, "message without an id"),
    ],
)
async def test_a_message_that_is_not_as_it_should_be_is_put_aside(
    shop: Shop, content: dict[str, object], why: str
) -> None:
    known = None if "nobody" in why else BUDI
    broken = message("wamid.1", content, user_id=known, phone=known and BUDIS_PHONE)
    with watched() as seen:
        await shop.receives(broken)

    assert await _rows(shop.database, Message) == 0
    assert seen.counted == {"webhook_events whatsapp": 1, "inbox_events whatsapp parked": 1}
    assert seen.lines == [f"event parked {why}"]
    assert [word for word in PRIVATE if word in repr(seen.logs)] == []


@pytest.mark.parametrize(
    ("content", "name"),
    [({"type": "hologram", "hologram": {"id": WORDS}}, "hologram"), ({"type": WORDS}, "")],
)
async def test_a_message_of_an_unknown_type_is_in_the_conversation_once(
    shop: Shop, content: dict[str, object], name: str
) -> None:
    with watched() as seen:
        await shop.receives(*[message("wamid.1", content)] * 3)

    assert [said for _, said in await shop.said()] == ["[Pesan yang tidak bisa ditampilkan]"]
    assert seen.counted == {
        "webhook_events whatsapp": 3,
        "webhook_unknown whatsapp": 1,
        "inbox_repeats whatsapp": 2,
        "inbox_events whatsapp taken": 1,
    }
    assert seen.lines == [f"webhook of unknown type {name}".strip()]
    assert [word for word in PRIVATE if word in repr(seen.logs)] == []


@pytest.mark.parametrize(
    "content",
    [
        body(statuses=[{"id": "wamid.x", "status": "teleported", "recipient_id": BUDIS_PHONE}]),
        body(messages=[{"id": "wamid.x", "from": BUDIS_PHONE, "type": "system",
                        "system": {"type": "teleported", "body": WORDS}}]),
    ],
)  # fmt: skip
async def test_an_event_of_an_unknown_type_changes_nothing(shop: Shop, content: object) -> None:
    with watched() as seen:
        await shop.receives(content)

    assert await _rows(shop.database, Message) == 0
    assert seen.counted == {
        "webhook_events whatsapp": 1,
        "webhook_unknown whatsapp": 1,
        "inbox_events whatsapp taken": 1,
    }
    assert seen.lines == ["webhook of unknown type teleported"]
    assert [word for word in PRIVATE if word in repr(seen.logs)] == []


async def test_fields_nobody_knows_change_nothing_about_the_message(shop: Shop) -> None:
    content = text("wamid.1", "halo")
    change = content["entry"][0]["changes"][0]
    for one in (
        content,
        content["entry"][0],
        change,
        change["value"],
        change["value"]["messages"][0],
    ):
        one["teleport"] = {"who": [BUDIS_PHONE]}
    with watched() as seen:
        await shop.receives(content)

    assert await shop.said() == [("customer", "halo")]
    assert (seen.counted, seen.lines) == (
        {"webhook_events whatsapp": 1, "inbox_events whatsapp taken": 1},
        [],
    )


async def test_ten_thousand_repeats_in_one_body_are_one_message(shop: Shop) -> None:
    one = {"id": "wamid.1", "from": BUDIS_PHONE, "type": "text", "text": {"body": "halo"}}
    with watched() as seen:
        await shop.receives(body(messages=[one] * 10_000))
        await shop.answers()

    assert await shop.said() == [("customer", "halo"), ("bot", "echo: halo")]
    assert shop.double.texts == ["echo: halo"]
    assert seen.counted == {
        "webhook_events whatsapp": 10_000,
        "inbox_repeats whatsapp": 9_999,
        "inbox_events whatsapp taken": 1,
        "outbox_sends whatsapp sent ": 1,
    }


async def test_two_messages_without_an_id_are_not_taken_for_one(shop: Shop) -> None:
    with watched() as seen:
        await shop.receives(*(message("", {"type": "text", "text": {"body": w}}) for w in "ab"))

    assert await _rows(shop.database, InboxEvent) == 2
    assert seen.counted["inbox_events whatsapp parked"] == 2


@pytest.mark.parametrize(
    ("fault", "outcome", "reason"),
    [
        (httpx.Response(200, json={"error": {"code": 131026, "message": f"{BUDIS_PHONE} gone"}}),
         "dead", "131026"),
        (httpx.Response(200, json={"error": {"code": 130429, "message": WORDS[:0]}}),
         "again", "130429"),
        (httpx.Response(200, json={"error": WORDS}), "again", "Meta answered without a message id"),
        (httpx.Response(200, json=[WORDS]), "again", "Meta answered without a message id"),
        (httpx.Response(200, text=WORDS), "again", "Meta answered with status 200"),
        (httpx.Response(404, json={}), "dead", "Meta answered with status 404"),
        (httpx.Response(503, text=WORDS), "again", "Meta answered with status 503"),
        (httpx.ReadTimeout("hangs"), "again", "ReadTimeout"),
        (httpx.ReadError("reset"), "again", "ReadError"),
        (httpx.ConnectError("refused"), "again", "ConnectError"),
    ],
)  # fmt: skip
async def test_a_vendor_that_fails_is_named_and_the_message_is_sent_once_or_put_aside(
    shop: Shop, fault: httpx.Response | Exception, outcome: str, reason: str
) -> None:
    await shop.receives(text("wamid.1", "halo"))
    shop.double.faults.append(fault)
    with watched() as seen:
        await shop.answers()

    assert seen.counted == {f"outbox_sends whatsapp {outcome} {reason}": 1}
    (line,) = seen.lines
    assert reason in line
    assert [word for word in PRIVATE if word in repr(seen.logs)] == []
    await shop.later()
    await shop.sends()
    assert shop.double.texts == (["echo: halo"] if outcome == "again" else [])


async def test_a_vendor_that_drips_does_not_outlive_the_lease() -> None:
    class Drip(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                await asyncio.sleep(0.01)
                yield b" "

    transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=Drip()))
    api = CloudApi("https://graph.example.com", NUMBER, TOKEN, transport, 0.2, 0.2)

    for asked in (api.post_message({}), api.fetch("1", "", 10**6)):
        with pytest.raises(DeliveryFailed) as failure:
            await asked
        assert (str(failure.value), failure.value.permanent) == ("TimeoutError", False)
