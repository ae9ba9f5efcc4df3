"""One ticket with all that belongs to it, for its page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.problem import Problem
from conversation.tables import Conversation
from crm.tables import Customer
from crm.ticket_kinds import TicketKinds
from crm.ticketing.history import ENDED, as_steps, ended_long_ago
from crm.ticketing.sla import RUNNING, WARN_FROM, Hours, Step, used
from crm.ticketing.tables import Ticket, TicketChange, TicketNote
from crm.tickets import ticket_id
from db.base import now as current_time
from db.engine import Database
from desk.cases.sight import visible
from desk.queue import Entry, entry
from desk.tables import Agent

_MOST_OTHERS = 20


@dataclass(frozen=True, slots=True)
class Clock:
    """One promise and how much of it is used up."""

    name: Literal["response", "solution"]
    state: Literal["met", "late", "near", "running", "standing"]
    used: timedelta
    allowed: timedelta
    due_at: datetime | None  # while it runs, or when it was broken
    done_at: datetime | None

    @property
    def percent(self) -> int:
        """How much is used, at most 100."""
        return min(100, int(self.used * 100 / self.allowed))

    @property
    def left(self) -> timedelta:
        """What is left of it; nothing once it is broken."""
        return max(timedelta(), self.allowed - self.used)


@dataclass(frozen=True, slots=True)
class Happening:
    """A note or a change in the course of the ticket."""

    at: datetime
    note: TicketNote | None
    change: TicketChange | None
    agent_name: str | None
    number: str  # of the ticket it came from: another one, where two were merged


@dataclass(frozen=True, slots=True)
class TicketPage:
    """A ticket, its clocks, its course, and the customer's other tickets."""

    row: Ticket
    customer: Customer | None
    agent_name: str | None
    clocks: Sequence[Clock]
    course: Sequence[Happening]
    merged: Sequence[Ticket]
    others: Sequence[Ticket]  # open ones of the same person, into which it may be merged
    agents: Sequence[Agent]  # to whom it may be given
    conversation: Entry | None  # in which the customer can be told something
    reopens: bool


class TicketPages:
    """Opens tickets for those who may see them."""

    def __init__(
        self,
        database: Database,
        hours: Hours,
        kinds: TicketKinds,
        clock: Callable[[], datetime] = current_time,
    ) -> None:
        self._database = database
        self._hours = hours
        self._kinds = kinds
        self._clock = clock

    async def permit(self, number: str, agent: Agent) -> Ticket:
        """Give a ticket that this agent may work on. Raises Problem 404.

        One that may not be seen looks like none at all, so that numbers tell nothing.
        """
        async with self._database.read() as session:
            return await _permitted(session, number, agent)

    async def open(self, number: str, agent: Agent) -> TicketPage:
        """Give the page. Raises Problem 404."""
        at = self._clock()
        async with self._database.read() as session:
            row = await _permitted(session, number, agent)
            merged = list(
                await session.scalars(
                    select(Ticket).where(Ticket.merged_into == row.id).order_by(Ticket.id)
                )
            )
            changes = await _changes(session, [row, *merged])
            states = [one for one in changes if one.ticket_id == row.id and one.field == "status"]
            return TicketPage(
                row=row,
                customer=await session.get(Customer, row.customer_id) if row.customer_id else None,
                agent_name=await _agent_name(session, row.agent_id),
                clocks=self.clocks(row, as_steps(row, states), at),
                course=await _course(session, [row, *merged], changes),
                merged=merged,
                others=await _others(session, row, agent),
                agents=await _agents(session, agent),
                conversation=await _conversation(session, row),
                reopens=row.status in ENDED
                and row.merged_into is None
                and not ended_long_ago(row, at),
            )

    async def reached_in(self, row: Ticket) -> Entry | None:
        """Give the conversation in which the customer of this ticket can be told something."""
        async with self._database.read() as session:
            return await _conversation(session, row)

    async def is_active(self, agent_id: str | None) -> bool:
        """Whether a ticket can be given to them; to nobody it always can."""
        async with self._database.read() as session:
            agent = await session.get(Agent, agent_id) if agent_id else None
        return agent_id is None or (agent is not None and agent.active)

    def clocks(self, row: Ticket, steps: Sequence[Step], at: datetime) -> list[Clock]:
        """Read both clocks of a ticket."""
        respond = self._kinds.first_response_hours(row.priority)
        solve = self._kinds.solution_hours(row.priority)
        return [
            self._clock_of("response", steps, at, respond, row.first_response_at, row),
            self._clock_of("solution", steps, at, solve, row.ended_at, row),
        ]

    def _clock_of(
        self,
        name: Literal["response", "solution"],
        steps: Sequence[Step],
        at: datetime,
        hours: float,
        done_at: datetime | None,
        row: Ticket,
    ) -> Clock:
        allowed = timedelta(hours=hours)
        spent = used(steps, self._hours, done_at or at)
        done = done_at is not None or row.status in ENDED
        due_at = row.due_at if name == "response" else row.solve_by
        if spent > allowed:
            state: Literal["met", "late", "near", "running", "standing"] = "late"
        elif done:
            state = "met"
        elif row.status != RUNNING:
            state = "standing"
        else:
            state = "near" if spent >= WARN_FROM * allowed else "running"
        shown = due_at if state in ("running", "near", "late") else None
        return Clock(name, state, spent, allowed, shown, done_at)


