import asyncio
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, text

from channels.event import RawEvent
from channels.whatsapp.webhook import WebhookAccess
from conversation.inbox import Inbox
from conversation.tables import InboxEvent
from db.engine import Database
from tests.channels.whatsapp.conftest import WEBHOOK, Meta, app_with
from tests.channels.whatsapp.counting import watched
from tests.channels.whatsapp.payloads import (
    EXAMPLES,
    NUMBER,
    VERIFY_TOKEN,
    body,
    example,
    message,
    signed,
)
from tests.channels.whatsapp.payloads import text as text_message


async def _stored(database: Database) -> list[tuple[str, str]]:
    async with database.read() as session:
        rows = await session.scalars(select(InboxEvent).order_by(InboxEvent.source_id))
        return [(row.source_id, row.status) for row in rows]


async def test_the_handshake_gives_the_bare_challenge_back(meta: Meta) -> None:
    answer = await meta.shakes_hands(mode="subscribe", verify_token=VERIFY_TOKEN, challenge="1158")

    assert (answer.status_code, answer.text) == (200, "1158")


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"mode": "subscribe", "challenge": "1158"},
        {"mode": "subscribe", "verify_token": "wrong", "challenge": "1158"},
        {"mode": "unsubscribe", "verify_token": VERIFY_TOKEN, "challenge": "1158"},
    ],
)
async def test_a_handshake_without_the_token_is_refused(meta: Meta, asked: dict[str, str]) -> None:
    answer = await meta.shakes_hands(**asked)

    assert (answer.status_code, "1158" in answer.text) == (403, False)


@pytest.mark.parametrize("name", list(EXAMPLES))
async def test_every_example_of_meta_is_stored_before_it_is_acknowledged(
    meta: Meta, database: Database, name: str
) -> None:
    assert await meta.posts(example(name, "wamid.1")) == 200
    assert await _stored(database) == [("wamid.1", "new")]


async def test_one_body_may_carry_many_events(meta: Meta, database: Database) -> None:
    first, second = text_message("wamid.1", "satu"), text_message("wamid.2", "dua")
    statuses = body(statuses=[{"id": "wamid.9", "status": state} for state in ("sent", "read")])
    both = {**first, "entry": first["entry"] + second["entry"] + statuses["entry"]}

    assert await meta.posts(both) == 200
    assert [source_id for source_id, _ in await _stored(database)] == [
        "wamid.1",
        "wamid.2",
        "wamid.9:read",
        "wamid.9:sent",
    ]


async def test_the_same_event_again_alone_and_with_others_is_one_event(
    meta: Meta, database: Database
) -> None:
    first, second = text_message("wamid.1", "satu"), text_message("wamid.2", "dua")
    both = {**first, "entry": first["entry"] + second["entry"]}

    answers = await asyncio.gather(
        *(meta.posts(content) for content in [first, both, second, both] * 25)
    )

    assert set(answers) == {200}
    assert await _stored(database) == [("wamid.1", "new"), ("wamid.2", "new")]


async def test_the_signature_is_of_the_bytes_and_not_of_what_they_mean(
    meta: Meta, database: Database
) -> None:
    raw = json.dumps(text_message("wamid.1", "naïve & <halo>"), indent=3).encode()
    _, headers = signed(raw)
    same_meaning = json.dumps(json.loads(raw)).encode()

    refused = await meta.client.post(WEBHOOK, content=same_meaning, headers=headers)
    taken = await meta.client.post(WEBHOOK, content=raw, headers=headers)

    assert (refused.status_code, taken.status_code) == (403, 200)
    assert len(await _stored(database)) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Hub-Signature-256": ""},
        {"X-Hub-Signature-256": "sha256="},
        {"X-Hub-Signature-256": "sha256=" + "0" * 64},
        {"X-Hub-Signature-256": signed(b"another body")[1]["X-Hub-Signature-256"]},
        {"X-Hub-Signature": signed(text_message("wamid.1", "x"))[1]["X-Hub-Signature-256"]},
    ],
)
async def test_an_unsigned_or_forged_body_changes_nothing(
    meta: Meta, database: Database, headers: dict[str, str]
) -> None:
    raw, _ = signed(text_message("wamid.1", "x"))

    answer = await meta.client.post(WEBHOOK, content=raw, headers=headers)

    assert (answer.status_code, answer.json()["type"]) == (403, "urn:sapa:problem:webhook-refused")
    assert await _stored(database) == []


async def test_without_a_secret_even_a_body_signed_with_nothing_is_refused(
    inbox: Inbox, database: Database
) -> None:
    app = app_with(WebhookAccess("", "", NUMBER), inbox)
    raw = json.dumps(text_message("wamid.1", "x")).encode()
    empty = "sha256=" + hmac.new(b"", raw, "sha256").hexdigest()
    transport = httpx.ASGITransport(app)

    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        sent = await client.post(WEBHOOK, content=raw, headers={"X-Hub-Signature-256": empty})
        asked = {"hub.mode": "subscribe", "hub.verify_token": "", "hub.challenge": "1"}
        shaken = await client.get(WEBHOOK, params=asked)

    assert (sent.status_code, shaken.status_code) == (403, 403)
    assert await _stored(database) == []


