"""Change a ticket so that every change is kept and its clocks follow."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.ticket_kinds import TicketKinds
from crm.ticketing.sla import RUNNING, WARN_FROM, Hours, Step, due
from crm.ticketing.tables import Ticket, TicketChange

REOPEN_FOR = timedelta(hours=72)  # after that what comes up again is a case of its own
ENDED = ("solved", "closed")


@dataclass(frozen=True, slots=True)
class By:
    """Who changes a ticket."""

    actor: Literal["customer", "csr", "system"]
    agent_id: str | None = None


CUSTOMER, SYSTEM = By("customer"), By("system")


class TicketHistory:
    """Notes changes in an open transaction; the ticket must be locked by it."""

    def __init__(self, hours: Hours, kinds: TicketKinds) -> None:
        """Clocks run in `hours`, for as long as `kinds` allow."""
        self._hours = hours
        self._kinds = kinds

    async def change(
        self, session: AsyncSession, row: Ticket, field: str, new: str | None, by: By, at: datetime
    ) -> bool:
        """Give `field` another value; says whether it had another one."""
        name = "agent_id" if field == "agent" else field
        old = getattr(row, name)
        if old == new:
            return False
        setattr(row, name, new)
        self.note(session, row, field, old, new, by, at)
        row.updated_at = at
        if field == "status":
            row.ended_at = None if new not in ENDED else row.ended_at or at
        if field in ("status", "priority"):
            await self.reclock(session, row)
        return True

    async def respond(self, session: AsyncSession, row: Ticket, by: By, at: datetime) -> None:
        """Note that a person has spoken to the customer; the first time stops a clock."""
        if row.first_response_at is None:
            row.first_response_at = at
            self.note(session, row, "response", None, at.isoformat(), by, at)
            await self.reclock(session, row)

    def note(
        self,
        session: AsyncSession,
        row: Ticket,
        field: str,
        old: str | None,
        new: str | None,
        by: By,
        at: datetime,
    ) -> None:
        """Keep that something became different."""
        session.add(
            TicketChange(
                ticket_id=row.id,
                at=at,
                actor=by.actor,
                agent_id=by.agent_id,
                field=field,
                old=old,
                new=new,
            )
        )

    async def reclock(self, session: AsyncSession, row: Ticket) -> None:
        """Work out anew until when what is promised."""
        await session.flush()
        steps = await steps_of(session, row)
        respond = self._kinds.first_response_hours(row.priority)
        solve = self._kinds.solution_hours(row.priority)
        if row.first_response_at is None:
            row.due_at = due(steps, self._hours, respond) or row.due_at
        row.solve_by = due(steps, self._hours, solve)
        warnings = [due(steps, self._hours, WARN_FROM * solve)]
        if row.first_response_at is None:
            warnings.append(due(steps, self._hours, WARN_FROM * respond))
        known = [moment for moment in warnings if moment is not None]
        row.warn_at = min(known) if known and row.status == RUNNING else None


async def steps_of(session: AsyncSession, row: Ticket) -> list[Step]:
    """Read the states of a ticket, oldest first."""
    changes = await session.scalars(
        select(TicketChange)
        .where(TicketChange.ticket_id == row.id, TicketChange.field == "status")
        .order_by(TicketChange.id)
    )
    return as_steps(row, changes.all())


def as_steps(row: Ticket, changes: Sequence[TicketChange]) -> list[Step]:
    """Tell the states of a ticket from its changes of state, oldest first."""
    # Of tickets older than their history only the present state is known.
    first = changes[0].old if changes else row.status
    return [
        Step(row.created_at, str(first)),
        *(Step(change.at, str(change.new)) for change in changes),
    ]


def ended_long_ago(row: Ticket, at: datetime) -> bool:
    """Whether it ended too long ago to be opened again."""
    return row.status in ENDED and (row.ended_at or row.updated_at) < at - REOPEN_FOR


def is_late(at: datetime) -> ColumnElement[bool]:
    """Match tickets of which a promise is broken and that are still our turn."""
    response = Ticket.first_response_at.is_(None) & (Ticket.due_at < at)
    return (Ticket.status == RUNNING) & (response | (Ticket.solve_by < at))


def is_near(at: datetime) -> ColumnElement[bool]:
    """Match tickets of which a promise is about to be broken."""
    return (Ticket.status == RUNNING) & (Ticket.warn_at <= at) & ~is_late(at)


async def held(session: AsyncSession, ticket_id: int) -> Ticket | None:
    """Lock a ticket, or the one that it was merged into."""
    row = await session.get(Ticket, ticket_id, with_for_update=True, populate_existing=True)
    while row is not None and row.merged_into is not None:
        row = await session.get(
            Ticket, row.merged_into, with_for_update=True, populate_existing=True
        )
    return row
