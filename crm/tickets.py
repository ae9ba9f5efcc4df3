"""Cases somebody must work on, promised in service hours and shown only to their owner."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from crm.contacts import plain_contact
from crm.hours import ServiceHours
from crm.proofs import Attempt, Lockout, NotProven, Proof, Verified, proves
from crm.tables import Customer, TicketNote
from crm.tables import Ticket as TicketRow
from crm.texts import plain_number, storable
from crm.ticket_kinds import TicketKinds
from crm.ticketing.history import CUSTOMER, ENDED, TicketHistory, ended_long_ago, held
from db.base import now as current_time
from db.engine import Database

_PREFIX = "TK-"
_MOST_DIGITS = 9
_MOST = 20
_SAID_AGAIN = timedelta(minutes=15)


class TicketNotFound(NotProven):
    """No such ticket, or the proof does not fit it."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A case as its owner sees it."""

    id: int
    number: str  # TK-000123
    category: str
    priority: str  # low, normal, high, urgent
    status: str  # open, waiting_customer, solved, closed
    description: str
    order_number: str | None
    lang: str
    created_at: datetime
    due_at: datetime  # somebody answers before this
    updated_at: datetime
    follows: int | None = None  # id of the ticket that ended long before


class Tickets:
    """The shop's tickets."""

    def __init__(
        self,
        database: Database,
        hours: ServiceHours,
        kinds: TicketKinds,
        lockout: Lockout,
        clock: Callable[[], datetime] = current_time,
    ) -> None:
        """Promise times by `kinds` in `hours`; count wrong proofs in `lockout`."""
        self.kinds = kinds
        self._database = database
        self._hours = hours
        self._lockout = lockout
        self._clock = clock
        self._history = TicketHistory(hours, kinds)

    async def open(
        self,
        turn_id: str,
        *,
        conversation_id: str | None,
        customer_id: str | None,
        order_number: str | None,
        category: str,
        description: str,
        contact: str,
        lang: str,
    ) -> Ticket:
        """Open a ticket; the same turn again gives the same ticket.

        So does the same case in the same conversation soon after: a customer who was told nothing
        because something broke behind the store says it again. Raises UnknownCategory.
        """
        at = self._clock()
        priority = self.kinds.priority(category, description)
        row = TicketRow(
            turn_id=turn_id,
            conversation_id=conversation_id,
            customer_id=customer_id,
            order_number=plain_number(order_number) if order_number else None,
            category=category,
            priority=priority,
            status="open",
            description=storable(description),
            contact=plain_contact(storable(contact)),
            lang=lang,
            created_at=at,
            due_at=self._hours.add_service_time(at, self.kinds.first_response_hours(priority)),
            updated_at=at,
        )
        try:
            async with self._database.write() as session:
                opened = await session.scalar(select(TicketRow).where(_same_case(row)))
                if opened is not None:
                    return _view(opened)
                session.add(row)
                await self._history.reclock(session, row)
        except IntegrityError:  # the same turn, a moment earlier
            async with self._database.read() as session:
                opened = await session.scalar(select(TicketRow).where(TicketRow.turn_id == turn_id))
            if opened is None:
                raise
            return _view(opened)
        return _view(row)

    async def status(self, attempt: Attempt, number: str, proof: Proof | None) -> Ticket:
        """Return a ticket to its owner, or to the conversation it was opened in.

        Raises TicketNotFound, LookupLocked. Without a proof nothing is counted as a guess.
        """
        own = await self._of_conversation(number, attempt.conversation_id)
        if own is not None:
            return own
        if not proof:
            raise TicketNotFound(number)
        if isinstance(proof, Verified):
            return await self._find(number, proof)
        return await self._lockout.guard(attempt, number, proof, lambda: self._find(number, proof))

    async def of_customer(self, customer_id: str, *, only_open: bool = False) -> list[Ticket]:
        """Return a verified customer's newest tickets, newest first."""
        query = select(TicketRow).where(TicketRow.customer_id == customer_id)
        if only_open:
            query = query.where(TicketRow.status.in_(("open", "waiting_customer")))
        async with self._database.read() as session:
            rows = await session.scalars(query.order_by(TicketRow.id.desc()).limit(_MOST))
            return [_view(row) for row in rows]

    async def add_note(self, turn_id: str, ticket_id: int, author: str, text: str) -> Ticket:
        """Add to a ticket that was shown before; the same turn again adds nothing.

        A customer's note reopens a ticket that waits for them or ended within 72 hours; later it
        opens a new one, which is given back. Raises TicketNotFound.
        """
        at = self._clock()
        async with self._database.write() as session:
            row = await held(session, ticket_id)
            if row is None:
                raise TicketNotFound(str(ticket_id))
            if author == "customer" and ended_long_ago(row, at):
                followed = await self._follow_up(session, row, turn_id, text, at)
                if followed.turn_id == turn_id:
                    return _view(followed)
                row = followed
            repeated = await session.scalar(
                select(TicketNote.id).where(
                    TicketNote.ticket_id == row.id,
                    (TicketNote.turn_id == turn_id)
                    | ((TicketNote.text == storable(text)) & (TicketNote.at > at - _SAID_AGAIN)),
                )
            )
            if repeated is None:
                session.add(
                    TicketNote(
                        ticket_id=row.id,
                        turn_id=turn_id,
                        author=author,
                        text=storable(text),
                        told=author == "customer",
                        at=at,
                    )
                )
                row.updated_at = at
                if author == "customer":
                    await self._history.change(session, row, "status", "open", CUSTOMER, at)
            return _view(row)

    async def _follow_up(
        self, session: AsyncSession, row: TicketRow, turn_id: str, text: str, at: datetime
    ) -> TicketRow:
        """Return the case in which this one came up again; makes it if there is none yet."""
        found = await session.scalar(
            select(TicketRow)
            .where(TicketRow.follows == row.id, TicketRow.status.not_in(ENDED))
            .order_by(TicketRow.id.desc())
            .limit(1)
        )
        if found is not None:
            return found
        hours = self.kinds.first_response_hours(row.priority)
        followed = TicketRow(
            turn_id=turn_id,
            conversation_id=row.conversation_id,
            customer_id=row.customer_id,
            order_number=row.order_number,
            category=row.category,
            priority=row.priority,
            status="open",
            description=storable(text),
            contact=row.contact,
            lang=row.lang,
            follows=row.id,
            created_at=at,
            due_at=self._hours.add_service_time(at, hours),
            updated_at=at,
        )
        session.add(followed)
        await self._history.reclock(session, followed)
        return followed

    async def _of_conversation(self, number: str, conversation_id: str) -> Ticket | None:
        async with self._database.read() as session:
            row = await _found(session, number)
            same = row is not None and row.conversation_id == conversation_id
            return _view(row) if row is not None and same else None

    async def _find(self, number: str, proof: Proof) -> Ticket:
        async with self._database.read() as session:
            row = await _found(session, number)
            if row is None:
                raise TicketNotFound(number)
            customer = await session.get(Customer, row.customer_id) if row.customer_id else None
            contacts = [row.contact]
            if customer is not None:
                contacts += [contact for contact in (customer.phone, customer.email) if contact]
            if not proves(proof, row.customer_id, *contacts):
                raise TicketNotFound(number)
            return _view(row)


