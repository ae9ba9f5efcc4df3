import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bench.desk import Measured, open_consoles, watching
from bench.desk_people import ASKS
from bot.cues import Cues
from db.engine import Database
from tests.browsing import served
from tests.desk.conftest import Shop, shop

__all__ = ["shop"]


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """One kind is enough for what a client does."""
    return sqlite_database


@pytest.fixture
async def http(shop: Shop) -> AsyncIterator[aiohttp.ClientSession]:
    async with served(shop.app) as url, aiohttp.ClientSession(url) as opened:
        yield opened


async def test_a_measured_console_finds_who_waits_and_opens_them(
    shop: Shop, http: aiohttp.ClientSession
) -> None:
    _, console = await open_consoles(shop.database, http, 2)
    async with watching([console]):
        conversation = await shop.conversation(ASKS)
        done = asyncio.get_running_loop().create_future()
        console.wanted = {conversation: done}
        shop.transcript.announce(conversation, type="message", waits=True)
        async with asyncio.timeout(30):
            await done
        await console.act(conversation, "take")
        await console.act(conversation, "close")

    assert (await shop.state(conversation))[0] == "closed"


def test_what_the_measured_visitor_says_calls_for_a_person() -> None:
    assert Cues.load("escalation").found(ASKS) == "complaint"


def test_quantiles_are_of_the_times() -> None:
    assert Measured("idle", [10.0, 20.0, 30.0], 0.1).quantile(0.5) == 20.0
