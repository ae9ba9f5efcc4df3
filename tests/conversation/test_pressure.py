import asyncio

from conversation.pressure import Pressure


async def _gave_way_s(pressure: Pressure, waited_s: float = 0) -> float:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await pressure.give_way(waited_s)
    return loop.time() - begun


async def test_where_nobody_waits_for_long_nobody_gives_way() -> None:
    pressure = Pressure()
    for _ in range(20):
        pressure.note(0.005)

    assert await _gave_way_s(pressure) < 0.01


async def test_while_vendors_wait_what_can_wait_gives_way_until_they_stop() -> None:
    pressure = Pressure()
    for _ in range(20):
        pressure.note(0.3)

    assert 0.1 < await _gave_way_s(pressure) < 0.5
    assert await _gave_way_s(pressure) < 0.01


async def test_however_long_a_burst_lasts_what_is_stored_goes_on() -> None:
    pressure = Pressure()

    async def burst() -> None:
        while True:
            pressure.note(0.3)
            await asyncio.sleep(0.02)

    bursting = asyncio.create_task(burst())
    await asyncio.sleep(0.1)

    assert 0.4 < await _gave_way_s(pressure) < 5
    bursting.cancel()


async def test_what_has_waited_for_two_seconds_gives_way_to_nobody() -> None:
    pressure = Pressure()
    for _ in range(20):
        pressure.note(0.3)

    assert await _gave_way_s(pressure, waited_s=2) < 0.01
