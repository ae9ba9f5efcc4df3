import asyncio
from collections.abc import AsyncIterator

from fastapi.sse import ServerSentEvent

from desk.live import Live
from desk.tables import Agent
from tests.desk.conftest import PASSWORD, Shop


async def _names(events: AsyncIterator[ServerSentEvent], count: int) -> list[str | None]:
    return [(await asyncio.wait_for(anext(events), 30)).event for _ in range(count)]


async def test_a_console_that_connects_is_refreshed_and_then_told_of_changes(
    shop: Shop, sari: Agent
) -> None:
    conversation = await shop.conversation("halo")
    token, _ = await shop.desk.agents.log_in("sari", PASSWORD)
    events = shop.desk.live.events(token, "en")

    assert await _names(events, 2) == ["queue", "beat"]
    later = asyncio.create_task(_names(events, 2))
    await asyncio.sleep(0.05)
    await shop.customer_says(conversation, "halo?")
    assert await later == [f"message-{conversation}", "queue"]


async def test_words_redraw_the_lists_seldom_and_who_waits_redraws_them_at_once(
    shop: Shop, sari: Agent
) -> None:
    token, _ = await shop.desk.agents.log_in("sari", PASSWORD)
    live = Live(shop.bus, shop.desk.agents, shop.desk.words, lists_every_s=60)
    events = live.events(token, "en")
    await _names(events, 2)
    later = asyncio.create_task(_names(events, 5))
    await asyncio.sleep(0.05)
    for _ in range(3):
        shop.transcript.announce("c1")
        await asyncio.sleep(0.2)  # longer than what is taken together
    shop.transcript.announce("c2", type="message", waits=True)

    assert await later == [*["message-c1"] * 3, "queue", "message-c2"]


async def test_hints_come_though_it_is_never_quiet(shop: Shop, sari: Agent) -> None:
    token, _ = await shop.desk.agents.log_in("sari", PASSWORD)
    events = shop.desk.live.events(token, "en")
    await _names(events, 2)

    async def chatter() -> None:
        while True:
            shop.transcript.announce("c1")
            await asyncio.sleep(0.005)

    talking = asyncio.create_task(chatter())
    first = await asyncio.wait_for(anext(events), 5)
    talking.cancel()

    assert first.event == "message-c1"


async def test_a_customer_who_read_is_told_to_the_screen_and_a_csr_to_the_customer(
    shop: Shop, sari: Agent, budi: Agent
) -> None:
    conversation = await shop.conversation("halo", "ada?", state="csr", owner=sari)
    mine, other = await shop.browser(sari), await shop.browser(budi)
    where = f"/api/console/conversations/{conversation}/read"
    assert (await mine.get("/api/console/queue")).json()["unread"] == {conversation: 2}
    with shop.bus.subscribe(f"conversation:{conversation}") as heard:
        for seq in (1, 1, 99, 1):  # a repeat, beyond the end, and back
            assert (await mine.post(where, json={"seq": seq})).status_code == 204
        assert (await other.post(where, json={"seq": 2})).status_code == 403
        told = [await heard.next(5), await heard.next(5), await heard.next(0.05)]

    assert told == [
        {"type": "read", "author": "csr", "seq": 1},
        {"type": "read", "author": "csr", "seq": 2},
        None,
    ]
    assert (await mine.get("/api/console/queue")).json()["unread"] == {}
    assert await shop.desk.reading.seen(conversation) == {"csr": 2}


async def test_many_changes_at_once_are_told_once(shop: Shop, sari: Agent) -> None:
    token, _ = await shop.desk.agents.log_in("sari", PASSWORD)
    events = shop.desk.live.events(token, "en")
    await _names(events, 2)
    later = asyncio.create_task(_names(events, 3))
    await asyncio.sleep(0.05)
    for _ in range(20):
        shop.transcript.announce("c1")
    shop.transcript.announce("c2", type="presence", state="csr", name="Sari")

    assert await later == ["queue", "message-c1", "presence-c2"]  # the second is urgent


async def test_typing_of_the_customer_is_told_in_the_agents_language(
    shop: Shop, sari: Agent
) -> None:
    token, _ = await shop.desk.agents.log_in("sari", PASSWORD)
    events = shop.desk.live.events(token, "en")
    await _names(events, 2)
    later = asyncio.ensure_future(anext(events))
    await asyncio.sleep(0.05)
    shop.transcript.announce("c1", type="typing", author="csr", name="Sari", on=True)
    shop.transcript.announce("c1", type="typing", author="customer", on=True)

    event = await asyncio.wait_for(later, 30)

    assert event.event == "typing-c1"
    assert event.raw_data == '<span class="typing">The customer is typing…</span>'


async def test_the_stream_ends_when_the_session_does(shop: Shop, sari: Agent) -> None:
    token, _ = await shop.desk.agents.log_in("sari", PASSWORD)
    live = Live(shop.bus, shop.desk.agents, shop.desk.words, beat_s=0.05)
    events = live.events(token, "en")
    await _names(events, 2)

    await shop.desk.agents.log_out(token)

    assert [event.event async for event in events] == ["gone"]