async def _permitted(session: AsyncSession, number: str, agent: Agent) -> Ticket:
    row = await session.scalar(select(Ticket).where(Ticket.id == ticket_id(number), visible(agent)))
    if row is None:
        raise Problem("ticket-unknown", 404)
    return row


async def _agent_name(session: AsyncSession, agent_id: str | None) -> str | None:
    agent = await session.get(Agent, agent_id) if agent_id else None
    return agent.name if agent else None


async def _changes(session: AsyncSession, rows: Sequence[Ticket]) -> list[TicketChange]:
    query = select(TicketChange).where(TicketChange.ticket_id.in_([row.id for row in rows]))
    return list(await session.scalars(query.order_by(TicketChange.id)))


async def _course(
    session: AsyncSession, rows: Sequence[Ticket], changes: Sequence[TicketChange]
) -> list[Happening]:
    numbers = {row.id: row.number for row in rows}
    notes = await session.scalars(select(TicketNote).where(TicketNote.ticket_id.in_(numbers)))
    names = {agent.id: agent.name for agent in await session.scalars(select(Agent))}
    course = [
        Happening(note.at, note, None, names.get(note.agent_id or ""), numbers[note.ticket_id])
        for note in notes
    ]
    course += [
        Happening(
            change.at, None, change, names.get(change.agent_id or ""), numbers[change.ticket_id]
        )
        for change in changes
    ]
    return sorted(course, key=lambda happening: happening.at)


async def _others(session: AsyncSession, row: Ticket, agent: Agent) -> list[Ticket]:
    same = [Ticket.contact == row.contact]
    if row.customer_id is not None:
        same.append(Ticket.customer_id == row.customer_id)
    if row.conversation_id is not None:
        same.append(Ticket.conversation_id == row.conversation_id)
    found = await session.scalars(
        select(Ticket)
        .where(or_(*same), Ticket.id != row.id, Ticket.merged_into.is_(None), visible(agent))
        .order_by(Ticket.id.desc())
        .limit(_MOST_OTHERS)
    )
    return list(found)


async def _agents(session: AsyncSession, agent: Agent) -> list[Agent]:
    query = select(Agent).where(Agent.active).order_by(Agent.name)
    if agent.role == "csr":
        query = query.where(Agent.id == agent.id)
    return list(await session.scalars(query))


async def _conversation(session: AsyncSession, row: Ticket) -> Entry | None:
    """Give where the customer can be reached: where it was opened, else where they proved to be."""
    if row.conversation_id is not None:
        found = await entry(session, row.conversation_id)
        if found is not None:
            return found
    if row.customer_id is None:
        return None
    latest = await session.scalar(
        select(Conversation.id)
        .where(Conversation.customer_id == row.customer_id, Conversation.verified)
        .order_by(Conversation.updated_at.desc())
        .limit(1)
    )
    return await entry(session, latest) if latest else None
