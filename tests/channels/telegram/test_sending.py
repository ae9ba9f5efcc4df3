import asyncio

import httpx
import pytest
from sqlalchemy import select

from channels.message import Choice, Reply
from conversation.tables import OutboxItem
from db.base import now
from tests.channels.telegram.conftest import BOTH, Shop
from tests.channels.telegram.double import Refused
from tests.channels.telegram.payloads import BUDI, text
from tests.conversation.conftest import TEMPLATE

LONG = " ".join(f"Kalimat nomor {n} ada di sini." for n in range(300))


async def _waits_s(shop: Shop) -> list[float]:
    async with shop.database.read() as session:
        rows = await session.scalars(
            select(OutboxItem.next_at).where(OutboxItem.status == "pending")
        )
        return [(row - now()).total_seconds() for row in rows]


async def test_choices_are_buttons_below_the_words(shop: Shop) -> None:
    await shop.receives(text("halo"))
    await shop.says(Reply("Mau?", "id", TEMPLATE, choices=(Choice("affirm", "Ya"),)))

    (message,) = shop.double.sent
    assert message["text"] == "Mau?"
    assert message["reply_markup"] == {
        "inline_keyboard": [[{"text": "Ya", "callback_data": "affirm"}]]
    }


@BOTH
async def test_the_parts_of_a_long_text_arrive_in_order_and_once(shop: Shop) -> None:
    await shop.receives(text("halo"))
    await shop.says(LONG, "lalu ini")
    shop.double.faults.append(Refused(429, "Too Many Requests: retry after 1", retry_after=1))
    for _ in range(3):
        await shop.later()
        await shop.sends()

    *parts, last = shop.double.texts
    assert " ".join(parts) == LONG
    assert (len(parts), last) == (3, "lalu ini")


@pytest.mark.parametrize(
    ("fault", "at_least_s"),
    [
        (Refused(429, "Too Many Requests: retry after 37", retry_after=37), 37),
        (Refused(429, "Too Many Requests"), 5),
        (Refused(401, "Unauthorized"), 300),
        (Refused(500, "Internal Server Error"), 5),
        (httpx.ConnectError("refused"), 5),
    ],
)
async def test_what_passes_is_tried_again_after_a_pause(
    shop: Shop, fault: Refused | httpx.Response, at_least_s: float
) -> None:
    await shop.receives(text("halo"))
    shop.double.faults.append(fault)
    await shop.answers()

    (wait_s,) = await _waits_s(shop)
    assert at_least_s - 1 < wait_s < at_least_s * 1.5 + 1
    await shop.later()
    await shop.sends()
    assert shop.double.texts == ["echo: halo"]


@pytest.mark.parametrize("code", [401, 404, 429])
async def test_what_is_no_fault_of_the_message_waits_however_often(shop: Shop, code: int) -> None:
    await shop.receives(text("halo"))
    shop.double.faults.extend([Refused(code, "x")] * 9)
    await shop.answers()
    for _ in range(9):
        await shop.later()
        await shop.sends()

    assert await shop.items() == [("sent", None)]


async def test_who_blocked_the_bot_is_written_to_no_more_and_the_console_says_why(
    shop: Shop,
) -> None:
    await shop.receives(text("halo"))
    shop.double.blocked_by.add(BUDI)
    await shop.answers()
    shop.double.blocked_by.clear()
    await shop.says("lalu ini")

    reason = "Telegram 403: Forbidden: bot was blocked by the user"
    assert await shop.items() == [("dead", reason), ("sent", None)]


async def test_no_reason_names_the_customers_number(shop: Shop) -> None:
    await shop.receives(text("halo"))
    shop.double.faults.append(Refused(400, f"Bad Request: chat {BUDI} not found"))
    await shop.answers()

    assert await shop.items() == [("dead", "Telegram 400: Bad Request: chat … not found")]


@pytest.mark.parametrize(
    "spoiled",
    [
        httpx.ReadTimeout("hangs"),
        httpx.RemoteProtocolError("reset"),
        httpx.Response(200, json={}),
        httpx.Response(200, json={"ok": True, "result": {}}),
        httpx.Response(200, text="<html>"),
        httpx.Response(502, text="bad gateway"),
    ],
)
async def test_a_message_whose_answer_is_lost_is_sent_again_once(
    shop: Shop, spoiled: httpx.Response | Exception
) -> None:
    await shop.receives(text("halo"))
    shop.double.faults.append(spoiled)
    shop.double.takes_what_it_spoils = True
    await shop.answers()
    for _ in range(3):
        await shop.later()
        await shop.sends()

    assert shop.double.texts == ["echo: halo"] * 2  # the price of never being silent
    assert await shop.items() == [("sent", None)]


async def test_an_error_inside_a_200_is_an_error(shop: Shop) -> None:
    await shop.receives(text("halo"))
    fault = {"ok": False, "error_code": 400, "description": "Bad Request: chat not found"}
    shop.double.faults.append(httpx.Response(200, json=fault))
    await shop.answers()

    assert await shop.items() == [("dead", "Telegram 400: Bad Request: chat not found")]


async def test_one_customer_gets_a_message_a_second_after_a_short_burst(shop: Shop) -> None:
    await shop.receives(text("halo"))
    await shop.says(*[f"nomor {n}" for n in range(5)])

    assert len(shop.double.sent) == 3
    assert all(wait_s < 2 for wait_s in await _waits_s(shop))


async def test_several_workers_send_each_message_once_and_in_order(shop: Shop) -> None:
    for n in range(3):
        await shop.receives(text("halo", user=BUDI + n))
    for conversation_id in await shop.turns.due():
        await shop.turns.take(conversation_id)
        await shop.transcript.say(conversation_id, Reply(LONG, "id", TEMPLATE), "csr", "Sari")

    async def work() -> None:
        while await shop.outbox.deliver_next():
            pass

    await asyncio.gather(*(work() for _ in range(4)))
    for _ in range(3):
        await shop.later()
        await shop.sends()

    for n in range(3):
        first, *rest = [m["text"] for m in shop.double.sent if m["chat_id"] == BUDI + n]
        assert (first, " ".join(rest)) == ("echo: halo", LONG)
