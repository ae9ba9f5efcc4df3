import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select, update

from channels.message import Choice, Reply
from conversation.answering import Answer, Question
from conversation.tables import ChannelContact, Conversation, OutboxItem
from db.base import now
from tests.channels.whatsapp.conftest import Shop
from tests.channels.whatsapp.payloads import BUDI, BUDIS_PHONE, text
from tests.conversation.conftest import TEMPLATE

YES = Choice("affirm", "Ya")
LONG = " ".join(f"Kalimat nomor {n} ada di sini." for n in range(300))


async def _says(shop: Shop, *texts: str) -> None:
    """Let a CSR say something to Budi."""
    thread = await shop.conversation()
    for words in texts:
        await shop.transcript.say(thread.id, Reply(words, "id", TEMPLATE), "csr", "Sari")
    await shop.sends()


async def _window_closed(shop: Shop) -> None:
    async with shop.database.write() as session:
        past = now() - timedelta(minutes=1)
        await session.execute(update(ChannelContact).values(window_until=past))


async def _waits_s(shop: Shop) -> list[float]:
    async with shop.database.read() as session:
        rows = await session.scalars(
            select(OutboxItem.next_at).where(OutboxItem.status == "pending")
        )
        return [(row - now()).total_seconds() for row in rows]


class Talkative:
    """Answers with several replies."""

    def __init__(self, replies: Sequence[Reply]) -> None:
        self.replies = tuple(replies)

    async def answer(self, question: Question) -> Answer:
        return Answer(replies=self.replies, dialogue={})

    def apologise(self, question: Question, error_id: str) -> Answer:
        raise AssertionError(error_id)


async def test_a_turn_is_one_message_with_all_that_can_be_chosen(shop: Shop) -> None:
    shop.turns._answerer = Talkative(
        [
            Reply("Pesanan TL-1 dikirim.", "id", TEMPLATE, kind="order"),
            Reply("Ada lagi?", "id", TEMPLATE, choices=(YES,)),
            Reply("Oh ya.", "id", TEMPLATE, choices=(YES, Choice("deny", "Tidak"))),
        ]
    )
    await shop.receives(text("wamid.1", "mana pesanan saya"))
    await shop.answers()

    assert shop.double.texts == ["Pesanan TL-1 dikirim.\n\nAda lagi?\n\nOh ya."]
    buttons = shop.double.sent[0]["interactive"]["action"]["buttons"]
    assert [button["reply"]["id"] for button in buttons] == ["affirm", "deny"]
    assert await shop.items() == [("sent", None)] * 3


@pytest.mark.parametrize(
    ("phone", "field", "value"),
    [(BUDIS_PHONE, "to", BUDIS_PHONE), (None, "recipient", BUDI)],
)
async def test_a_customer_without_a_number_is_reached_by_the_user_id(
    shop: Shop, phone: str | None, field: str, value: str
) -> None:
    await shop.receives(text("wamid.1", "halo", phone=phone))
    await shop.answers()

    (message,) = shop.double.sent
    assert {key: message[key] for key in ("to", "recipient") if key in message} == {field: value}


async def test_the_parts_of_a_long_text_arrive_in_order_and_once(shop: Shop) -> None:
    await shop.receives(text("wamid.1", "halo"))
    await shop.answers()
    shop.double.faults.extend([131000])
    await _says(shop, LONG, "lalu ini")
    assert len(shop.double.sent) == 1

    await shop.later()
    await shop.sends()

    *parts, last = shop.double.texts[1:]
    assert " ".join(parts) == LONG
    assert (len(parts), last) == (3, "lalu ini")


async def test_a_failure_in_the_middle_repeats_no_part(shop: Shop) -> None:
    await shop.receives(text("wamid.1", "halo"))
    await shop.answers()
    thread = await shop.conversation()
    await shop.transcript.say(thread.id, Reply(LONG, "id", TEMPLATE), "csr", "Sari")

    await shop.outbox.deliver_next()
    shop.double.faults.append(130429)
    await shop.outbox.deliver_next()
    await shop.later()
    await shop.sends()

    assert " ".join(shop.double.texts[1:]) == LONG


@pytest.mark.parametrize(
    ("code", "at_least_s"), [(131056, 6), (130429, 5), (80007, 60), (4, 60), (131016, 10), (2, 5)]
)
async def test_what_passes_is_tried_again_after_a_pause(
    shop: Shop, code: int, at_least_s: float
) -> None:
    await shop.receives(text("wamid.1", "halo"))
    shop.double.faults.append(code)
    await shop.answers()

    (wait_s,) = await _waits_s(shop)
    assert at_least_s - 1 < wait_s < at_least_s * 1.5 + 1
    await shop.later()
    await shop.sends()
    assert shop.double.texts == ["echo: halo"]


