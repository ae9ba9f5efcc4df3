from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from channels.message import Inbound, Reply, Source
from conversation.answering import Answer, Question
from conversation.bus import Bus
from conversation.transcript import Transcript
from conversation.turn import Turns
from db.base import Base, now
from db.engine import Database

TEMPLATE = Source("template", "echo", "1")


@dataclass
class Echo:
    """An answerer that repeats what it was asked, and remembers it."""

    asked: list[Question] = field(default_factory=list)

    async def answer(self, question: Question) -> Answer:
        self.asked.append(question)
        reply = Reply(text=f"echo: {question.text}", lang=question.lang, source=TEMPLATE)
        turns = int(question.dialogue.get("turns", 0)) + 1
        return Answer(replies=(reply,), dialogue={"turns": turns})

    def apologise(self, question: Question, error_id: str) -> Answer:
        reply = Reply(text="sorry", lang=question.lang, source=TEMPLATE, kind="error")
        return Answer(replies=(reply,), dialogue={})


@pytest.fixture
def bus() -> Bus:
    return Bus()


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def transcript(database: Database, bus: Bus) -> Transcript:
    return Transcript(database, bus, pushing=frozenset({"phone"}))


@pytest.fixture
def turns(database: Database, transcript: Transcript, echo: Echo) -> Turns:
    return Turns(database, transcript, echo, "Nara", lease_s=30, tries=3)


@pytest.fixture
def said() -> Callable[..., Inbound]:
    def make(text: str, source_id: str = "", channel: str = "website") -> Inbound:
        return Inbound(channel=channel, source_id=source_id or text, address="visitor", text=text)

    return make


async def add_agent(database: Database, agent_id: str) -> str:
    """Put a CSR into the table of the desk, which stands above this folder."""
    agents = Base.metadata.tables["agents"]
    async with database.write() as session:
        await session.execute(
            agents.insert().values(
                id=agent_id, login=agent_id, name=agent_id.title(), password_hash="", role="csr",
                lang="id", active=True, created_at=now(),
            )
        )  # fmt: skip
    return agent_id
