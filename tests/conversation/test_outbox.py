import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from channels.event import RawEvent
from channels.message import DeliveryFailed, Outbound, Reply
from conversation.bus import Bus
from conversation.inbox import Inbox
from conversation.outbox import Outbox
from conversation.tables import InboxEvent, OutboxItem
from conversation.transcript import Transcript
from db.base import now
from db.engine import Database
from tests.conversation.conftest import TEMPLATE


@dataclass
class Phone:
    """A pushing channel that fails as often as it is told to."""

    failures: list[DeliveryFailed] = field(default_factory=list)
    sent: list[tuple[str, str]] = field(default_factory=list)
    name: str = "phone"

    async def send(self, address: str, message: Outbound) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append((address, message.reply.text))


async def _say(transcript: Transcript, *texts: str, address: str = "+628110000001") -> None:
    thread = await transcript.open("phone", address, "id")
    for text in texts:
        await transcript.say(thread.id, Reply(text, "id", TEMPLATE), "bot", "Nara")


async def _due_at_once(database: Database) -> None:
    async with database.write() as session:
        await session.execute(update(OutboxItem).values(next_at=now()))


async def _states(database: Database) -> list[tuple[int, str, str | None]]:
    async with database.read() as session:
        rows = await session.scalars(select(OutboxItem).order_by(OutboxItem.seq))
        return [(row.seq, row.status, row.error) for row in rows]


async def test_messages_are_sent_in_order_and_once(
    database: Database, transcript: Transcript
) -> None:
    phone = Phone()
    outbox = Outbox(database, {"phone": phone})
    await _say(transcript, "satu", "dua", "tiga")

    while await outbox.deliver_next():
        pass

    assert phone.sent == [("+628110000001", text) for text in ("satu", "dua", "tiga")]
    assert [state for _, state, _ in await _states(database)] == ["sent"] * 3


async def test_a_failure_holds_back_what_comes_after_it(
    database: Database, transcript: Transcript
) -> None:
    phone = Phone(failures=[DeliveryFailed("busy")])
    outbox = Outbox(database, {"phone": phone})
    await _say(transcript, "satu", "dua")
    await _say(transcript, "lain", address="+628110000002")

    while await outbox.deliver_next():
        pass
    assert phone.sent == [("+628110000002", "lain")]
    await _due_at_once(database)
    while await outbox.deliver_next():
        pass

    assert phone.sent[1:] == [("+628110000001", "satu"), ("+628110000001", "dua")]


async def test_a_permanent_failure_goes_to_the_dead_letter_and_the_rest_goes_on(
    database: Database, transcript: Transcript
) -> None:
    phone = Phone(failures=[DeliveryFailed("blocked", permanent=True)])
    outbox = Outbox(database, {"phone": phone})
    await _say(transcript, "satu", "dua")

    while await outbox.deliver_next():
        pass

    assert await _states(database) == [(1, "dead", "blocked"), (2, "sent", None)]


async def test_after_enough_tries_a_message_is_given_up(
    database: Database, transcript: Transcript
) -> None:
    phone = Phone(failures=[DeliveryFailed("busy")] * 9)
    outbox = Outbox(database, {"phone": phone}, tries=3)
    await _say(transcript, "satu")

    for _ in range(3):
        await _due_at_once(database)
        await outbox.deliver_next()

    assert await _states(database) == [(1, "dead", "busy")]


async def test_the_vendors_wish_to_wait_is_obeyed(
    database: Database, transcript: Transcript
) -> None:
    outbox = Outbox(database, {"phone": Phone(failures=[DeliveryFailed("429", retry_after_s=90)])})
    await _say(transcript, "satu")
    await outbox.deliver_next()

    async with database.read() as session:
        item = (await session.scalars(select(OutboxItem))).one()
    assert item.next_at > now() + timedelta(seconds=85)


async def test_many_workers_send_each_message_once(
    database: Database, transcript: Transcript
) -> None:
    phone = Phone()
    for n in range(10):
        await _say(transcript, "halo", address=f"+62811000000{n}")

    async def work() -> None:
        outbox = Outbox(database, {"phone": phone})
        while await outbox.deliver_next():
            pass

    await asyncio.gather(*(work() for _ in range(4)))

    assert sorted(phone.sent) == [(f"+62811000000{n}", "halo") for n in range(10)]


