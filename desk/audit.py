"""The record of what people did at the desk: only ever added to, each entry sealed to the last.

Written before the thing is done, so that nothing happens unrecorded; a refusal is a second entry.
What customers wrote is never in it. The database itself refuses changes, by triggers;
the chain of hashes shows one made around it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from conversation.view import rfc3339
from crm.locks import serialise
from db.base import now
from db.engine import Database
from desk.people.tables import AuditEntry

_PAGE = 100
_AT_ONCE = 1000  # rows while the chain is checked
_FIRST = "0" * 64


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something; the id is empty where nobody is logged in."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries a reader wants; empty means all."""

    agent_id: str = ""
    action: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """How far the log is as it was written; `broken_at` is the first entry that is not."""

    entries: int
    broken_at: int | None


class AuditLog:
    """Adds to the log and reads it; nothing here changes or deletes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(
        self,
        who: Actor,
        action: str,
        subject: str = "",
        outcome: str = "done",
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Add one entry, in a transaction of its own."""
        async with self._database.write() as session:
            await serialise(session, "audit")
            last = (
                await session.execute(
                    select(AuditEntry.id, AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1)
                )
            ).one_or_none()
            entry = AuditEntry(
                id=last.id + 1 if last else 1,
                at=now(),
                agent_id=who.id,
                agent_name=who.name,
                action=action,
                subject=subject,
                outcome=outcome,
                detail=dict(detail or {}),
                before_hash=last.hash if last else _FIRST,
            )
            entry.hash = _seal(entry)
            session.add(entry)

    async def entries(self, wanted: AuditFilter, before: int | None = None) -> list[AuditEntry]:
        """List a page of entries, newest first, those numbered below `before`."""
        query = _matching(select(AuditEntry), wanted).order_by(AuditEntry.id.desc()).limit(_PAGE)
        if before is not None:
            query = query.where(AuditEntry.id < before)
        async with self._database.read() as session:
            return list(await session.scalars(query))

    async def actions(self) -> Sequence[str]:
        """List the kinds of actions that occur."""
        async with self._database.read() as session:
            found = select(AuditEntry.action).distinct().order_by(AuditEntry.action)
            return list(await session.scalars(found))

    async def checked(self) -> Chain:
        """Walk the whole chain."""
        seal, number = _FIRST, 0
        async with self._database.read() as session:
            total = await session.scalar(select(func.count(AuditEntry.id))) or 0
            while True:
                rows = await session.scalars(
                    select(AuditEntry)
                    .where(AuditEntry.id > number)
                    .order_by(AuditEntry.id)
                    .limit(_AT_ONCE)
                )
                page = list(rows)
                if not page:
                    return Chain(total, None)
                for entry in page:
                    number += 1
                    fits = entry.id == number and entry.before_hash == seal
                    if not fits or entry.hash != _seal(entry):
                        return Chain(total, number)
                    seal = entry.hash
                session.expunge_all()


def _seal(entry: AuditEntry) -> str:
    content = [
        entry.id,
        rfc3339(entry.at),
        entry.agent_id,
        entry.agent_name,
        entry.action,
        entry.subject,
        entry.outcome,
        entry.detail,
        entry.before_hash,
    ]
    written = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


def _matching(query: Select[tuple[AuditEntry]], wanted: AuditFilter) -> Select[tuple[AuditEntry]]:
    if wanted.agent_id:
        query = query.where(AuditEntry.agent_id == wanted.agent_id)
    if wanted.action:
        query = query.where(AuditEntry.action == wanted.action)
    if wanted.subject:
        query = query.where(AuditEntry.subject == wanted.subject)
    if wanted.since:
        query = query.where(AuditEntry.at >= wanted.since)
    if wanted.until:
        query = query.where(AuditEntry.at < wanted.until)
    return query
