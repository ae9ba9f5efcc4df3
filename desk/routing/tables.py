"""To whom conversations were offered, by which rules, and what colleagues tell each other."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, new_id, now

_OPEN = text("outcome IS NULL")


class Assignment(Base):
    """One time that a waiting conversation was offered to a CSR; one at a time."""

    __tablename__ = "assignments"
    __table_args__ = (
        Index(
            "uq_assignments_open",
            "conversation_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    handoff_id: Mapped[str] = mapped_column(ForeignKey("handoffs.id"), index=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey("agents.id"), index=True)
    score: Mapped[float]
    why: Mapped[dict[str, Any]] = mapped_column(default=dict)  # points by criterion
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    until: Mapped[datetime]  # then it goes on to somebody else
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]  # taken, declined, missed, gone


class RoutingRules(Base):
    """One version of the rules by which conversations find people; the newest holds."""

    __tablename__ = "routing_rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]  # YAML
    agent_id: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)


class Note(Base):
    """What one of the desk tells the others about a conversation; no customer ever reads it."""

    __tablename__ = "desk_notes"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), index=True)
    agent_id: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str]  # whisper, transfer
    text: Mapped[str]
    target: Mapped[str] = mapped_column(default="")  # the name of a person or team
    at: Mapped[datetime] = mapped_column(default=now)