@pytest.mark.parametrize("code", [131026, 131049, 131051, 132001, 100, 999999])
async def test_what_never_passes_goes_to_the_dead_letter_and_the_next_goes_on(
    shop: Shop, code: int
) -> None:
    await shop.receives(text("wamid.1", "halo"))
    shop.double.faults.append(code)
    await shop.answers()
    await _says(shop, "lalu ini")

    assert await shop.items() == [("dead", f"Meta {code}: (#{code})"), ("sent", None)]


@pytest.mark.parametrize("code", [190, 10, 200, 131042])
async def test_what_the_owner_has_to_mend_waits_however_often(shop: Shop, code: int) -> None:
    await shop.receives(text("wamid.1", "halo"))
    shop.double.faults.extend([code] * 12)
    await shop.answers()
    for _ in range(12):
        await shop.later()
        await shop.sends()

    assert shop.double.texts == ["echo: halo"]
    assert await shop.items() == [("sent", None)]


async def test_no_reason_names_the_customers_number(shop: Shop) -> None:
    await shop.receives(text("wamid.1", "halo"))
    words = f"(#131030) {BUDIS_PHONE} not in allowed list"
    fault = {"error": {"code": 131030, "message": words}}
    shop.double.faults.append(httpx.Response(400, json=fault))
    await shop.answers()

    assert await shop.items() == [("dead", "Meta 131030: (#131030) … not in allowed list")]


SPOILED = [
    httpx.ReadTimeout("hangs"),
    httpx.RemoteProtocolError("reset"),
    httpx.Response(200, json={}),
    httpx.Response(200, text="<html>"),
    httpx.Response(502, text="bad gateway"),
]


@pytest.mark.parametrize("spoiled", SPOILED)
async def test_a_message_whose_answer_is_lost_is_not_sent_twice_once_a_receipt_tells(
    shop: Shop, spoiled: httpx.Response | Exception
) -> None:
    await shop.receives(text("wamid.1", "halo"))
    shop.double.faults.append(spoiled)
    shop.double.takes_what_it_spoils = True
    await shop.answers()
    (wait_s,) = await _waits_s(shop)
    assert wait_s > 29

    await shop.receives(shop.double.receipt("sent"))
    await shop.later()
    await shop.sends()

    assert shop.double.texts == ["echo: halo"]
    assert await shop.items() == [("sent", None)]


@pytest.mark.parametrize("spoiled", SPOILED)
async def test_a_message_that_got_lost_is_sent_again_when_no_receipt_comes(
    shop: Shop, spoiled: httpx.Response | Exception
) -> None:
    await shop.receives(text("wamid.1", "halo"))
    shop.double.faults.append(spoiled)
    await shop.answers()
    await shop.later()
    await shop.sends()

    assert shop.double.texts == ["echo: halo"]


async def test_an_error_inside_a_200_is_an_error(shop: Shop) -> None:
    await shop.receives(text("wamid.1", "halo"))
    fault = httpx.Response(200, json={"error": {"code": 131026, "message": "Undeliverable"}})
    shop.double.faults.append(fault)
    await shop.answers()

    assert await shop.items() == [("dead", "Meta 131026: Undeliverable")]


async def test_a_receipt_that_is_faster_than_the_answer_is_not_forgotten(shop: Shop) -> None:
    await shop.receives(text("wamid.1", "halo"))
    for conversation_id in await shop.turns.due():
        await shop.turns.take(conversation_id)
    claimed = await shop.outbox._claim({"whatsapp"})
    assert claimed is not None
    shop.double.sent.append({"biz_opaque_callback_data": claimed[1].tag})
    await shop.receives(shop.double.receipt("delivered"))

    await shop.sends()

    assert len(shop.double.sent) == 1
    assert await shop.items() == [("sent", None)]


async def test_out_of_the_window_one_template_goes_out_and_the_words_wait_for_the_customer(
    shop: Shop,
) -> None:
    await shop.receives(text("wamid.1", "halo", age_s=60))
    await shop.answers()
    await _window_closed(shop)
    await _says(shop, "satu", "dua")

    assert shop.double.texts == ["echo: halo", "template reply_please id"]
    assert [status for status, _ in await shop.items()] == ["sent", "held", "held"]

    await shop.receives(text("wamid.2", "ya?"))
    await shop.sends()
    assert shop.double.texts[2:] == ["satu", "dua"]