async def test_a_message_whose_sender_died_is_sent_when_the_lease_ends(
    database: Database, transcript: Transcript
) -> None:
    await _say(transcript, "satu")
    async with database.write() as session:
        await session.execute(update(OutboxItem).values(lease_until=now() + timedelta(seconds=60)))
    phone = Phone()
    outbox = Outbox(database, {"phone": phone})
    assert not await outbox.deliver_next()
    async with database.write() as session:
        await session.execute(update(OutboxItem).values(lease_until=now() - timedelta(seconds=1)))

    assert await outbox.deliver_next()
    assert phone.sent == [("+628110000001", "satu")]


@dataclass
class SlowPhone(Phone):
    """A vendor who takes a message, and answers when it is told to."""

    answers: asyncio.Event = field(default_factory=asyncio.Event)
    taken: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    async def send(self, address: str, message: Outbound) -> None:
        await super().send(address, message)
        self.taken.release()
        await self.answers.wait()


async def test_a_crash_finds_one_message_of_a_channel_under_way(
    database: Database, transcript: Transcript, bus: Bus
) -> None:
    phone = SlowPhone()
    for n in range(5):
        await _say(transcript, "halo", address=f"+62811000000{n}")
    worker = asyncio.create_task(Outbox(database, {"phone": phone}).run(bus, sweep_s=0.01))
    await asyncio.wait_for(phone.taken.acquire(), 10)
    bus.publish("desk", {"type": "message"})
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(phone.taken.acquire(), 0.3)
    worker.cancel()
    await asyncio.sleep(0)
    for task in asyncio.all_tasks():  # no more is noted than by a kill -9
        if getattr(task.get_coro(), "__qualname__", "") == "Outbox.deliver_next":
            task.cancel()
    await asyncio.gather(worker, return_exceptions=True)

    phone.answers.set()
    again = Outbox(database, {"phone": phone})
    await again.forget_dead_workers()
    while await again.deliver_next():
        pass

    assert sorted(address for address, _ in phone.sent[1:]) == [
        f"+62811000000{n}" for n in range(5)
    ]


async def test_a_message_that_is_being_sent_when_the_process_ends_is_sent_and_noted(
    database: Database, transcript: Transcript, bus: Bus
) -> None:
    phone = SlowPhone()
    await _say(transcript, "halo")
    worker = asyncio.create_task(Outbox(database, {"phone": phone}).run(bus, sweep_s=0.01))
    await asyncio.wait_for(phone.taken.acquire(), 10)
    worker.cancel()
    phone.answers.set()
    await asyncio.gather(worker, return_exceptions=True)

    assert await Outbox(database, {"phone": phone}).deliver_next() is False
    async with database.read() as session:
        assert list(await session.scalars(select(OutboxItem.status))) == ["sent"]


async def test_what_may_have_been_sent_waits_for_its_receipt_where_receipts_come(
    database: Database, transcript: Transcript
) -> None:
    await _say(transcript, "satu")
    async with database.write() as session:
        await session.execute(update(OutboxItem).values(lease_until=now() + timedelta(seconds=60)))
    phone = Phone()

    knowing = Outbox(database, {"phone": phone}, with_receipts=["phone"])
    await knowing.forget_dead_workers()
    assert not await knowing.deliver_next()
    unknowing = Outbox(database, {"phone": phone})
    await unknowing.forget_dead_workers()
    assert await unknowing.deliver_next()