def ticket_id(number: str) -> int:
    """Read "TK-000123", "tk 123" or "123"; 0, which no ticket has, for anything else."""
    digits = plain_number(number).removeprefix("TK").lstrip("-")
    usable = digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS
    return int(digits) if usable else 0


async def _found(session: AsyncSession, number: str) -> TicketRow | None:
    """Return the ticket, or the one of the same customer that it was merged into."""
    row = await session.get(TicketRow, ticket_id(number))
    while row is not None and row.merged_into is not None:
        row = await session.get(TicketRow, row.merged_into)
    return row


def _same_case(row: TicketRow) -> ColumnElement[bool]:
    """Match what the same turn opened, or the same words in the same conversation a moment ago."""
    return (TicketRow.turn_id == row.turn_id) | (
        TicketRow.conversation_id.is_not(None)
        & (TicketRow.conversation_id == row.conversation_id)
        & (TicketRow.category == row.category)
        & (TicketRow.description == row.description)
        & TicketRow.order_number.is_not_distinct_from(row.order_number)
        & (TicketRow.status == "open")
        & (TicketRow.created_at > row.created_at - _SAID_AGAIN)
    )


def _view(row: TicketRow) -> Ticket:
    return Ticket(
        id=row.id,
        number=row.number,
        category=row.category,
        priority=row.priority,
        status=row.status,
        description=row.description,
        order_number=row.order_number,
        lang=row.lang,
        created_at=row.created_at,
        due_at=row.due_at,
        updated_at=row.updated_at,
        follows=row.follows,
    )
