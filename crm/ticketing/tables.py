"""A case, what was added to it, and every change it went through."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, new_id, now


class Ticket(Base):
    """A case somebody must work on; the customer knows it as TK-000123 (`number`).

    The moments below are worked out anew from `TicketChange` at every change: crm/ticketing/sla.py.
    """

    __tablename__ = "tickets"
    __table_args__ = (Index("ix_tickets_status_due_at", "status", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    turn_id: Mapped[str] = mapped_column(unique=True)  # a repeated turn makes no second ticket
    conversation_id: Mapped[str | None] = mapped_column(index=True)
    customer_id: Mapped[str | None] = mapped_column(ForeignKey("customers.id"), index=True)
    order_number: Mapped[str | None]
    category: Mapped[str]
    priority: Mapped[str]  # low, normal, high, urgent
    status: Mapped[str]  # open, waiting_customer, solved, closed
    description: Mapped[str]
    contact: Mapped[str]  # phone or e-mail to answer to
    lang: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    due_at: Mapped[datetime]  # the first response
    updated_at: Mapped[datetime] = mapped_column(default=now)
    # Of desk/tables.py, which stands above this folder; None: nobody has it.
    agent_id: Mapped[str | None] = mapped_column(index=True)
    first_response_at: Mapped[datetime | None]  # a person's first words to the customer
    solve_by: Mapped[datetime | None]  # the solution; None while its clock stands
    warn_at: Mapped[datetime | None]  # three quarters of the next clock are gone
    ended_at: Mapped[datetime | None]  # solved or closed since
    merged_into: Mapped[int | None] = mapped_column(index=True)  # ticket id
    follows: Mapped[int | None]  # ticket id of the case that came up again too late to reopen

    @property
    def number(self) -> str:
        """What the customer is told."""
        return f"TK-{self.id:06d}"


class TicketNote(Base):
    """What was added to a ticket later, by the customer or a CSR."""

    __tablename__ = "ticket_notes"
    __table_args__ = (UniqueConstraint("ticket_id", "turn_id"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    turn_id: Mapped[str]
    author: Mapped[str]  # customer, csr
    text: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)
    agent_id: Mapped[str | None]  # the CSR
    told: Mapped[bool] = mapped_column(default=False, server_default="0")  # the customer reads it


class TicketChange(Base):
    """One thing that became different; never changed itself, so that clocks can be checked."""

    __tablename__ = "ticket_changes"
    __table_args__ = (Index("ix_ticket_changes_ticket_id_id", "ticket_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    at: Mapped[datetime] = mapped_column(default=now)
    actor: Mapped[str]  # customer, csr, system
    agent_id: Mapped[str | None]
    field: Mapped[str]  # status, priority, category, agent, response, merged, late
    old: Mapped[str | None]
    new: Mapped[str | None]
