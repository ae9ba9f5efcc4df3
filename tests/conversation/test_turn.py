import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy import text as sql

from channels.message import Choice, Inbound, Reply
from conversation.answering import Answer, HandoffWish, Question
from conversation.bus import Bus
from conversation.ownership import Ownership
from conversation.tables import Conversation, Handoff, Message, OutboxItem, Turn
from conversation.transcript import Transcript
from conversation.turn import Turns
from db.base import now
from db.engine import Database
from tests.conversation.conftest import TEMPLATE, Echo, add_agent

Said = Callable[..., Inbound]


async def _texts(transcript: Transcript, conversation_id: str) -> list[tuple[str, str]]:
    return [(m.author, m.text) for m in await transcript.after(conversation_id, 0)]


async def test_a_message_is_answered_once(
    turns: Turns, transcript: Transcript, said: Said, echo: Echo
) -> None:
    thread = await transcript.open("website", "visitor", "id")
    await transcript.accept(thread.id, said("halo"))

    await asyncio.gather(*(turns.take(thread.id) for _ in range(5)))
    await turns.take(thread.id)

    assert await _texts(transcript, thread.id) == [("customer", "halo"), ("bot", "echo: halo")]
    assert len(echo.asked) == 1
    assert await turns.due() == []


async def test_messages_that_wait_together_make_one_turn(
    turns: Turns, transcript: Transcript, said: Said, echo: Echo
) -> None:
    thread = await transcript.open("website", "visitor", "id")
    for text in ("paket saya", "belum sampai"):
        await transcript.accept(thread.id, said(text))

    await turns.take(thread.id)

    assert [question.text for question in echo.asked] == ["paket saya\nbelum sampai"]


async def test_the_dialogue_state_goes_from_turn_to_turn(
    turns: Turns, transcript: Transcript, said: Said, echo: Echo
) -> None:
    thread = await transcript.open("website", "visitor", "id")
    for text in ("satu", "dua", "tiga"):
        await transcript.accept(thread.id, said(text))
        await turns.take(thread.id)

    assert [question.dialogue for question in echo.asked] == [{}, {"turns": 1}, {"turns": 2}]


async def test_a_message_during_a_turn_is_answered_after_it(
    database: Database, transcript: Transcript, said: Said
) -> None:
    thread = await transcript.open("website", "visitor", "id")

    class Slow(Echo):
        async def answer(self, question: Question) -> Answer:
            if not self.asked:
                await transcript.accept(thread.id, said("tambahan"))
            return await super().answer(question)

    slow = Slow()
    turns = Turns(database, transcript, slow, "Nara", lease_s=30, tries=3)
    await transcript.accept(thread.id, said("halo"))
    await turns.take(thread.id)

    assert [question.text for question in slow.asked] == ["halo", "tambahan"]


async def test_a_turn_whose_worker_died_is_repeated_with_the_same_messages(
    database: Database, transcript: Transcript, said: Said, echo: Echo
) -> None:
    thread = await transcript.open("website", "visitor", "id")

    class Dies(Echo):
        async def answer(self, question: Question) -> Answer:
            self.asked.append(question)
            raise asyncio.CancelledError  # as when the process is killed

    dying = Dies()
    await transcript.accept(thread.id, said("halo"))
    first = Turns(database, transcript, dying, "Nara", lease_s=0.05, tries=3)
    await asyncio.gather(first.take(thread.id), return_exceptions=True)
    await transcript.accept(thread.id, said("masih di sana?"))
    await asyncio.sleep(0.1)

    second = Turns(database, transcript, echo, "Nara", lease_s=30, tries=3)
    assert await second.due() == [thread.id]
    await second.take(thread.id)

    assert [question.turn_id for question in echo.asked[:1]] == [dying.asked[0].turn_id]
    assert await _texts(transcript, thread.id) == [
        ("customer", "halo"),
        ("customer", "masih di sana?"),
        ("bot", "echo: halo"),
        ("bot", "echo: masih di sana?"),
    ]


async def test_the_lease_of_a_turn_that_takes_long_is_renewed(
    database: Database, transcript: Transcript, said: Said, echo: Echo
) -> None:
    thread = await transcript.open("website", "visitor", "id")

    class Slow(Echo):
        async def answer(self, question: Question) -> Answer:
            first = last = await _lease_until(database)
            async with asyncio.timeout(20):
                while last == first:
                    last = await _lease_until(database)
            return await super().answer(question)

    await transcript.accept(thread.id, said("halo"))
    await Turns(database, transcript, Slow(), "Nara", lease_s=0.6, tries=3).take(thread.id)

    assert await _texts(transcript, thread.id) == [("customer", "halo"), ("bot", "echo: halo")]


