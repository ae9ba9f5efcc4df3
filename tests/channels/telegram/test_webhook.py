import asyncio
import json
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text as sql

from channels.telegram.webhook import PATH, SECRET_HEADER
from conversation.inbox import Inbox
from tests.channels.telegram.conftest import Shop, app_with
from tests.channels.telegram.payloads import SECRET, example, text

PROOF = {SECRET_HEADER: SECRET}


async def _posts(client: httpx.AsyncClient, content: object, number: int = 1) -> int:
    update = {"update_id": number, **content} if isinstance(content, dict) else content
    raw = update if isinstance(update, bytes) else json.dumps(update).encode()
    return (await client.post(PATH, content=raw, headers=PROOF)).status_code


async def test_an_update_by_webhook_and_by_polling_is_one_message(
    client: httpx.AsyncClient, shop: Shop
) -> None:
    statuses = await asyncio.gather(*(_posts(client, text("halo")) for _ in range(50)))
    await shop.receives(text("halo"))

    assert set(statuses) == {200}
    assert await shop.said() == [("customer", "halo")]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {SECRET_HEADER: ""},
        {SECRET_HEADER: SECRET[:-1]},
        {SECRET_HEADER: SECRET.upper()},
        {"X-Telegram-Bot-Api-Secret": SECRET},
        {"Authorization": f"Bearer {SECRET}"},
    ],
)
async def test_who_does_not_know_the_secret_changes_nothing_and_is_counted(
    client: httpx.AsyncClient, shop: Shop, headers: dict[str, str]
) -> None:
    reason = "secret" if headers.get(SECRET_HEADER) else "unsigned"
    labels = {"channel": "telegram", "reason": reason}
    before = REGISTRY.get_sample_value("sapa_webhook_refused_total", labels) or 0
    # The proof is looked at before the body, which nobody could read.
    answer = await client.post(PATH, content=b'{"update_id', headers=headers)

    assert (answer.status_code, answer.json()["type"]) == (403, "urn:sapa:problem:webhook-refused")
    assert await shop.events() == []
    assert REGISTRY.get_sample_value("sapa_webhook_refused_total", labels) == before + 1


@pytest.mark.parametrize("given", ["", SECRET])
async def test_without_a_secret_everything_is_refused(inbox: Inbox, shop: Shop, given: str) -> None:
    transport = httpx.ASGITransport(app_with("", inbox))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.post(PATH, json=text("halo"), headers={SECRET_HEADER: given})

    assert answer.status_code == 403
    assert await shop.events() == []


async def test_a_body_beyond_three_megabytes_is_refused(
    client: httpx.AsyncClient, shop: Shop
) -> None:
    assert await _posts(client, b" " * (3 * 1024 * 1024 + 1)) == 413
    assert await shop.events() == []


@pytest.mark.parametrize("odd", [b'{"update_id": 7, "mess', b"\xff\xfe", b"", [1], "x", None])
async def test_what_is_no_update_is_kept_once_to_be_looked_at(
    client: httpx.AsyncClient, shop: Shop, odd: Any
) -> None:
    assert [await _posts(client, odd) for _ in range(3)] == [200] * 3
    await shop.takes_in()

    assert await shop.events() == [("parked", "no JSON object")]


async def test_a_replay_after_the_keys_are_forgotten_changes_nothing(
    client: httpx.AsyncClient, shop: Shop
) -> None:
    assert await _posts(client, text("halo", age_s=9 * 24 * 3600)) == 200
    assert await shop.events() == []


@pytest.mark.parametrize("date", [99_999_999_999_999, -1e9, "", None, "besok", 4_102_444_800])
async def test_a_senseless_time_counts_as_now(
    client: httpx.AsyncClient, shop: Shop, date: Any
) -> None:
    if date == -1e9:  # long ago
        date = True
    await _posts(client, example("text", date=date))
    await shop.takes_in()

    assert len(await shop.events()) <= 1


@pytest.mark.parametrize("number", [None, "7", -1, 2**60, True])
async def test_a_senseless_number_loses_nothing(
    client: httpx.AsyncClient, shop: Shop, number: Any
) -> None:
    await _posts(client, {**text("halo"), "update_id": number})
    await shop.takes_in()

    assert await shop.said() == [("customer", "halo")]


@pytest.mark.parametrize("words", ["\x00x", "\ud800x", "\\u0000 \ud83d", "x" * 70_000])
async def test_any_text_can_be_stored(client: httpx.AsyncClient, shop: Shop, words: str) -> None:
    assert await _posts(client, text(words)) == 200
    await shop.takes_in()

    assert len(await shop.said()) == 1


async def test_a_store_that_is_away_is_told_so_that_telegram_sends_it_again(
    client: httpx.AsyncClient, shop: Shop
) -> None:
    async with shop.database.write() as session:
        await session.execute(sql("ALTER TABLE inbox RENAME TO gone"))
    assert await _posts(client, text("halo")) == 503
    async with shop.database.write() as session:
        await session.execute(sql("ALTER TABLE gone RENAME TO inbox"))

    assert await _posts(client, text("halo")) == 200
    await shop.takes_in()
    assert await shop.said() == [("customer", "halo")]
