"""What a dead process held is free seconds later, on both databases; a living one keeps it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from channels.event import RawEvent
from conversation.bus import Bus
from conversation.inbox import Inbox
from conversation.inheritance import Inheritance
from conversation.leases import Turnstile
from conversation.tables import Conversation, InboxEvent, Message, OutboxItem
from db.base import now
from db.engine import Database
from db.neighbours import Neighbours
from db.roll_call import RollCall

BOTH = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Database:
    found = request.getfixturevalue(f"{request.param}_database")
    assert isinstance(found, Database)
    return found


@dataclass
class Clock:
    """Seconds that pass when the test says so."""

    at: float = 0.0

    def __call__(self) -> float:
        return self.at


@dataclass
class Process:
    """One app process, as far as others see it."""

    database: Database
    roll: RollCall | Neighbours

    @property
    def name(self) -> str:
        return self.database.process

    async def dies(self, seen_by: "Process") -> None:
        """Let the system close what it held, as it does for a killed process."""
        if isinstance(self.roll, RollCall):
            await self.roll.leave()
        else:
            self.roll.leave()
        # The server notices it in a moment.
        while self.name in await seen_by.roll.present():  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    async def holds_everything(self) -> None:
        """Claim an event, and hold a conversation, two messages and the right to poll."""
        inbox = Inbox(self.database, Bus())
        await inbox.put("telegram", [RawEvent("1", "user:1", now(), {"kind": "message"})])
        assert [event.source_id for event in await inbox.claim(["telegram"])] == ["1"]
        await Turnstile(self.database, "telegram", 60, self.name).take()
        until = now() + timedelta(seconds=60)
        async with self.database.write() as session:
            thread = Conversation(
                channel="website", address="a", lease_owner=self.name, lease_until=until
            )
            session.add(thread)
            await session.flush()
            for seq, channel in enumerate(("telegram", "whatsapp"), 1):
                said = Message(
                    conversation_id=thread.id, seq=seq, author="bot", text="halo", lang="id"
                )
                session.add(said)
                await session.flush()
                session.add(
                    OutboxItem(
                        message_id=said.id, conversation_id=thread.id, channel=channel,
                        address="a", seq=seq, lease_owner=self.name, lease_until=until,
                    )
                )  # fmt: skip


async def _held(database: Database) -> list[str]:
    """Name what is still under a lease that has not ended."""
    moment = now()
    held = []
    async with database.read() as session:
        for kind, until in (
            ("turn", select(Conversation.lease_until)),
            ("event", select(InboxEvent.lease_until)),
            ("telegram", select(OutboxItem.lease_until).where(OutboxItem.channel == "telegram")),
            ("whatsapp", select(OutboxItem.lease_until).where(OutboxItem.channel == "whatsapp")),
        ):
            held += [kind for one in await session.scalars(until) if one and one > moment]
    return held


def process_on(database: Database, folder: Path) -> Process:
    own = Database(database.url.render_as_string(hide_password=False))
    if own.is_sqlite:
        return Process(own, Neighbours(folder / "sapa.db", own.process))
    return Process(own, RollCall(own))


@pytest.fixture
async def processes(database: Database, tmp_path: Path) -> AsyncIterator[list[Process]]:
    found = [process_on(database, tmp_path) for _ in range(2)]
    yield found
    for one in found:
        if isinstance(one.roll, RollCall):
            await one.roll.leave()
        await one.database.close()


def heir_of(process: Process, clock: Clock) -> Inheritance:
    return Inheritance(process.database, process.roll, ["whatsapp"], clock)


@BOTH
async def test_what_a_process_held_is_free_three_seconds_after_it_died(
    database: Database, processes: list[Process]
) -> None:
    (mortal, heir), clock = processes, Clock()
    await mortal.roll.present()
    heirs = heir_of(heir, clock)
    await heirs.look()
    await mortal.holds_everything()

    await mortal.dies(heir)
    seen = []
    for clock.at in (1, 3.9, 4):
        seen.append(await heirs.look())

    assert seen == [[], [], [mortal.name]]
    assert await _held(database) == ["whatsapp"]  # its receipt may still come
    assert await Turnstile(heir.database, "telegram", 60, heir.name).take()


@BOTH
async def test_what_died_before_this_process_began_is_free_too(
    database: Database, processes: list[Process]
) -> None:
    (mortal, heir), clock = processes, Clock()
    await mortal.roll.present()
    await mortal.holds_everything()
    await mortal.dies(heir)
    heirs = heir_of(heir, clock)

    assert await heirs.look() == []
    clock.at = 3
    assert await heirs.look() == [mortal.name]
    assert await _held(database) == ["whatsapp"]


@BOTH
async def test_a_process_that_lives_keeps_what_it_holds(
    database: Database, processes: list[Process]
) -> None:
    (one, other), clock = processes, Clock()
    await one.roll.present()
    await one.holds_everything()
    heirs = heir_of(other, clock)

    for clock.at in (0, 10, 3600):
        assert await heirs.look() == []

    assert await _held(database) == ["turn", "event", "telegram", "whatsapp"]


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
async def test_a_process_whose_connection_breaks_is_back_before_it_is_taken_for_dead(
    database: Database, processes: list[Process]
) -> None:
    (one, other), clock = processes, Clock()
    await one.roll.present()
    await one.holds_everything()
    heirs = heir_of(other, clock)
    await heirs.look()

    await one.dies(other)
    clock.at = 2
    assert await heirs.look() == []
    assert await one.roll.present() == {one.name, other.name}
    clock.at = 10
    assert await heirs.look() == []

    assert await _held(database) == ["turn", "event", "telegram", "whatsapp"]


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
async def test_after_a_time_in_which_nothing_was_seen_nobody_is_taken_for_dead_at_once(
    processes: list[Process],
) -> None:
    (one, other), clock = processes, Clock()
    await one.roll.present()
    await one.holds_everything()
    heirs = heir_of(other, clock)
    await heirs.look()

    await one.dies(other)
    clock.at = 1
    await heirs.look()
    heirs._present = None  # as `run` notes it when the database was away
    clock.at = 60
    assert await heirs.look() == []
    clock.at = 63
    assert await heirs.look() == [one.name]