async def _lease_until(database: Database) -> datetime | None:
    async with database.read() as session:
        return await session.scalar(select(Conversation.lease_until))


async def test_a_worker_that_was_too_slow_says_nothing(
    database: Database,
    transcript: Transcript,
    said: Said,
    echo: Echo,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("conversation.lease._RENEWALS", 0.001)  # it stood still
    thread = await transcript.open("website", "visitor", "id")

    class Slow(Echo):
        async def answer(self, question: Question) -> Answer:
            await asyncio.sleep(0.1)
            other = Turns(database, transcript, echo, "Nara", lease_s=30, tries=3)
            await other.take(thread.id)
            return await super().answer(question)

    await transcript.accept(thread.id, said("halo"))
    await Turns(database, transcript, Slow(), "Nara", lease_s=0.05, tries=3).take(thread.id)

    assert await _texts(transcript, thread.id) == [("customer", "halo"), ("bot", "echo: halo")]
    assert len(echo.asked) == 1


async def test_a_turn_that_keeps_failing_ends_with_an_apology(
    database: Database, transcript: Transcript, said: Said
) -> None:
    thread = await transcript.open("website", "visitor", "id")

    class Broken(Echo):
        async def answer(self, question: Question) -> Answer:
            raise RuntimeError("broken")

    turns = Turns(database, transcript, Broken(), "Nara", lease_s=30, tries=2)
    await transcript.accept(thread.id, said("halo"))
    await turns.take(thread.id)
    assert await _texts(transcript, thread.id) == [("customer", "halo")]
    await asyncio.sleep(0.6)
    await turns.take(thread.id)

    assert await _texts(transcript, thread.id) == [("customer", "halo"), ("bot", "sorry")]
    assert await turns.due() == []


async def test_a_turn_that_kills_every_worker_is_given_up(
    database: Database, transcript: Transcript, said: Said
) -> None:
    thread = await transcript.open("website", "visitor", "id")

    class Dies(Echo):
        async def answer(self, question: Question) -> Answer:
            raise asyncio.CancelledError

    await transcript.accept(thread.id, said("halo"))
    turns = Turns(database, transcript, Dies(), "Nara", lease_s=0.01, tries=2)
    for _ in range(3):
        await asyncio.gather(turns.take(thread.id), return_exceptions=True)
        await asyncio.sleep(0.05)

    assert await _texts(transcript, thread.id) == [("customer", "halo"), ("bot", "sorry")]


async def test_a_handoff_and_its_words_appear_together(
    database: Database, transcript: Transcript, said: Said
) -> None:
    thread = await transcript.open("website", "visitor", "id")

    class HandsOver(Echo):
        async def answer(self, question: Question) -> Answer:
            answer = await super().answer(question)
            return replace(answer, handoff=HandoffWish("request", {"wants": "a person"}))

    turns = Turns(database, transcript, HandsOver(), "Nara", lease_s=30, tries=3)
    await transcript.accept(thread.id, said("mau ngomong sama orang"))
    await turns.take(thread.id)
    await transcript.accept(thread.id, said("halo?"))
    await turns.take(thread.id)

    assert (await transcript.thread(thread.id)).state == "waiting"
    async with database.read() as session:
        handoff = (await session.scalars(select(Handoff))).one()
    assert (handoff.conversation_id, handoff.reason, handoff.brief) == (
        thread.id,
        "request",
        {"wants": "a person"},
    )
    assert [author for author, _ in await _texts(transcript, thread.id)] == [
        "customer",
        "bot",
        "customer",
    ]


async def test_the_bot_is_silent_when_a_person_took_over_in_mid_turn(
    database: Database, transcript: Transcript, said: Said
) -> None:
    thread = await transcript.open("website", "visitor", "id")
    agent = await add_agent(database, "rina")
    hello = Reply(text="Rina di sini", lang="id", source=TEMPLATE)

    class Overtaken(Echo):
        async def answer(self, question: Question) -> Answer:
            await Ownership(database, transcript).take(thread.id, agent, hello, "Rina")
            return await super().answer(question)

    turns = Turns(database, transcript, Overtaken(), "Nara", lease_s=30, tries=3)
    await transcript.accept(thread.id, said("halo"))
    await turns.take(thread.id)

    assert await _texts(transcript, thread.id) == [("customer", "halo"), ("system", "Rina di sini")]
    async with database.read() as session:
        assert await session.scalar(select(Turn.status)) == "dropped"


async def test_misses_are_counted_in_a_row(
    database: Database, transcript: Transcript, said: Said
) -> None:
    thread = await transcript.open("website", "visitor", "id")
    missed = iter([True, True, False, True])

    class Puzzled(Echo):
        async def answer(self, question: Question) -> Answer:
            return replace(await super().answer(question), missed=next(missed))

    turns = Turns(database, transcript, Puzzled(), "Nara", lease_s=30, tries=3)
    counted = []
    for text in ("a", "b", "c", "d"):
        await transcript.accept(thread.id, said(text))
        await turns.take(thread.id)
        async with database.read() as session:
            counted.append(await session.scalar(select(Conversation.missed_turns)))

    assert counted == [1, 2, 0, 1]


async def test_a_tap_is_a_turn_of_its_own(
    turns: Turns, transcript: Transcript, said: Said, echo: Echo
) -> None:
    thread = await transcript.open("website", "visitor", "id")
    offer = Reply("Bagaimana?", "id", TEMPLATE, choices=(Choice("affirm", "Ya"),))
    await transcript.say(thread.id, offer, "bot", "Nara")
    await transcript.accept(thread.id, said("sebentar"))
    await transcript.accept(thread.id, replace(said("", "tap"), choice="affirm"))
    await transcript.accept(thread.id, said("terus gimana"))
    await turns.take(thread.id)

    assert [(question.text, question.choice) for question in echo.asked] == [
        ("sebentar", None),
        ("Ya", "affirm"),
        ("terus gimana", None),
    ]


async def test_only_channels_that_push_get_outbox_rows(
    database: Database, turns: Turns, transcript: Transcript, said: Said
) -> None:
    for channel in ("website", "phone"):
        thread = await transcript.open(channel, "visitor", "id")
        await transcript.accept(thread.id, said("halo", channel=channel))
        await turns.take(thread.id)

    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(OutboxItem)) == 1


