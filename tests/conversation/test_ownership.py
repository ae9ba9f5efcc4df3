import asyncio
from collections.abc import Callable

import pytest

from channels.message import Inbound, Reply
from conversation.answering import Answer, Question
from conversation.ownership import NotYours, Ownership
from conversation.transcript import Transcript
from conversation.turn import Turns
from db.engine import Database
from tests.conversation.conftest import TEMPLATE, Echo, add_agent

Said = Callable[..., Inbound]
HELLO = Reply(text="Halo", lang="id", source=TEMPLATE)
BYE = Reply(text="Dah", lang="id", source=TEMPLATE)


@pytest.fixture
def ownership(database: Database, transcript: Transcript) -> Ownership:
    return Ownership(database, transcript)


async def test_of_two_who_take_at_once_one_gets_it(
    database: Database, transcript: Transcript, ownership: Ownership
) -> None:
    thread = await transcript.open("website", "visitor", "id")
    agents = [await add_agent(database, name) for name in ("rina", "tono")]

    results = await asyncio.gather(
        *(ownership.take(thread.id, agent, HELLO, agent) for agent in agents),
        return_exceptions=True,
    )

    assert sorted(type(result).__name__ for result in results) == ["NoneType", "NotYours"]
    assert len(await transcript.after(thread.id, 0)) == 1


async def test_taking_ones_own_again_says_nothing_twice(
    database: Database, transcript: Transcript, ownership: Ownership
) -> None:
    thread = await transcript.open("website", "visitor", "id")
    rina = await add_agent(database, "rina")
    await ownership.take(thread.id, rina, HELLO, "Rina")
    await ownership.take(thread.id, rina, HELLO, "Rina")

    assert [m.text for m in await transcript.after(thread.id, 0)] == ["Halo"]


async def test_only_the_owner_speaks_and_releases(
    database: Database, transcript: Transcript, ownership: Ownership
) -> None:
    thread = await transcript.open("website", "visitor", "id")
    rina, tono = [await add_agent(database, name) for name in ("rina", "tono")]
    await ownership.take(thread.id, rina, HELLO, "Rina")

    with pytest.raises(NotYours):
        await ownership.say(thread.id, tono, HELLO, "Tono")
    with pytest.raises(NotYours):
        await ownership.release(thread.id, tono, "bot", BYE, "Tono")
    await ownership.release(thread.id, rina, "bot", BYE, "Rina")
    with pytest.raises(NotYours):
        await ownership.say(thread.id, rina, HELLO, "Rina")

    assert [m.text for m in await transcript.after(thread.id, 0)] == ["Halo", "Dah"]


async def test_what_a_person_was_told_is_not_answered_by_the_bot_afterwards(
    database: Database,
    transcript: Transcript,
    ownership: Ownership,
    turns: Turns,
    echo: Echo,
    said: Said,
) -> None:
    thread = await transcript.open("website", "visitor", "id")
    rina = await add_agent(database, "rina")
    await transcript.accept(thread.id, said("sebelum"))
    await ownership.take(thread.id, rina, HELLO, "Rina")
    await transcript.accept(thread.id, said("kepada Rina"))
    await turns.take(thread.id)
    await ownership.release(thread.id, rina, "bot", BYE, "Rina")
    await transcript.accept(thread.id, said("kepada bot"))
    await turns.take(thread.id)

    assert [question.text for question in echo.asked] == ["kepada bot"]


async def test_a_closed_conversation_opens_again_with_the_bot(
    database: Database,
    transcript: Transcript,
    ownership: Ownership,
    turns: Turns,
    echo: Echo,
    said: Said,
) -> None:
    thread = await transcript.open("website", "visitor", "id")
    rina = await add_agent(database, "rina")
    await ownership.take(thread.id, rina, HELLO, "Rina")
    await ownership.release(thread.id, rina, "closed", BYE, "Rina")
    await transcript.accept(thread.id, said("halo lagi"))
    await turns.take(thread.id)

    assert (await transcript.thread(thread.id)).state == "bot"
    assert [question.text for question in echo.asked] == ["halo lagi"]


async def test_a_turn_that_died_before_a_person_took_over_is_not_taken_up_again(
    database: Database,
    transcript: Transcript,
    ownership: Ownership,
    turns: Turns,
    echo: Echo,
    said: Said,
) -> None:
    class Dies(Echo):
        async def answer(self, question: Question) -> Answer:
            raise asyncio.CancelledError  # as when the process is killed

    thread = await transcript.open("website", "visitor", "id")
    rina = await add_agent(database, "rina")
    await transcript.accept(thread.id, said("sebelum"))
    dying = Turns(database, transcript, Dies(), "Nara", lease_s=30, tries=3)
    await asyncio.gather(dying.take(thread.id), return_exceptions=True)
    await ownership.take(thread.id, rina, HELLO, "Rina")
    await ownership.release(thread.id, rina, "bot", BYE, "Rina")
    await transcript.accept(thread.id, said("kepada bot"))

    await turns.take(thread.id)

    assert [question.text for question in echo.asked] == ["kepada bot"]


async def test_a_race_of_two_people_the_bot_and_the_customer_has_one_owner(
    database: Database,
    transcript: Transcript,
    ownership: Ownership,
    turns: Turns,
    said: Said,
) -> None:
    people = [await add_agent(database, name) for name in ("rina", "budi")]
    for number in range(25):
        thread = await transcript.open("website", f"visitor {number}", "id")
        await transcript.accept(thread.id, said(f"halo {number}"))
        taken, also, *_ = await asyncio.gather(
            *(ownership.take(thread.id, person, HELLO, person) for person in people),
            turns.take(thread.id),
            transcript.accept(thread.id, said(f"masih {number}")),
            return_exceptions=True,
        )

        assert sorted(type(one).__name__ for one in (taken, also)) == ["NoneType", "NotYours"]
        messages = await transcript.after(thread.id, 0)
        hello = [message.seq for message in messages if message.author == "system"]
        assert [message.seq for message in messages] == list(range(1, len(messages) + 1))
        assert len(hello) == 1
        assert [m.seq for m in messages if m.author == "bot" and m.seq > hello[0]] == []
        assert await turns.due() == []
