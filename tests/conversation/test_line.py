from collections.abc import Callable

import pytest
from sqlalchemy import select

from channels.message import Inbound, Reply
from conversation.answering import Answer, HandoffWish, Question
from conversation.bus import Bus
from conversation.tables import Conversation, Handoff
from conversation.transcript import Transcript
from conversation.turn import Turns
from db.engine import Database
from tests.conversation.conftest import TEMPLATE, Echo

Said = Callable[..., Inbound]


class Desk(Echo):
    """Hands over at "cs"; who waits may ask for the wait, and leave with "batal"."""

    async def answer(self, question: Question) -> Answer:
        answer = await super().answer(question)
        reply = Reply(text=f"waiting: {question.waiting}", lang=question.lang, source=TEMPLATE)
        return Answer(
            replies=(reply,),
            dialogue=answer.dialogue,
            handoff=HandoffWish("request") if question.text == "cs" else None,
            leaves_line=question.text == "batal",
        )


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def transcript(database: Database, bus: Bus) -> Transcript:
    return Transcript(database, bus, about_the_wait=lambda text: text in ("masih lama?", "batal"))


@pytest.fixture
def turns(database: Database, transcript: Transcript, desk: Desk) -> Turns:
    return Turns(database, transcript, desk, "Nara", lease_s=30, tries=3)


async def _say(transcript: Transcript, turns: Turns, said: Said, *texts: str) -> str:
    thread = await transcript.open("website", "visitor", "id")
    for text in texts:
        await transcript.accept(thread.id, said(text))
        await turns.take(thread.id)
    return thread.id


async def _state(database: Database, conversation_id: str) -> str:
    async with database.read() as session:
        return (await session.get_one(Conversation, conversation_id)).state


async def test_who_waits_is_told_about_the_wait_and_goes_on_waiting(
    database: Database, transcript: Transcript, turns: Turns, desk: Desk, said: Said
) -> None:
    waiting = await _say(transcript, turns, said, "cs", "masih lama?")

    assert [(one.text, one.waiting) for one in desk.asked] == [("cs", False), ("masih lama?", True)]
    assert await _state(database, waiting) == "waiting"


async def test_all_else_that_is_said_while_waiting_is_for_the_person(
    database: Database, transcript: Transcript, turns: Turns, desk: Desk, said: Said
) -> None:
    waiting = await _say(transcript, turns, said, "cs", "paket saya hilang", "masih lama?")

    assert [one.text for one in desk.asked] == ["cs", "masih lama?"]
    assert await _state(database, waiting) == "waiting"


async def test_who_cancels_is_with_the_bot_again_and_out_of_the_queue(
    database: Database, transcript: Transcript, turns: Turns, desk: Desk, said: Said
) -> None:
    waiting = await _say(transcript, turns, said, "cs", "batal", "halo")

    assert [(one.text, one.waiting) for one in desk.asked][1:] == [("batal", True), ("halo", False)]
    assert await _state(database, waiting) == "bot"
    async with database.read() as session:
        assert list(await session.scalars(select(Handoff.outcome))) == ["left"]


async def test_an_answer_about_the_wait_is_dropped_when_something_was_tapped_meanwhile(
    database: Database, transcript: Transcript, desk: Desk, said: Said
) -> None:
    thread = await transcript.open("website", "visitor", "id")

    class Slow(Desk):
        async def answer(self, question: Question) -> Answer:
            if question.text == "masih lama?":
                # As `accept` does it for a tap, whose choice must have been offered before.
                async with database.write() as session:
                    (await session.get_one(Conversation, thread.id)).state = "bot"
                await transcript.accept(thread.id, said("lacak"))
            return await super().answer(question)

    turns = Turns(database, transcript, Slow(), "Nara", lease_s=30, tries=3)
    for text in ("cs", "masih lama?"):
        await transcript.accept(thread.id, said(text))
        await turns.take(thread.id)

    said_by_bot = [m.text for m in await transcript.after(thread.id, 0) if m.author == "bot"]
    assert said_by_bot == ["waiting: False", "waiting: False"]  # to "cs" and to "lacak"