async def test_messages_within_the_settle_time_join(
    database: Database, transcript: Transcript, said: Said, echo: Echo
) -> None:
    turns = Turns(database, transcript, echo, "Nara", lease_s=30, tries=3, settle_s={"phone": 0.2})
    thread = await transcript.open("phone", "+628110000001", "id")
    await transcript.accept(thread.id, said("paket saya", channel="phone"))
    await turns.take(thread.id)
    assert echo.asked == []
    await transcript.accept(thread.id, said("belum sampai", channel="phone"))
    await asyncio.sleep(0.25)
    await turns.take(thread.id)

    assert [question.text for question in echo.asked] == ["paket saya\nbelum sampai"]


async def test_who_taps_an_alternative_while_waiting_leaves_the_line(
    database: Database, transcript: Transcript, said: Said
) -> None:
    thread = await transcript.open("website", "visitor", "id")

    class HandsOver(Echo):
        async def answer(self, question: Question) -> Answer:
            offer = Reply("Sebentar", "id", TEMPLATE, choices=(Choice("open_ticket", "Tiket"),))
            wish = None if question.choice else HandoffWish("request")
            return Answer(replies=(offer,), dialogue={}, handoff=wish)

    turns = Turns(database, transcript, HandsOver(), "Nara", lease_s=30, tries=3)
    await transcript.accept(thread.id, said("orang"))
    await turns.take(thread.id)
    await transcript.accept(thread.id, said("halo?"))
    await transcript.accept(thread.id, replace(said("", "tap"), choice="open_ticket"))
    await turns.take(thread.id)

    assert (await transcript.thread(thread.id)).state == "bot"
    assert [author for author, _ in await _texts(transcript, thread.id)] == [
        "customer",
        "bot",
        "customer",
        "customer",
        "bot",
    ]
    async with database.read() as session:
        assert await session.scalar(select(Handoff.outcome)) == "left"


