"""The board and the list of tickets, as one agent may see them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.tables import Customer
from crm.ticketing.history import REOPEN_FOR, is_late, is_near
from crm.ticketing.tables import Ticket, TicketNote
from crm.tickets import ticket_id
from db.base import now as current_time
from db.engine import Database
from desk.cases.sight import visible
from desk.tables import Agent

PAGE = 50
_MOST_EXPORTED = 10_000
_MOST_WORDS = 8
_ENDED = ("solved", "closed")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tickets somebody looks for; empty means all."""

    status: str = ""  # one, or "active"
    priority: str = ""
    category: str = ""
    agent: str = ""  # "me", "none", or an id
    clock: str = ""  # "late", "near"
    text: str = ""

    def as_query(self) -> dict[str, str]:
        """Give what stands in an address."""
        names = ("status", "priority", "category", "agent", "clock", "text")
        return {name: value for name in names if (value := getattr(self, name))}


@dataclass(frozen=True, slots=True)
class TicketLook:
    """One ticket in a list."""

    row: Ticket
    customer_name: str | None
    agent_name: str | None
    late: bool
    near: bool

    @property
    def next_due(self) -> datetime | None:
        """Until when something is promised; None while nothing is."""
        if self.row.status != "open":
            return None
        moments = [self.row.solve_by]
        if self.row.first_response_at is None:
            moments.append(self.row.due_at)
        return min((moment for moment in moments if moment), default=None)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the board."""

    name: str  # new, open, waiting_customer, solved
    looks: Sequence[TicketLook]
    total: int


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of the list."""

    looks: Sequence[TicketLook]
    total: int
    number: int  # from 1
    wanted: Wanted = field(default_factory=Wanted)

    @property
    def last(self) -> int:
        """The number of the last page."""
        return max(1, -(-self.total // PAGE))


class TicketLists:
    """Reads tickets for agents."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = current_time) -> None:
        self._database = database
        self._clock = clock

    async def board(self, agent: Agent, wanted: Wanted) -> list[Column]:
        """Give the columns; the most pressing first."""
        at = self._clock()
        columns = {
            "new": (Ticket.status == "open") & Ticket.agent_id.is_(None),
            "open": (Ticket.status == "open") & Ticket.agent_id.is_not(None),
            "waiting_customer": Ticket.status == "waiting_customer",
            "solved": (Ticket.status == "solved") & (Ticket.ended_at > at - REOPEN_FOR),
        }
        async with self._database.read() as session:
            found = []
            for name, which in columns.items():
                matching = and_(which, _matching(agent, wanted, at))
                looks = await _looks(session, matching, at, limit=PAGE)
                total = await _count(session, matching) if len(looks) == PAGE else len(looks)
                found.append(Column(name, looks, total))
        return found

    async def page(self, agent: Agent, wanted: Wanted, number: int = 1) -> ListPage:
        """Give one page of the list; the most pressing first, what is over last."""
        at = self._clock()
        matching = _matching(agent, wanted, at)
        async with self._database.read() as session:
            total = await _count(session, matching)
            looks = await _looks(session, matching, at, limit=PAGE, offset=(number - 1) * PAGE)
        return ListPage(looks, total, number, wanted)

    async def exported(self, agent: Agent, wanted: Wanted) -> Sequence[TicketLook]:
        """Give all that match, for a spreadsheet."""
        at = self._clock()
        async with self._database.read() as session:
            matching = _matching(agent, wanted, at)
            return await _looks(session, matching, at, limit=_MOST_EXPORTED)

    async def pressing(self, agent: Agent) -> tuple[int, int]:
        """Count the tickets of this agent, and those of nobody, that are late and nearly late."""
        at = self._clock()
        theirs = or_(Ticket.agent_id.is_(None), Ticket.agent_id == agent.id)
        seen = visible(agent) if agent.role != "csr" else theirs
        async with self._database.read() as session:
            late = await _count(session, and_(seen, is_late(at)))
            near = await _count(session, and_(seen, is_near(at)))
        return late, near


def _matching(agent: Agent, wanted: Wanted, at: datetime) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = [visible(agent)]
    if wanted.status == "active":
        parts.append(Ticket.status.not_in(_ENDED))
    elif wanted.status:
        parts.append(Ticket.status == wanted.status)
    if wanted.priority:
        parts.append(Ticket.priority == wanted.priority)
    if wanted.category:
        parts.append(Ticket.category == wanted.category)
    if wanted.agent == "none":
        parts.append(Ticket.agent_id.is_(None))
    elif wanted.agent:
        parts.append(Ticket.agent_id == (agent.id if wanted.agent == "me" else wanted.agent))
    if wanted.clock:
        parts.append(is_late(at) if wanted.clock == "late" else is_near(at))
    parts += [_holds(word) for word in wanted.text.split()[:_MOST_WORDS]]
    return and_(*parts)


def _holds(word: str) -> ColumnElement[bool]:
    """Match tickets in which this word, or a part of one, stands anywhere."""
    places: list[Any] = [Ticket.description, Ticket.contact, Ticket.order_number, Customer.name]
    found = [place.icontains(word, autoescape=True) for place in places]
    notes = select(TicketNote.id).where(
        TicketNote.ticket_id == Ticket.id, TicketNote.text.icontains(word, autoescape=True)
    )
    number = ticket_id(word) if re.fullmatch(r"(?i)tk-?\d+|\d{1,6}", word) else 0
    digits = re.sub(r"\D", "", word).lstrip("0")
    if len(digits) >= 6:  # noqa: PLR2004 - a phone number as people write it: 0812-3456
        found.append(Ticket.contact.contains(digits, autoescape=True))
    return or_(*found, notes.exists(), Ticket.id == number)


def _selected(matching: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(Ticket, Customer.name.label("customer"), Agent.name.label("agent"))
        .outerjoin(Customer, Customer.id == Ticket.customer_id)
        .outerjoin(Agent, Agent.id == Ticket.agent_id)
        .where(matching)
    )


async def _count(session: AsyncSession, matching: ColumnElement[bool]) -> int:
    query = (
        select(func.count(Ticket.id))
        .outerjoin(Customer, Customer.id == Ticket.customer_id)
        .where(matching)
    )
    return await session.scalar(query) or 0


async def _looks(
    session: AsyncSession,
    matching: ColumnElement[bool],
    at: datetime,
    *,
    limit: int,
    offset: int = 0,
) -> list[TicketLook]:
    ours = case((Ticket.status == "open", 0), (Ticket.status == "waiting_customer", 1), else_=2)
    response = case((Ticket.first_response_at.is_(None), Ticket.due_at), else_=Ticket.solve_by)
    first = case((response < Ticket.solve_by, response), else_=Ticket.solve_by)
    pressing = case((Ticket.status == "open", func.coalesce(first, Ticket.due_at)), else_=None)
    query = (
        _selected(matching)
        .add_columns(is_late(at).label("late"), is_near(at).label("near"))
        .order_by(ours, pressing, Ticket.updated_at.desc(), Ticket.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [
        TicketLook(row.Ticket, row.customer, row.agent, bool(row.late), bool(row.near))
        for row in await session.execute(query)
    ]