async def test_a_body_beyond_three_megabytes_is_refused(meta: Meta, database: Database) -> None:
    largest = 3 * 1024 * 1024
    assert await meta.posts(b" " * (largest + 1)) == 413
    assert await _stored(database) == []


async def test_a_signed_body_that_is_no_json_is_kept_once_to_be_looked_at(
    meta: Meta, database: Database
) -> None:
    whole = json.dumps(text_message("wamid.1", "halo")).encode()

    assert [await meta.posts(whole[:-9]) for _ in range(3)] == [200, 200, 200]
    assert [status for _, status in await _stored(database)] == ["new"]


@pytest.mark.parametrize(
    "ignored",
    [
        [],
        {},
        {"object": "page", "entry": 7},
        {"object": "whatsapp_business_account", "entry": [{"changes": [None, {"value": 1}]}]},
        body("account_update", metadata=None),
        body("messages", number="999", messages=[{"id": "wamid.1"}]),
        body("messages", messages={"id": "wamid.1"}),
        body("history", history=[{"threads": []}]),
    ],
)
async def test_what_is_not_for_us_is_acknowledged_and_changes_nothing(
    meta: Meta, database: Database, ignored: object
) -> None:
    assert await meta.posts(ignored) == 200
    assert await _stored(database) == []


async def test_an_old_but_well_signed_body_changes_nothing(meta: Meta, database: Database) -> None:
    nine_days = 9 * 24 * 3600
    assert await meta.posts(text_message("wamid.1", "halo", age_s=nine_days)) == 200
    assert await _stored(database) == []


@pytest.mark.parametrize("timestamp", ["99999999999999", "-1e9", "", None, "besok", "4102444800"])
async def test_a_senseless_time_counts_as_now(
    meta: Meta, database: Database, timestamp: str | None
) -> None:
    odd = {"type": "text", "text": {"body": "x"}, "timestamp": timestamp}
    assert await meta.posts(message("wamid.1", odd)) == 200

    async with database.read() as session:
        row = (await session.scalars(select(InboxEvent))).one()
    assert row.sent_at is not None
    assert abs((row.sent_at - row.received_at).total_seconds()) < 60


@pytest.mark.parametrize("words", ["\x00", "\ud800", "\\u0000 \ud83d", "x" * 70_000])
async def test_any_text_can_be_stored(meta: Meta, database: Database, words: str) -> None:
    assert await meta.posts(text_message(f"wamid.{words[:3]}", words)) == 200
    assert len(await _stored(database)) == 1


async def test_a_store_that_is_away_is_told_so_that_meta_sends_it_again(
    meta: Meta, database: Database
) -> None:
    async with database.write() as session:
        await session.execute(text("ALTER TABLE inbox RENAME TO gone"))
    try:
        answers = await asyncio.gather(
            *(meta.posts(text_message(f"wamid.{n}", "halo")) for n in range(5))
        )
    finally:
        async with database.write() as session:
            await session.execute(text("ALTER TABLE gone RENAME TO inbox"))

    assert answers == [503] * 5
    assert await meta.posts(text_message("wamid.0", "halo")) == 200
    assert await _stored(database) == [("wamid.0", "new")]


async def test_ten_thousand_repeats_at_once_are_one_event(inbox: Inbox, database: Database) -> None:
    event = RawEvent("wamid.1", "user:1", datetime.now(UTC), {"kind": "message"})

    with watched() as seen:
        await asyncio.gather(*(inbox.put("whatsapp", [event]) for _ in range(10_000)))

    assert seen.counted == {"inbox_repeats whatsapp": 9_999}
    assert await _stored(database) == [("wamid.1", "new")]


async def test_a_sender_that_goes_away_takes_nobody_elses_event_along(
    inbox: Inbox, database: Database
) -> None:
    events = [RawEvent(f"wamid.{n}", "user:1", datetime.now(UTC), {}) for n in range(5)]
    putting = [asyncio.create_task(inbox.put("whatsapp", [event])) for event in events]
    await asyncio.sleep(0)  # all wait for the same commit
    putting[2].cancel()

    done = await asyncio.gather(*putting, return_exceptions=True)

    assert [type(result) for result in done if result] == [asyncio.CancelledError]
    assert len(await _stored(database)) >= 4


async def test_a_vendor_that_goes_away_in_the_middle_is_no_error_of_ours(
    app: FastAPI, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    said: list[Any] = []

    async def gone() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def hear(message: Any) -> None:
        said.append(message)

    scope = {
        "type": "http", "method": "POST", "path": WEBHOOK, "raw_path": WEBHOOK.encode(),
        "query_string": b"", "root_path": "", "http_version": "1.1",
        "headers": [(b"x-hub-signature-256", b"sha256=" + b"0" * 64)],
        "scheme": "http", "server": ("test", 80), "client": ("1.1.1.1", 1),
    }  # fmt: skip
    await app(scope, gone, hear)

    async with database.read() as session:
        stored = list(await session.scalars(select(InboxEvent)))
    assert (said[0]["status"], stored) == (400, [])
    assert "request failed" not in caplog.text