async def test_a_flood_of_long_messages_is_not_one_endless_turn(
    turns: Turns, transcript: Transcript, said: Said, echo: Echo
) -> None:
    thread = await transcript.open("website", "visitor", "id")
    for letter in "abcde":
        await transcript.accept(thread.id, said(letter * 2000))

    await turns.take(thread.id)

    assert [len(question.text) for question in echo.asked] == [4001, 4001, 2000]


async def test_setting_the_clock_back_leaves_nobody_unanswered(
    database: Database, turns: Turns, transcript: Transcript, said: Said, echo: Echo
) -> None:
    thread = await transcript.open("website", "visitor", "id")
    await transcript.accept(thread.id, said("halo"))
    tomorrow = now() + timedelta(days=1)
    async with database.write() as session:
        row = await session.get_one(Conversation, thread.id)
        row.pending_since = row.lease_until = tomorrow
        row.lease_owner = "a worker of tomorrow"

    assert await turns.due() == [thread.id]
    await turns.take(thread.id)

    assert [question.text for question in echo.asked] == ["halo"]


async def test_what_was_said_while_the_clock_was_an_hour_ahead_has_settled_when_it_is_right_again(
    database: Database, transcript: Transcript, said: Said, echo: Echo
) -> None:
    turns = Turns(database, transcript, echo, "Nara", lease_s=30, tries=3, settle_s={"phone": 1})
    thread = await transcript.open("phone", "+628110000001", "id")
    await transcript.accept(thread.id, said("halo", channel="phone"))
    ahead = now() + timedelta(hours=1)
    async with database.write() as session:
        await session.execute(update(Message).values(at=ahead))
        await session.execute(update(Conversation).values(pending_since=ahead))

    assert await turns.due() == [thread.id]
    await turns.take(thread.id)

    assert [question.text for question in echo.asked] == ["halo"]


async def test_a_lease_of_a_machine_whose_clock_is_a_little_ahead_is_respected(
    database: Database, turns: Turns, transcript: Transcript, said: Said, echo: Echo
) -> None:
    thread = await transcript.open("website", "visitor", "id")
    await transcript.accept(thread.id, said("halo"))
    async with database.write() as session:
        row = await session.get_one(Conversation, thread.id)
        row.lease_owner, row.lease_until = "another", now() + timedelta(seconds=50)

    await turns.take(thread.id)

    assert (echo.asked, await turns.due()) == ([], [])


async def test_an_answer_survives_a_database_that_drops_its_connections(
    postgres_database: Database, said: Said
) -> None:
    transcript = Transcript(postgres_database, Bus())
    thread = await transcript.open("website", "visitor", "id")

    class Cuts(Echo):
        async def answer(self, question: Question) -> Answer:
            async with postgres_database.read() as session:
                await session.execute(
                    sql(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                )
            return await super().answer(question)

    cuts = Cuts()
    await transcript.accept(thread.id, said("halo"))
    await Turns(postgres_database, transcript, cuts, "Nara", lease_s=30, tries=3).take(thread.id)

    assert await _texts(transcript, thread.id) == [("customer", "halo"), ("bot", "echo: halo")]
    assert len(cuts.asked) == 1


async def test_the_worker_is_woken_when_the_customer_has_paused_long_enough(
    database: Database, transcript: Transcript, bus: Bus, said: Said, echo: Echo
) -> None:
    settling = Turns(
        database, transcript, echo, "Nara", lease_s=30, tries=3, settle_s={"website": 0.05}
    )
    thread = await transcript.open("website", "visitor", "id")
    await transcript.accept(thread.id, said("halo"))
    with bus.subscribe("work") as wishes:
        await settling.take(thread.id)
        while not echo.asked:  # once, unless the machine itself paused for as long
            assert await wishes.next(10) == {"conversation": thread.id}
            await settling.take(thread.id)

    assert [question.text for question in echo.asked] == ["halo"]


async def test_the_bot_has_the_name_of_the_site_it_speaks_on(
    database: Database, transcript: Transcript, echo: Echo, said: Callable[..., Inbound]
) -> None:
    turns = Turns(
        database, transcript, echo, "Nara", lease_s=30, tries=3, assistants={"butik": "Dita"}
    )
    names = {}
    for site in ("butik", "toko"):
        thread = await transcript.open("website", site, "id", site)
        await transcript.accept(thread.id, said("halo", source_id=site))
        await turns.take(thread.id)
        names[site] = (await transcript.after(thread.id, 1))[0].name

    assert names == {"butik": "Dita", "toko": "Nara"}