async def test_meta_may_know_better_that_the_window_is_shut(shop: Shop) -> None:
    await shop.receives(text("wamid.1", "halo"))
    shop.double.faults.append(131047)
    await shop.answers()

    assert shop.double.texts == ["template reply_please id"]
    assert [status for status, _ in await shop.items()] == ["held"]


async def test_without_a_template_a_message_out_of_the_window_waits_in_silence(
    shop: Shop,
) -> None:
    await shop.receives(text("wamid.1", "halo", age_s=60))
    await shop.answers()
    await _window_closed(shop)
    shop.outbox._channels["whatsapp"]._template = ""  # type: ignore[attr-defined]
    await _says(shop, "satu")

    assert shop.double.texts == ["echo: halo"]
    assert [status for status, _ in await shop.items()] == ["sent", "held"]


async def test_a_message_that_came_late_opens_only_what_is_left_of_the_window(shop: Shop) -> None:
    await shop.receives(text("wamid.1", "halo", age_s=23 * 3600))

    async with shop.database.read() as session:
        until = (await session.scalars(select(ChannelContact.window_until))).one()
    assert until is not None
    assert timedelta(minutes=59) < until - now() <= timedelta(hours=1)


async def test_a_failed_read_receipt_is_no_failure(shop: Shop) -> None:
    api = shop.outbox._channels["whatsapp"]._api  # type: ignore[attr-defined]
    api._http.headers["Authorization"] = "Bearer expired"
    await shop.receives(text("wamid.1", "halo"))
    await asyncio.gather(*shop.intake.greetings)

    assert await shop.said() == [("customer", "halo")]
    assert shop.double.marked == []


async def test_several_workers_send_each_message_once_and_in_order(shop: Shop) -> None:
    for n in range(6):
        sender = {"user_id": f"ID.{n}", "phone": f"62811000000{n}"}
        await shop.receives(text(f"wamid.{n}", "halo", **sender))
    shop.turns._answerer = Talkative([replace(Reply(LONG, "id", TEMPLATE))])
    for conversation_id in await shop.turns.due():
        await shop.turns.take(conversation_id)

    async def work() -> None:
        while await shop.outbox.deliver_next():
            pass

    await asyncio.gather(*(work() for _ in range(4)))
    await shop.sends()

    for n in range(6):
        got = [m["text"]["body"] for m in shop.double.sent if m["to"] == f"62811000000{n}"]
        assert " ".join(got) == LONG


async def test_a_persons_answer_shows_the_customer_that_the_question_was_read(shop: Shop) -> None:
    await shop.receives(text("wamid.1", "halo"))
    async with shop.database.write() as session:
        await session.execute(update(Conversation).values(state="csr"))
    await shop.receives(text("wamid.2", "ada orang?"))
    await asyncio.gather(*shop.intake.greetings)
    shop.double.marked.clear()

    await _says(shop, "Ada, saya Sari.")

    assert [(m["message_id"], "typing_indicator" in m) for m in shop.double.marked] == [
        ("wamid.2", False)
    ]


async def test_a_receipt_of_the_template_is_not_taken_for_one_of_the_message(shop: Shop) -> None:
    await shop.receives(text("wamid.1", "halo", age_s=60))
    await shop.answers()
    await _window_closed(shop)
    shop.double.faults.append(httpx.ReadTimeout("hangs"))
    shop.double.takes_what_it_spoils = True
    await _says(shop, "satu")
    await shop.receives(shop.double.receipt("delivered"))
    assert [status for status, _ in await shop.items()] == ["sent", "held"]

    await shop.receives(text("wamid.2", "ya?"))
    await shop.sends()
    assert shop.double.texts[1:] == ["template reply_please id", "satu"]


async def test_a_campaign_goes_out_as_its_approved_template_also_with_the_window_shut(
    shop: Shop,
) -> None:
    await shop.receives(text("wamid.1", "halo", age_s=60))
    await shop.answers()
    await _window_closed(shop)
    thread = await shop.conversation()
    data = {"campaign": "gajian", "template": {"name": "reply_please", "values": ["Budi"]}}
    reply = Reply("Halo Kak Budi, diskon!", "id", TEMPLATE, data=data)

    await shop.transcript.say(thread.id, reply, "bot", "Nara")
    await shop.sends()

    sent = shop.double.sent[-1]
    assert sent["type"] == "template"
    assert sent["template"] == {
        "name": "reply_please",
        "language": {"policy": "deterministic", "code": "id"},
        "components": [{"type": "body", "parameters": [{"type": "text", "text": "Budi"}]}],
    }
