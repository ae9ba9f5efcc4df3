"""What CSRs do with tickets: change them, give them to somebody, note, merge and reopen."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm.texts import storable
from crm.ticket_kinds import TicketKinds
from crm.ticketing.history import (
    ENDED,
    REOPEN_FOR,
    SYSTEM,
    By,
    TicketHistory,
    ended_long_ago,
    held,
    is_late,
)
from crm.ticketing.sla import Hours
from crm.ticketing.tables import Ticket, TicketChange, TicketNote
from crm.tickets import TicketNotFound
from db.base import now as current_time
from db.engine import Database

STATUSES = ("open", "waiting_customer", "solved", "closed")


class TicketMoved(Exception):
    """Somebody changed the ticket since it was shown; nothing is changed."""


class NotPossible(Exception):
    """The ticket cannot become that; `reason` is a key of the console's words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TicketWork:
    """Changes tickets, each change in one transaction with its history."""

    def __init__(
        self,
        database: Database,
        hours: Hours,
        kinds: TicketKinds,
        clock: Callable[[], datetime] = current_time,
    ) -> None:
        """Clocks run in `hours` for as long as `kinds` allow."""
        self.kinds = kinds
        self._database = database
        self._history = TicketHistory(hours, kinds)
        self._clock = clock

    async def update(
        self, ticket_id: int, by: By, *, seen: datetime | None = None, **fields: str | None
    ) -> tuple[Ticket, tuple[str, ...]]:
        """Give fields (status, priority, category, agent) new values; also says which changed.

        `seen` is the `updated_at` that the page showed. Raises TicketNotFound, TicketMoved,
        NotPossible, UnknownCategory.
        """
        at = self._clock()
        async with self._database.write() as session:
            row = await self._open_row(session, ticket_id)
            if seen is not None and row.updated_at != seen:
                raise TicketMoved(row.number)
            self._check(row, fields, at)
            changed = [
                field
                for field, value in fields.items()
                if await self._history.change(session, row, field, value, by, at)
            ]
        return row, tuple(changed)

    async def note(
        self, turn_id: str, ticket_id: int, by: By, text: str, *, told: bool = False
    ) -> Ticket:
        """Add a CSR's note; `told`: it was said to the customer. The same turn adds it once."""
        at = self._clock()
        async with self._database.write() as session:
            row = await self._open_row(session, ticket_id)
            again = await session.scalar(
                select(TicketNote.id).where(
                    TicketNote.ticket_id == row.id, TicketNote.turn_id == turn_id
                )
            )
            if again is None:
                session.add(
                    TicketNote(
                        ticket_id=row.id,
                        turn_id=turn_id,
                        author=by.actor,
                        agent_id=by.agent_id,
                        text=storable(text),
                        told=told,
                        at=at,
                    )
                )
                row.updated_at = at
                if told:
                    await self._history.respond(session, row, by, at)
        return row

    async def claim(self, ticket_id: int, by: By) -> Ticket:
        """Note that the CSR who talks with the customer opened this ticket, and keeps it."""
        at = self._clock()
        async with self._database.write() as session:
            row = await self._open_row(session, ticket_id)
            await self._history.change(session, row, "agent", by.agent_id, by, at)
            await self._history.respond(session, row, by, at)
        return row

    async def merge(self, ticket_id: int, into: int, by: By) -> tuple[Ticket, Ticket]:
        """Close a ticket in favour of another of the same customer; gives both.

        What is added later goes to the other one. Raises TicketNotFound, NotPossible.
        """
        at = self._clock()
        async with self._database.write() as session:
            for one in sorted({ticket_id, into}):  # in one order, so that two never wait in a ring
                await session.get(Ticket, one, with_for_update=True)
            row, other = await session.get(Ticket, ticket_id), await session.get(Ticket, into)
            if row is None or other is None:
                raise TicketNotFound(str(ticket_id))
            if row.id == other.id or row.merged_into or other.merged_into:
                raise NotPossible("merge-again")
            if not _of_one_person(row, other):
                raise NotPossible("merge-strangers")
            if other.status in ENDED:
                raise NotPossible("merge-ended")
            urgent = min(row.priority, other.priority, key=self.kinds.priorities.index)
            await self._history.change(session, other, "priority", urgent, by, at)
            await self._history.change(session, row, "status", "closed", by, at)
            row.merged_into = other.id
            # What was merged into it before goes along, so that nobody has to follow a chain.
            await session.execute(
                update(Ticket).where(Ticket.merged_into == row.id).values(merged_into=other.id)
            )
            self._history.note(session, row, "merged", None, other.number, by, at)
            self._history.note(session, other, "merged", row.number, None, by, at)
            other.updated_at = at
        return row, other

    async def close_old(self) -> int:
        """Close what was solved long enough ago; says how many."""
        at = self._clock()
        async with self._database.write() as session:
            rows = await session.scalars(
                select(Ticket)
                .where(Ticket.status == "solved", Ticket.ended_at < at - REOPEN_FOR)
                .with_for_update(skip_locked=True)
            )
            closed = [
                await self._history.change(session, row, "status", "closed", SYSTEM, at)
                for row in rows.all()
            ]
        return len(closed)

    async def note_late(self) -> list[Ticket]:
        """Note each broken promise once; gives the tickets of new ones."""
        at = self._clock()
        async with self._database.write() as session:
            noted = select(TicketChange.id).where(
                TicketChange.ticket_id == Ticket.id, TicketChange.field == "late"
            )
            response = (
                Ticket.first_response_at.is_(None)
                & (Ticket.due_at < at)
                & ~noted.where(TicketChange.new == "response").exists()
            )
            solution = (Ticket.solve_by < at) & ~noted.where(
                TicketChange.new == "solution"
            ).exists()
            query = select(Ticket, response, solution).where(is_late(at), or_(response, solution))
            found = (await session.execute(query.with_for_update(skip_locked=True))).all()
            for row, first, last in found:
                for clock, late in (("response", first), ("solution", last)):
                    if late:
                        self._history.note(session, row, "late", None, clock, SYSTEM, at)
        return [row for row, _, _ in found]

    async def _open_row(self, session: AsyncSession, ticket_id: int) -> Ticket:
        row = await held(session, ticket_id)
        if row is None:
            raise TicketNotFound(str(ticket_id))
        return row

    def _check(self, row: Ticket, fields: dict[str, str | None], at: datetime) -> None:
        if "category" in fields:
            self.kinds.name(str(fields["category"]), "id")  # raises UnknownCategory
        if fields.get("priority", row.priority) not in self.kinds.priorities:
            raise NotPossible("priority")
        status = fields.get("status", row.status)
        if status not in STATUSES:
            raise NotPossible("status")
        if row.status in ENDED and status not in ENDED and ended_long_ago(row, at):
            raise NotPossible("reopen-late")
        if row.status == "closed" and status == "solved":
            raise NotPossible("status")


def _of_one_person(row: Ticket, other: Ticket) -> bool:
    """Whether both are surely of the same person, so that nobody reads a stranger's case."""
    if row.customer_id and other.customer_id:
        return row.customer_id == other.customer_id
    same_talk = row.conversation_id is not None and row.conversation_id == other.conversation_id
    return same_talk or row.contact == other.contact
