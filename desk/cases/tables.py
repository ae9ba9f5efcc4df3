"""Which script led a contact, and which of its steps were done."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, now


class ScriptUse(Base):
    """The script of one handoff as it was shown, so that a later change of it says nothing else."""

    __tablename__ = "script_uses"

    handoff_id: Mapped[str] = mapped_column(ForeignKey("handoffs.id"), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(index=True)
    script: Mapped[str]
    title: Mapped[dict[str, Any]]  # by language
    steps: Mapped[list[Any]]  # {key, id, en}
    at: Mapped[datetime] = mapped_column(default=now)


class ScriptTick(Base):
    """One step that was done."""

    __tablename__ = "script_ticks"

    handoff_id: Mapped[str] = mapped_column(ForeignKey("handoffs.id"), primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    agent_id: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)
