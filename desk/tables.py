"""People who answer, and where they are logged in."""

from datetime import datetime

from sqlalchemy import ForeignKey
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


class AgentSession(Base):
    """One browser in which an agent is logged in."""

    __tablename__ = "agent_sessions"

    token_hash: Mapped[str] = mapped_column(primary_key=True)  # SHA-256 of the cookie's token
    agent_id: Mapped[str] = mapped_column(ForeignKey("agents.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    seen_at: Mapped[datetime] = mapped_column(default=now)
