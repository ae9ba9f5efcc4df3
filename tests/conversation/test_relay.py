"""Two processes and a real Redis that can be killed; each process is a bus with its relay."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from channels.message import Inbound
from conversation.bus import Bus, Event, Subscription
from conversation.relay import Relay
from conversation.transcript import Transcript
from conversation.watch import Watch
from db.engine import Database
from db.neighbours import Neighbours
from tests.redis_server import RedisServer

HAPPENED = {"type": "message", "conversation": "c-1"}


class Process:
    """What one app process has of this: the bus, and who tells it."""

    def __init__(self, url: str) -> None:
        self.bus = Bus()
        self.relay = Relay(url, "sapa:test", self.bus)
        self.bus.elsewhere = self.relay.tell
        self._task = asyncio.create_task(self.relay.run())

    async def end(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    server = RedisServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def processes(redis_server: RedisServer) -> AsyncIterator[tuple[Process, Process]]:
    pair = Process(redis_server.url), Process(redis_server.url)
    await _until(lambda: all(process.relay.complete for process in pair))
    yield pair
    for process in pair:
        await process.end()


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not true():  # noqa: ASYNC110 - a state of another task
            await asyncio.sleep(0.01)


async def _heard(subscription: Subscription) -> Event | None:
    return await subscription.next(20)


async def test_what_happens_in_one_process_is_heard_in_the_other_and_once_in_its_own(
    processes: tuple[Process, Process],
) -> None:
    one, other = processes
    typing = {"type": "typing", "author": "bot", "on": True, "conversation": "c-1"}
    with (
        one.bus.subscribe("desk") as own,
        other.bus.subscribe("desk") as console,
        other.bus.subscribe("conversation:c-1") as socket,
    ):
        one.bus.publish("desk", HAPPENED)
        one.bus.publish("desk", typing)

        assert [await _heard(console), await _heard(console)] == [HAPPENED, typing]
        assert await _heard(socket) == {"type": "message"}
        assert await _heard(socket) == {"type": "typing", "author": "bot", "on": True}
        assert [await _heard(own), await _heard(own), await own.next(0.05)] == [
            HAPPENED,
            typing,
            None,
        ]


async def test_turns_that_find_no_room_wake_only_the_others(
    processes: tuple[Process, Process],
) -> None:
    one, other = processes
    with one.bus.subscribe("work") as own, other.bus.subscribe("work") as theirs:
        one.bus.pass_on("work", {"conversation": "c-1"})

        assert await _heard(theirs) == {"conversation": "c-1"}
        assert await own.next(0.05) is None


async def test_a_killed_redis_is_noticed_and_heard_again_when_it_is_back(
    processes: tuple[Process, Process], redis_server: RedisServer
) -> None:
    one, other = processes
    redis_server.kill()
    await _until(lambda: not one.relay.up and not other.relay.up)
    redis_server.start()
    await _until(lambda: one.relay.complete and other.relay.complete)
    with other.bus.subscribe("desk") as console:
        one.bus.publish("desk", HAPPENED)

        assert await _heard(console) == HAPPENED


async def test_what_another_process_wrote_is_found_by_looking_and_announced_once(
    database: Database, said: Callable[..., Inbound]
) -> None:
    writer = Transcript(database, Bus())
    bus = Bus()
    watch = Watch(database, bus, lambda: False)
    thread = await writer.open("website", "visitor", "id")
    await watch.look()
    with bus.subscribe("desk") as console, bus.subscribe(f"conversation:{thread.id}") as socket:
        await writer.accept(thread.id, said("halo"))

        assert await watch.look() == [thread.id]
        assert await watch.look() == []
        assert await _heard(console) == {"type": "message", "conversation": thread.id}
        assert await _heard(socket) == {"type": "message"}


def test_processes_on_one_sqlite_file_know_whether_they_are_alone(
    tmp_path: Path,
) -> None:
    one = Neighbours(tmp_path / "sapa.db")
    assert one.alone()
    other = Neighbours(tmp_path / "sapa.db")
    assert (one.alone(), other.alone()) == (False, False)
    one.leave()
    assert other.alone()
    other.leave()
