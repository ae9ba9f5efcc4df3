"""What Meta took and reports as not delivered, and customers who could not be asked to write."""

from dataclasses import replace

import pytest

from channels.message import Reply, Source
from channels.whatsapp.channel import WhatsApp
from tests.channels.whatsapp.conftest import Shop
from tests.channels.whatsapp.counting import watched
from tests.channels.whatsapp.payloads import text
from tests.channels.whatsapp.test_sending import LONG, Talkative

INVITATION = "template reply_please id"
WORDS = Reply("satu", "id", Source("csr", "", ""))


async def _says(shop: Shop, words: str) -> None:
    thread = await shop.conversation()
    await shop.transcript.say(thread.id, replace(WORDS, text=words), "csr", "Sari")
    await shop.sends()


async def _statuses(shop: Shop) -> list[str]:
    return [status for status, _ in await shop.items()]


async def test_a_window_that_meta_finds_shut_afterwards_is_shut_for_us_too(shop: Shop) -> None:
    shop.turns._answerer = Talkative([WORDS, replace(WORDS, text="dua")])
    await shop.receives(text("wamid.1", "halo"))
    await shop.answers()
    with watched() as seen:
        await shop.receives(*[shop.double.receipt("failed", code=131047)] * 2)
        await shop.sends()

    assert shop.double.texts == ["satu\n\ndua", INVITATION]
    assert await _statuses(shop) == ["held", "held"]
    assert seen.counted["outbox_sends whatsapp again 131047"] == 1

    await shop.receives(text("wamid.2", "ya?"))
    await shop.sends()
    assert shop.double.texts[2:] == ["satu\n\ndua"]
    assert await _statuses(shop) == ["sent", "sent"]


@pytest.mark.parametrize("code", [131056, 130429, 131000, 131042])
async def test_what_passes_is_sent_again_also_when_meta_reports_it_afterwards(
    shop: Shop, code: int
) -> None:
    await shop.receives(text("wamid.1", "halo"))
    await shop.answers()
    await shop.receives(shop.double.receipt("failed", code=code))
    await shop.sends()
    assert (shop.double.texts, await _statuses(shop)) == (["echo: halo"], ["pending"])

    await shop.later()
    await shop.sends()
    await shop.receives(shop.double.receipt("delivered"), shop.double.receipt("sent", 0))
    assert shop.double.texts == ["echo: halo"] * 2
    assert await shop.items() == [("sent", None)]


async def test_it_is_not_sent_again_after_what_was_said_later(shop: Shop) -> None:
    await shop.receives(text("wamid.1", "halo"))
    await shop.answers()
    await _says(shop, "lalu ini")
    await shop.receives(shop.double.receipt("failed", 0, code=131056))
    await shop.later()
    await shop.sends()

    assert shop.double.texts == ["echo: halo", "lalu ini"]
    assert await shop.items() == [("dead", "Meta 131056: Error 131056"), ("sent", None)]


async def test_a_message_that_never_arrives_is_given_up(shop: Shop) -> None:
    await shop.receives(text("wamid.1", "halo"))
    await shop.answers()
    for _ in range(6):
        await shop.receives(shop.double.receipt("failed", code=131000))
        await shop.later()
        await shop.sends()

    assert shop.double.texts == ["echo: halo"] * 5
    assert await _statuses(shop) == ["dead"]


@pytest.mark.parametrize("at_once", [True, False])
async def test_words_wait_for_the_customer_also_if_they_could_not_be_asked_to_write(
    shop: Shop, at_once: bool
) -> None:
    shop.double.templates = frozenset() if at_once else shop.double.templates
    await shop.receives(text("wamid.1", "halo"))
    shop.double.faults.append(131047)
    await shop.answers()
    if not at_once:
        await shop.receives(shop.double.receipt("failed", code=131049))

    reason = "Meta 132001: (#132001)" if at_once else "Meta 131049: Error 131049"
    assert await shop.items() == [("held", reason)]
    shop.double.sent.clear()
    await shop.receives(text("wamid.2", "ya?"))
    await shop.sends()
    assert shop.double.texts == ["echo: halo"]
    assert await shop.items() == [("sent", None)]


async def test_without_a_template_nobody_is_asked(shop: Shop) -> None:
    channel = shop.outbox._channels["whatsapp"]
    assert isinstance(channel, WhatsApp)
    channel._template = ""
    await shop.receives(text("wamid.1", "halo"))
    await shop.answers()
    await shop.receives(shop.double.receipt("failed", code=131047))
    await shop.sends()

    assert (shop.double.texts, await _statuses(shop)) == (["echo: halo"], ["held"])


async def test_a_part_that_failed_is_said_again_with_the_rest_and_nobody_is_asked_twice(
    shop: Shop,
) -> None:
    await shop.receives(text("wamid.1", "halo"))
    shop.turns._answerer = Talkative([replace(WORDS, text=LONG)])
    for conversation_id in await shop.turns.due():
        await shop.turns.take(conversation_id)
    await shop.outbox.deliver_next()
    shop.double.faults.append(131047)
    await shop.sends()
    await shop.receives(shop.double.receipt("failed", 0, code=131047))
    await shop.sends()
    assert shop.double.texts[1:] == [INVITATION]

    await shop.receives(text("wamid.2", "ya?"))
    await shop.sends()
    assert " ".join(shop.double.texts[2:]) == LONG
