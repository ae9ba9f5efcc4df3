from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from bot.speech import Templates
from bot.wait_updates import WaitUpdates
from channels.message import Inbound
from conversation.bus import Bus
from conversation.tables import Conversation, Handoff
from conversation.transcript import Transcript
from crm.hours import ServiceHours
from db.base import new_id
from db.engine import Database
from desk.queue import Queue

OPEN = datetime(2026, 11, 30, 15, tzinfo=ZoneInfo("Asia/Jakarta"))  # a Monday
NIGHT = OPEN.replace(hour=23)
MORNING = OPEN.replace(day=1, month=12, hour=10)


class Line:
    """A line of customers, and a time that a test moves."""

    def __init__(self, database: Database) -> None:
        self.now = OPEN
        self.database = database
        self.transcript = Transcript(database, Bus())
        queue = Queue(database, ServiceHours.load(), lambda: self.now)
        zone = ZoneInfo("Asia/Jakarta")
        templates = Templates.load()
        self.updates = WaitUpdates(
            self.transcript, queue, templates, "Nara", zone, 120, lambda: self.now
        )

    async def joins(self, position: int, **told: int) -> str:
        """Let somebody join, who is told `position`."""
        thread = await self.transcript.open("website", new_id(), "id")
        await self.transcript.accept(thread.id, Inbound("website", new_id(), "", "petugas"))
        async with self.database.write() as session:
            row = await session.get_one(Conversation, thread.id)
            row.state, row.pending_since = "waiting", None
            session.add(
                Handoff(
                    id=new_id(),
                    conversation_id=thread.id,
                    reason="request",
                    requested_at=self.now + timedelta(milliseconds=position),
                    expected={"position": position, "free": 0, **told},
                )
            )
        return thread.id

    async def leaves(self, conversation_id: str, state: str = "csr") -> None:
        """Let somebody be helped, or go."""
        async with self.database.write() as session:
            await session.execute(
                update(Conversation).where(Conversation.id == conversation_id).values(state=state)
            )

    async def news(self, after_s: float = 0) -> list[tuple[str, str]]:
        """Give who is told what, some seconds later."""
        self.now += timedelta(seconds=after_s)
        return [(one, str(what)) for one, what in await self.updates.tell()]

    async def last(self, conversation_id: str) -> tuple[str, str, list[str]]:
        """Give author, text and choices of the last message."""
        row = (await self.transcript.after(conversation_id, 0))[-1]
        return row.author, row.text, [choice["id"] for choice in row.choices]


@pytest.fixture
def line(sqlite_database: Database) -> Line:
    return Line(sqlite_database)


async def test_who_comes_nearer_is_told_with_the_ways_out_and_not_too_often(line: Line) -> None:
    first, second, third = [await line.joins(position) for position in (1, 2, 3)]

    assert await line.news(130) == []
    await line.leaves(first)
    assert await line.news() == [(second, "nearer"), (third, "nearer")]
    author, text, choices = await line.last(third)
    assert (author, choices) == ("bot", ["open_ticket", "callback_request"])
    assert "urutan ke-2" in text
    await line.leaves(second)
    assert await line.news(60) == []
    assert await line.news(61) == [(third, "nearer")]
    assert "urutan ke-1" in (await line.last(third))[1]


async def test_a_wait_that_becomes_longer_than_said_is_owned_up_to(line: Line) -> None:
    waiting = await line.joins(1, from_s=60, to_s=300)

    assert await line.news(299) == []
    assert await line.news(2) == [(waiting, "longer")]
    assert (await line.last(waiting))[1].startswith("Maaf, Kak, ternyata lebih lama")


async def test_who_is_in_line_when_the_desk_shuts_keeps_the_place_and_hears_of_the_next_shift(
    line: Line,
) -> None:
    waiting = await line.joins(1)
    line.now = NIGHT

    assert await line.news() == [(waiting, "shut")]
    assert await line.news(3600) == []
    text = (await line.last(waiting))[1]
    line.now = MORNING
    assert await line.news() == [(waiting, "open")]

    assert "Tempat Kakak di antrean tetap" in text
    assert "pukul" in text
    assert (await line.last(waiting))[1].startswith(
        "Tim kami sudah buka lagi, Kak. Kakak di urutan"
    )


async def test_who_chose_to_wait_for_the_next_shift_hears_when_it_begins(line: Line) -> None:
    line.now = NIGHT
    waiting = await line.joins(1, shut=1)

    assert await line.news(60) == []
    line.now = MORNING

    assert await line.news() == [(waiting, "open")]


async def test_who_was_taken_or_left_hears_nothing_more(line: Line) -> None:
    taken, left, stays = [await line.joins(position) for position in (1, 2, 3)]
    await line.leaves(taken)
    await line.leaves(left, "bot")

    assert await line.news(130) == [(stays, "nearer")]


async def test_a_clock_set_back_does_not_silence_the_line(line: Line) -> None:
    first, second = [await line.joins(position) for position in (1, 2)]
    await line.leaves(first)
    line.now -= timedelta(hours=2)

    assert await line.news() == [(second, "nearer")]
