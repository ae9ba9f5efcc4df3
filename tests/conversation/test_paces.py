import asyncio

import pytest

from channels.pace import Pace
from channels.problem import Problem
from conversation.bus import Bus
from conversation.paces import SharedPaces


async def test_logins_at_two_apps_count_together_and_no_name_is_told() -> None:
    buses = Bus(), Bus()
    logins = Pace(3, 60), Pace(3, 60)
    told: list[str] = []

    def tell_the_second(topic: str, event: object) -> None:
        told.append(str(event))
        buses[1].hear(topic, event)  # type: ignore[arg-type]

    buses[0].elsewhere = tell_the_second
    shared = [SharedPaces(bus, logins=pace) for bus, pace in zip(buses, logins, strict=True)]
    running = [asyncio.create_task(one.run()) for one in shared]
    await asyncio.sleep(0)  # they listen
    for _ in range(2):
        await logins[0].hit("laras")
    async with asyncio.timeout(10):
        while sum(map(len, logins[1]._hits.values())) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0)
    await logins[1].hit("laras")
    with pytest.raises(Problem):
        await logins[1].hit("laras")
    await logins[1].hit("somebody else")
    for task in running:
        task.cancel()

    assert len(told) == 2
    assert "laras" not in "".join(told)
