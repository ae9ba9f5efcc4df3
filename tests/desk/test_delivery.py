from datetime import timedelta

from sqlalchemy import select

from channels.message import Reply, Source
from conversation.tables import ChannelContact, Message, OutboxItem, Receipt
from conversation.windows import Windows
from db.base import now
from desk.tables import Agent
from tests.desk.conftest import Shop

WORDS = Reply("Sudah kami cek.", "id", Source("csr", "", ""))


async def _on_whatsapp(shop: Shop, owner: Agent, window: timedelta) -> str:
    conversation = await shop.conversation("halo", state="csr", owner=owner)
    async with shop.database.write() as session:
        session.add(ChannelContact(conversation_id=conversation, window_until=now() + window))
    return conversation


async def _said(shop: Shop, conversation: str, status: str, **fields: str) -> str:
    message = await shop.transcript.say(conversation, WORDS, "csr", "Sari")
    item = OutboxItem(
        message_id=message.id, conversation_id=conversation, channel="whatsapp", address="1",
        seq=message.seq, status=status, error=fields.get("error"),
    )  # fmt: skip
    async with shop.database.write() as session:
        session.add(item)
        await session.flush()
        if state := fields.get("state"):
            session.add(Receipt(channel="whatsapp", external_id="w1", item_id=item.id, state=state))
    return message.id


async def _page(shop: Shop, agent: Agent, conversation: str) -> str:
    browser = await shop.browser(agent)
    return (await browser.get(f"/console/conversations/{conversation}")).text


async def test_a_message_that_was_not_delivered_says_why(shop: Shop, sari: Agent) -> None:
    conversation = await _on_whatsapp(shop, sari, timedelta(hours=5))
    await _said(shop, conversation, "dead", error="Meta 131026: Undeliverable")

    page = await _page(shop, sari, conversation)

    assert "Not delivered</b> (Meta 131026: Undeliverable)" in page


async def test_a_message_that_was_read_says_so(shop: Shop, sari: Agent) -> None:
    conversation = await _on_whatsapp(shop, sari, timedelta(hours=5))
    await _said(shop, conversation, "sent", state="read")

    page = await _page(shop, sari, conversation)

    assert ("Read<" in page, "Not delivered" in page) == (True, False)


async def test_the_composer_says_until_when_the_customer_can_be_answered(
    shop: Shop, sari: Agent
) -> None:
    opened = await _on_whatsapp(shop, sari, timedelta(hours=5))
    shut = await _on_whatsapp(shop, sari, timedelta(hours=-1))
    website = await shop.conversation("halo", state="csr", owner=sari)

    said = [
        ("Can be answered freely until" in page, "window is closed" in page)
        for page in [await _page(shop, sari, one) for one in (opened, shut, website)]
    ]

    assert said == [(True, False), (False, True), (False, False)]


async def test_a_customer_who_blocked_us_is_shown_as_such_and_a_correction_too(
    shop: Shop, sari: Agent
) -> None:
    conversation = await _on_whatsapp(shop, sari, timedelta(hours=5))
    async with shop.database.write() as session:
        (await session.get_one(ChannelContact, conversation)).blocked_at = now()
        message = await session.scalar(
            select(Message).where(Message.conversation_id == conversation)
        )
        assert message is not None
        message.data = {"corrects": "an earlier one"}

    page = await _page(shop, sari, conversation)

    assert ("has blocked this bot" in page, "changed what they wrote" in page) == (True, True)
    assert "Can be answered freely" not in page


async def test_the_last_hour_is_shown_in_the_list_and_told_once(shop: Shop, sari: Agent) -> None:
    windows = Windows(shop.database, shop.transcript)
    soon = await _on_whatsapp(shop, sari, timedelta(minutes=50))
    await _on_whatsapp(shop, sari, timedelta(hours=5))
    await _on_whatsapp(shop, sari, timedelta(minutes=-5))
    with shop.bus.subscribe("desk") as heard:
        assert (await windows.remind(), await windows.remind()) == ([soon], [])
        assert await heard.next(1) == {"type": "window", "conversation": soon}

    lists = (await (await shop.browser(sari)).get("/console")).text
    assert lists.count("answer by") == 1
    mine = await shop.queue.helped_by(sari.id)
    assert [entry.id for entry in mine if entry.answer_by] == [soon]


async def test_who_is_not_known_is_shown_by_the_name_they_chose(shop: Shop, sari: Agent) -> None:
    conversation = await _on_whatsapp(shop, sari, timedelta(hours=5))
    async with shop.database.write() as session:
        (await session.get_one(ChannelContact, conversation)).name = "Budi <b>"

    assert "Budi &lt;b&gt;" in await _page(shop, sari, conversation)
