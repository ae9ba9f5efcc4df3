import asyncio

import pytest

from channels.message import DeliveryFailed
from channels.pace import Pace
from channels.problem import Problem
from channels.rates import Rates
from conversation.bus import Bus, Event
from conversation.paces import SharedPaces


def _two_apps() -> tuple[tuple[Bus, Bus], list[str]]:
    """Two apps, and all that the first tells the second."""
    buses = Bus(), Bus()
    told: list[str] = []

    def tell_the_second(topic: str, event: Event) -> None:
        told.append(str(event))
        buses[1].hear(topic, event)

    buses[0].elsewhere = tell_the_second
    return buses, told


async def test_what_two_apps_send_to_a_customer_counts_together_and_no_address_is_told() -> None:
    buses, told = _two_apps()
    rates = [Rates(1000, each_every_s=6.0, each_burst=3, clock=lambda: 0.0) for _ in buses]
    shared = [SharedPaces(bus, whatsapp=rate) for bus, rate in zip(buses, rates, strict=True)]
    running = [asyncio.create_task(one.run()) for one in shared]
    await asyncio.sleep(0)  # they listen
    for _ in range(2):
        rates[0].spend("6281200001111")
    async with asyncio.timeout(10):
        while not rates[1]._each:  # noqa: ASYNC110
            await asyncio.sleep(0)
    rates[1].spend("6281200001111")
    with pytest.raises(DeliveryFailed) as refusal:
        rates[1].spend("6281200001111")
    rates[1].spend("6281200002222")
    for task in running:
        task.cancel()

    assert (refusal.value.retry_after_s, len(told)) == (6.0, 2)
    assert "62812" not in "".join(told)


async def test_what_two_apps_send_in_all_counts_together() -> None:
    clock = 0.0
    rates = [Rates(4, each_every_s=1.0, each_burst=3, clock=lambda: clock) for _ in range(2)]
    for rate, other in (rates, rates[::-1]):
        rate.share(other.note)
    for number in range(4):
        rates[number % 2].spend(f"customer {number}")

    for rate in rates:
        with pytest.raises(DeliveryFailed, match="our own rate limit"):
            rate.spend("one more")


async def test_logins_at_two_apps_count_together_and_no_name_is_told() -> None:
    buses, told = _two_apps()
    logins = Pace(3, 60), Pace(3, 60)
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