async def test_a_send_is_noted_when_the_database_is_back_and_not_made_again(
    database: Database, transcript: Transcript, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = Phone()
    outbox = Outbox(database, {"phone": phone})
    await _say(transcript, "satu")
    note, away = outbox._sent, [True, True]

    async def notes(*about: Any) -> None:
        if away:
            away.pop()
            raise OperationalError("", {}, OSError("gone"))
        await note(*about)

    monkeypatch.setattr(outbox, "_sent", notes)
    monkeypatch.setattr("conversation.outbox._NOTE_AGAIN_S", 0.01)

    assert await outbox.deliver_next()
    assert not await outbox.deliver_next()
    assert (len(phone.sent), await _states(database)) == (1, [(1, "sent", None)])


async def test_what_was_said_while_the_clock_was_an_hour_ahead_is_sent_when_it_is_right_again(
    database: Database, transcript: Transcript
) -> None:
    phone = Phone()
    outbox = Outbox(database, {"phone": phone})
    await _say(transcript, "satu")
    ahead = now() + timedelta(hours=1)
    async with database.write() as session:
        await session.execute(update(OutboxItem).values(next_at=ahead, lease_until=ahead))

    assert await outbox.deliver_next()
    assert phone.sent == [("+628110000001", "satu")]


async def test_what_was_put_off_while_the_clock_was_an_hour_ahead_is_tried_when_it_is_right_again(
    database: Database, transcript: Transcript
) -> None:
    phone = Phone([DeliveryFailed("later")])
    outbox = Outbox(database, {"phone": phone})
    await _say(transcript, "satu")
    assert await outbox.deliver_next()
    hour = timedelta(hours=1)
    async with database.write() as session:
        row = (await session.scalars(select(OutboxItem))).one()
        row.next_at, row.put_off_at = row.next_at + hour, now() + hour

    assert await outbox.deliver_next()
    assert phone.sent == [("+628110000001", "satu")]


async def test_a_send_in_doubt_waits_while_its_receipt_may_still_be_unread_but_not_for_ever(
    database: Database, transcript: Transcript
) -> None:
    phone = Phone([DeliveryFailed("no answer")])
    outbox, inbox = Outbox(database, {"phone": phone}), Inbox(database, Bus())
    await _say(transcript, "satu")
    await inbox.put("phone", [RawEvent("1", "user:1", now(), {})])
    tried = [await outbox.deliver_next()]
    a_while_ago = now() - timedelta(minutes=1)
    for put_off_at in (a_while_ago, now() - timedelta(minutes=6)):
        async with database.write() as session:
            times = {"next_at": a_while_ago, "put_off_at": put_off_at}
            await session.execute(update(OutboxItem).values(**times))
            await session.execute(update(InboxEvent).values(next_at=a_while_ago))
        tried.append(await outbox.deliver_next())

    assert tried == [True, False, True]


async def test_a_send_in_doubt_is_tried_again_once_all_is_read(
    database: Database, transcript: Transcript
) -> None:
    phone = Phone([DeliveryFailed("no answer")])
    outbox, inbox = Outbox(database, {"phone": phone}), Inbox(database, Bus())
    await _say(transcript, "satu")
    await inbox.put("phone", [RawEvent("1", "user:1", now(), {})])
    await inbox.done(await inbox.claim(["phone"]))
    tried = [await outbox.deliver_next()]
    async with database.write() as session:
        await session.execute(update(OutboxItem).values(next_at=now()))
    tried.append(await outbox.deliver_next())

    assert (tried, phone.sent) == ([True, True], [("+628110000001", "satu")])


async def test_what_a_vendor_put_off_for_an_hour_waits_that_long(
    database: Database, transcript: Transcript
) -> None:
    outbox = Outbox(database, {"phone": Phone([DeliveryFailed("later", retry_after_s=3600)])})
    await _say(transcript, "satu")

    assert [await outbox.deliver_next() for _ in range(2)] == [True, False]


async def test_an_event_stored_while_the_clock_was_an_hour_ahead_is_taken_in_when_it_is_right_again(
    database: Database,
) -> None:
    inbox = Inbox(database, Bus())
    await inbox.put("phone", [RawEvent("1", "user:1", now(), {})])
    ahead = now() + timedelta(hours=1)
    async with database.write() as session:
        await session.execute(update(InboxEvent).values(next_at=ahead, lease_until=ahead))

    assert await inbox.any_due(["phone"])
    assert [event.source_id for event in await inbox.claim(["phone"])] == ["1"]


async def test_an_event_stored_while_the_clock_was_ahead_still_waits_for_what_it_overtook(
    database: Database,
) -> None:
    inbox, sent = Inbox(database, Bus(), reorder_s=0.3), now()
    second = RawEvent("2", "user:1", sent + timedelta(seconds=1), {})
    await inbox.put("phone", [second])
    ahead = now() + timedelta(hours=1)
    async with database.write() as session:
        await session.execute(update(InboxEvent).values(next_at=ahead))

    assert await inbox.claim(["phone"]) == []
    await inbox.put("phone", [RawEvent("1", "user:1", sent, {})])
    await asyncio.sleep(0.35)
    assert [event.source_id for event in await inbox.claim(["phone"])] == ["1", "2"]
