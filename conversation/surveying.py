"""Ask customers how it was once their case is solved, where the question can reach them."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy import Connection, select

from channels.message import Reply
from conversation.bus import Bus
from conversation.rows import held
from conversation.solved import TopicOf, solved_by_bot, solved_by_people, topic_of_case
from conversation.tables import ChannelContact, Conversation, Message
from conversation.transcript import Transcript
from crm.surveys.asking import Asked, Solved, Surveys
from db.base import Base
from db.base import now as current_time
from db.engine import Database

log = structlog.get_logger()

_WEBSITE = "website"
_STILL_THERE = timedelta(minutes=30)  # a visitor who wrote within it finds the question
_BEFORE_THE_WINDOW = timedelta(minutes=10)  # closes; a survey is no reason to send a template
_ENDED = ("closed", "bot")


class Asking(Protocol):
    """Whoever has the words of a survey."""

    def question(self, solved: Solved, asked: Asked, agent: str | None) -> Reply:
        """Ask, after `agent` or the bot solved the case."""


class Surveying:
    """Sends the surveys; in every process, and each case is asked about once."""

    def __init__(
        self,
        database: Database,
        transcript: Transcript,
        bus: Bus,
        surveys: Surveys,
        words: Asking,
        *,
        name: str,
        quiet: timedelta,
        topic_of: TopicOf,
        clock: Callable[[], datetime] = current_time,
    ) -> None:
        """`name` is the bot's; it asks once a customer whom it helped has been `quiet`."""
        self._database = database
        self._transcript = transcript
        self._bus = bus
        self._surveys = surveys
        self._words = words
        self._name = name
        self._quiet = quiet
        self._topic_of = topic_of
        self._clock = clock

    async def run(self, every_s: float = 20.0) -> None:
        """Ask until cancelled: at once where a CSR closes a conversation, else in rounds."""
        with self._bus.subscribe("desk") as heard:
            while True:
                try:
                    await self.once()
                except Exception:
                    log.exception("surveys stopped for now")
                until = asyncio.get_running_loop().time() + every_s
                while (left := until - asyncio.get_running_loop().time()) > 0:
                    event = await heard.next(left)
                    if event and event["type"] == "presence" and event.get("state") == "closed":
                        break

    async def once(self) -> list[str]:
        """Ask everybody who is to be asked now; return the conversations."""
        moment = self._clock()
        found = await self._database.ask(
            lambda connection: [
                *solved_by_people(connection, moment),
                *solved_by_bot(connection, moment, self._quiet),
            ]
        )
        asked = []
        for solved in found:
            if await self._database.change(self._asking(solved)):
                self._transcript.announce(solved.conversation_id)
                asked.append(solved.conversation_id)
        return asked

    def _asking(self, solved: Solved) -> Callable[[Connection], bool]:
        def work(connection: Connection) -> bool:
            with held(connection, solved.conversation_id) as conversation:
                if conversation.state not in _ENDED or conversation.pending_since is not None:
                    return False  # the customer is talking again
                if not self._reaches(connection, conversation):
                    return False
                topic = topic_of_case(connection, conversation.id, self._topic_of)
                asked = self._surveys.begin(connection, replace(solved, topic=topic))
                if asked is None:
                    return False
                agent = _name_of(connection, solved.agent_id)
                question = self._words.question(solved, asked, agent)
                self._transcript.add_reply(connection, conversation, question, "bot", self._name)
                return True

        return work

    def _reaches(self, connection: Connection, conversation: Conversation) -> bool:
        """Whether a question now comes to the customer by itself."""
        moment = self._clock()
        if conversation.channel == _WEBSITE:
            if self._bus.listeners(f"conversation:{conversation.id}"):
                return True
            last = connection.scalar(
                select(Message.at)
                .where(Message.conversation_id == conversation.id, Message.author == "customer")
                .order_by(Message.seq.desc())
                .limit(1)
            )
            return last is not None and moment - _STILL_THERE < last <= moment + _STILL_THERE
        contact = connection.execute(
            select(ChannelContact.window_until, ChannelContact.blocked_at).where(
                ChannelContact.conversation_id == conversation.id
            )
        ).one_or_none()
        if contact is None or contact.blocked_at is not None:
            return False
        return contact.window_until is None or contact.window_until > moment + _BEFORE_THE_WINDOW


def _name_of(connection: Connection, agent_id: str | None) -> str | None:
    agents = Base.metadata.tables["agents"]
    return connection.scalar(select(agents.c.name).where(agents.c.id == agent_id))
