import asyncio

import pytest

from conversation.bus import Bus


@pytest.mark.parametrize("steps", range(4))
async def test_who_is_cancelled_as_an_event_comes_stops_listening(steps: int) -> None:
    bus = Bus()

    async def listen_for_ever() -> None:
        with bus.subscribe("desk") as listener:
            while True:
                await listener.next(30)

    listening = asyncio.create_task(listen_for_ever())
    await asyncio.sleep(0.01)
    bus.publish("desk", {"type": "message", "conversation": "1"})
    for _ in range(steps):
        await asyncio.sleep(0)
    listening.cancel()
    await asyncio.wait([listening], timeout=1)

    assert listening.cancelled()
