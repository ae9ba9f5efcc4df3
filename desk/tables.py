"""People who answer, and where they are logged in."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, false
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, new_id, now


class Agent(Base):
    """A CSR, supervisor or admin who can log in to the console."""

    __tablename__ = "agents"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]  # the first name that customers see
    password_hash: Mapped[str]  # argon2
    role: Mapped[str] = mapped_column(default="csr")  # csr, supervisor, admin
    lang: Mapped[str] = mapped_column(default="id")  # of the console
    active: Mapped[bool] = mapped_column(default=True)
    capacity: Mapped[int] = mapped_column(default=3)  # conversations helped at once
    created_at: Mapped[datetime] = mapped_column(default=now)
    away: Mapped[bool] = mapped_column(default=False, server_default=false())  # chose to be
    seen_at: Mapped[datetime | None]  # with a console open
    misses: Mapped[int] = mapped_column(default=0, server_default="0")  # offers let go by, in a row
    # What this person can; an empty list means what their teams can.
    langs: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    topics: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    lines: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    cities: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    sees_all: Mapped[bool] = mapped_column(default=False, server_default=false())  # of other teams
    totp_secret: Mapped[str | None]  # base32
    totp_step: Mapped[int | None]  # the last one used, so that a code works once
    recovery: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")  # SHA-256


class AgentSession(Base):
    """One browser in which an agent is logged in."""

    __tablename__ = "agent_sessions"

    token_hash: Mapped[str] = mapped_column(primary_key=True)  # SHA-256 of the cookie's token
    agent_id: Mapped[str] = mapped_column(ForeignKey("agents.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    seen_at: Mapped[datetime] = mapped_column(default=now)
    device: Mapped[str] = mapped_column(default="", server_default="")  # as the browser says
    address: Mapped[str] = mapped_column(default="", server_default="")  # of the network
