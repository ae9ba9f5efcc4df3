"""A shop that asks its customers how it was: real store, real words, and a clock of its own."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from bot.speech import Templates
from bot.surveys import SurveyTalk
from channels.message import Inbound, Kind, Reply, Source
from conversation.bus import Bus
from conversation.ownership import Ownership
from conversation.surveying import Surveying
from conversation.tables import AnswerRating, ChannelContact, Conversation, Message, Turn
from conversation.transcript import Accepted, Transcript
from crm.surveys.asking import Surveys
from crm.surveys.questionnaires import Questionnaires
from crm.surveys.tables import Survey
from db.base import Base, new_id, now
from db.engine import Database

SAID = Source("template", "greet", "1")
DAY = timedelta(days=1)


@dataclass
class Clock:
    """The present, and what was added to it."""

    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return now() + self.ahead


@dataclass
class Surveyed:
    """The parts, and ways to let a case be solved."""

    database: Database
    templates: Templates
    clock: Clock = field(default_factory=Clock)
    every: timedelta = 30 * DAY
    bus: Bus = field(default_factory=Bus)

    def __post_init__(self) -> None:
        self.surveys = Surveys(
            Questionnaires.load(), every=self.every, open_for=3 * DAY, clock=self.clock
        )
        self.talk = SurveyTalk("Nara", self.database, self.surveys, self.templates)
        pushing = frozenset({"whatsapp", "telegram"})
        self.transcript = Transcript(self.database, self.bus, pushing, beside=self.talk)
        self.ownership = Ownership(self.database, self.transcript)
        self.surveying = Surveying(
            self.database,
            self.transcript,
            self.bus,
            self.surveys,
            self.talk,
            name="Nara",
            quiet=timedelta(minutes=10),
            topic_of={"returns-window": "returns"}.get,
            clock=self.clock,
        )

    async def csr(self) -> str:
        """Open a CSR's account."""
        agents = Base.metadata.tables["agents"]
        async with self.database.write() as session:
            await session.execute(
                agents.insert().values(
                    id="sari", login="sari", name="Sari", password_hash="", role="csr",
                    lang="id", active=True, created_at=now(),
                )
            )  # fmt: skip
        return "sari"

    async def conversation(self, channel: str = "website", **contact: Any) -> str:
        """Begin a conversation in which the customer has written something."""
        thread = await self.transcript.open(channel, new_id(), "id")
        if channel != "website":
            async with self.database.write() as session:
                session.add(ChannelContact(conversation_id=thread.id, **contact))
        await self.write(thread.id, "paket saya mana")
        return thread.id

    async def prove(self, conversation_id: str, customer_id: str) -> None:
        """Let the customer prove who they are."""
        await self.transcript.identify(conversation_id, customer_id)

    async def write(self, conversation_id: str, text: str) -> Accepted:
        """Let the customer write."""
        return await self.transcript.accept(conversation_id, Inbound("website", new_id(), "", text))

    async def tap(self, conversation_id: str, value: object, of: str = "") -> Accepted:
        """Let the customer tap a mark, or what else a survey offers, of the last survey."""
        survey_id = of or (await self.asked(conversation_id))[-1].data["survey_id"]
        choice = f"survey:{survey_id}:{value}"
        return await self.transcript.accept(
            conversation_id, Inbound("website", new_id(), "", choice=choice)
        )

    async def solved_by_sari(self, conversation_id: str, result: str | None = "solved") -> None:
        """Let the CSR take the conversation and close it."""
        hello = Reply("Halo", "id", SAID, kind="handoff")
        await self.ownership.take(conversation_id, "sari", hello, "Sari")
        await self.ownership.release(
            conversation_id, "sari", "closed", hello, "Sari", result=result
        )

    async def bot_answers(
        self, conversation_id: str, intent: str, *, kind: Kind = "answer", helped: bool = False
    ) -> None:
        """Let the bot answer with an article, and then the customer's `intent`."""
        source = Source("article", "returns-window", "1") if kind == "answer" else SAID
        await self.transcript.say(
            conversation_id, Reply("7 hari", "id", source, kind=kind), "bot", "Nara"
        )
        async with self.database.write() as session:
            row = await session.get_one(Conversation, conversation_id)
            row.pending_since = None
            turn = Turn(
                id=new_id(), conversation_id=conversation_id, status="answered", intent=intent
            )
            session.add(turn)
            if helped:
                session.add(
                    AnswerRating(
                        turn_id=turn.id, conversation_id=conversation_id,
                        article="returns-window", version="1", helped=True,
                    )
                )  # fmt: skip

    async def asked(self, conversation_id: str) -> list[Message]:
        """List the surveys that the customer was sent."""
        messages = await self.transcript.after(conversation_id, 0)
        return [message for message in messages if message.kind == "survey"]

    async def last(self, conversation_id: str) -> Message:
        """Give what was said last."""
        return (await self.transcript.after(conversation_id, 0))[-1]

    async def state(self, conversation_id: str) -> str:
        """Say who answers."""
        return (await self.transcript.thread(conversation_id)).state

    async def surveys_kept(self) -> list[Survey]:
        """Read all surveys, oldest first."""
        async with self.database.read() as session:
            return list(await session.scalars(select(Survey).order_by(Survey.asked_at)))
