"""Invitations to the desk, its teams, and the record of what its people did."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, new_id, now


class Invitation(Base):
    """A link with which somebody sets the password of a new account, or of their own."""

    __tablename__ = "invitations"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    token_hash: Mapped[str] = mapped_column(unique=True)  # SHA-256 of what the link carries
    login: Mapped[str]
    name: Mapped[str]
    role: Mapped[str]
    lang: Mapped[str]
    capacity: Mapped[int]
    teams: Mapped[list[Any]] = mapped_column(default=list)  # ids
    agent_id: Mapped[str | None]  # of the account whose password is set anew
    invited_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]  # used, or taken back


class Team(Base):
    """People who answer the same contacts; an empty list means any."""

    __tablename__ = "teams"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(unique=True)
    topics: Mapped[list[Any]] = mapped_column(default=list)
    lines: Mapped[list[Any]] = mapped_column(default=list)  # of products
    langs: Mapped[list[Any]] = mapped_column(default=list)
    cities: Mapped[list[Any]] = mapped_column(default=list)  # or regions
    channels: Mapped[list[Any]] = mapped_column(default=list)
    hours: Mapped[str] = mapped_column(default="")  # as in the hours file; empty: the shop's
    created_at: Mapped[datetime] = mapped_column(default=now)


class TeamMember(Base):
    """One person in one team."""

    __tablename__ = "team_members"

    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id"), primary_key=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey("agents.id"), primary_key=True, index=True)


class AuditEntry(Base):
    """One thing that somebody did; the database refuses to change or delete it.

    `hash` covers the entry and the hash before it, so that a gap or a change made around the
    database's refusal shows. No foreign keys: what happened stays true when a person is gone.
    """

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # 1, 2, 3 …
    at: Mapped[datetime] = mapped_column(index=True)
    agent_id: Mapped[str] = mapped_column(index=True)  # empty: nobody logged in
    agent_name: Mapped[str]
    action: Mapped[str] = mapped_column(index=True)  # read_conversation, take, log_in
    subject: Mapped[str] = mapped_column(index=True)  # conversation:…, agent:…
    outcome: Mapped[str]  # done, read, refused
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)  # never what customers wrote
    before_hash: Mapped[str]
    hash: Mapped[str]
