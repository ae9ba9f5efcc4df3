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
    assert await later == ["queue", f"message-{conversation}"]


async def test_many_changes_at_once_are_told_once(shop: Shop, sari: Agent) -> None:
    token, _ = await shop.desk.agents.log_in("sari", PASSWORD)
    events = shop.desk.live.events(token, "en")
    await _names(events, 2)
    later = asyncio.create_task(_names(events, 3))
    await asyncio.sleep(0.05)
    for _ in range(20):
        shop.transcript.announce("c1")
    shop.transcript.announce("c2", type="presence", state="csr", name="Sari")

    assert await later == ["queue", "message-c1", "presence-c2"]


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
