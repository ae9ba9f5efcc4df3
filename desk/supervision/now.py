"""How the desk stands at this moment: who waits, against the target, and who is there."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select

from conversation.tables import Conversation, Handoff
from desk.people.presence import Presence, presence_of
from desk.tables import Agent, AgentSession

_WITH_BOT = timedelta(minutes=30)  # a conversation that moved since is under way


_AGENT = (Agent.name, Agent.away, Agent.capacity)
_ORDER: dict[Presence, int] = {"available": 0, "away": 1, "offline": 2}


@dataclass(frozen=True, slots=True)
class Waits:
    """One customer in the line."""

    conversation_id: str
    channel: str
    lang: str
    reason: str
    wait_s: float
    late: bool  # longer than the target


@dataclass(frozen=True, slots=True)
class There:
    """One person who answers."""

    name: str
    state: Presence
    helping: int
    capacity: int
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Now:
    """The desk at one moment."""

    line: list[Waits]
    people: list[There]
    with_bot: int  # conversations the bot had a word in within the last half hour

    @property
    def late(self) -> int:
        """How many wait longer than the target."""
        return sum(one.late for one in self.line)

    @property
    def helping(self) -> int:
        """How many conversations people have."""
        return sum(one.helping for one in self.people)

    @property
    def free(self) -> int:
        """How many more those who are there could take."""
        here = (one for one in self.people if one.state == "available")
        return sum(max(0, one.capacity - one.helping) for one in here)


def desk_now(connection: Connection, moment: datetime, target_s: float) -> Now:
    """Read the state of the desk."""
    waiting = connection.execute(
        select(
            Conversation.id,
            Conversation.channel,
            Conversation.lang,
            Handoff.reason,
            Handoff.requested_at,
        )
        .join(Handoff, (Handoff.conversation_id == Conversation.id) & Handoff.ended_at.is_(None))
        .where(Conversation.state == "waiting")
        .order_by(Handoff.requested_at)
    )
    with_bot = connection.scalar(
        select(func.count(Conversation.id)).where(
            Conversation.state == "bot",
            Conversation.updated_at > moment - _WITH_BOT,
        )
    )
    return Now(
        line=[_waits(row, moment, target_s) for row in waiting],
        people=_people(connection, moment),
        with_bot=with_bot or 0,
    )


def _waits(row: Row[*tuple[Any, ...]], moment: datetime, target_s: float) -> Waits:
    wait_s = max(0.0, (moment - row.requested_at).total_seconds())
    return Waits(row.id, row.channel, row.lang, row.reason, wait_s, wait_s > target_s)


def _people(connection: Connection, moment: datetime) -> list[There]:
    held = (
        select(func.count(Conversation.id))
        .where(Conversation.agent_id == Agent.id, Conversation.state == "csr")
        .correlate(Agent)
        .scalar_subquery()
    )
    seen = (
        select(func.max(AgentSession.seen_at))
        .where(AgentSession.agent_id == Agent.id)
        .correlate(Agent)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(*_AGENT, seen.label("seen"), held.label("held")).where(Agent.active)
    )
    found = [
        There(
            row.name,
            presence_of(Agent(active=True, away=row.away), row.seen, moment),
            row.held,
            row.capacity,
            row.seen,
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (_ORDER[one.state], one.name))
