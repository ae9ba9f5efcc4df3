"""Who was affected by an incident, how to reach them, and until when they must be told.

Source: UU 27/2022 article 46: the persons and the authority are told in writing within 3 x 24 hours
which data it was, when and how it was disclosed, and what was done about it.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, and_, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from conversation.tables import ChannelContact, Conversation
from crm.tables import Customer
from db.base import Base, UtcDateTime
from db.engine import Database

TELL_WITHIN = timedelta(hours=72)
_NOT_WHEN_IT_WAS = {
    "due_at",
    "until",
    "next_at",
    "lease_until",
    "window_until",
    "eta",
    "expires_at",
}
_BATCH = 400


@dataclass(frozen=True, slots=True)
class Affected:
    """Somebody whose data was touched; the name is empty where nobody knows it."""

    customer_id: str | None
    name: str
    phone: str | None
    email: str | None
    channels: tuple[str, ...]  # where they can be written to: "whatsapp 628…"
    data: Mapping[str, int] = field(default_factory=dict)  # table -> rows in the time span


async def affected_by(
    database: Database, since: datetime | None, until: datetime
) -> list[Affected]:
    """List whose data came in or changed in the time span; without `since` all there was."""
    async with database.read() as session:
        counts = await _counts(session, since, until)
        return await _people(session, counts)


Key = tuple[str | None, str | None]  # customer, or conversation of somebody nobody knows
Counts = dict[Key, dict[str, int]]


async def _counts(session: AsyncSession, since: datetime | None, until: datetime) -> Counts:
    owners = dict((await session.execute(select(Conversation.id, Conversation.customer_id))).all())
    counts: Counts = defaultdict(lambda: defaultdict(int))
    for table in Base.metadata.sorted_tables:
        customer, conversation = _owner_columns(table)
        if customer is None and conversation is None:
            continue
        names = [column for column in (customer, conversation) if column is not None]
        rows = await session.execute(select(*names).where(_within(table, since, until)))
        for row in rows.mappings():
            whose = row[customer.name] if customer is not None else None
            thread = row[conversation.name] if conversation is not None else None
            whose = whose or owners.get(thread or "")
            if whose or thread:
                counts[(whose, None) if whose else (None, thread)][table.name] += 1
    return counts


def _owner_columns(
    table: Table,
) -> tuple[Column[Any] | None, Column[Any] | None]:
    if table.name in ("customers", "conversations"):
        column = table.c["id"]
        return (column, None) if table.name == "customers" else (None, column)
    return table.c.get("customer_id"), table.c.get("conversation_id")


def _within(table: Table, since: datetime | None, until: datetime) -> ColumnElement[bool]:
    """Rows of the span; of a table without times all, as nobody can say that they were not."""
    times = [
        column
        for column in table.columns
        if isinstance(column.type, UtcDateTime) and column.name not in _NOT_WHEN_IT_WAS
    ]
    # Without a beginning all that was there counts, also an imported customer without a time.
    if since is None:
        later = [and_(column.is_not(None), column > until) for column in times]
        return ~or_(false(), *later[:1])
    spans = [and_(column >= since, column <= until) for column in times]
    return or_(*spans) if spans else true()


async def _people(session: AsyncSession, counts: Counts) -> list[Affected]:
    customers = await _customers(session, [whose for whose, _ in counts if whose])
    reached = await _channels(session)
    found = []
    for (whose, thread), data in counts.items():
        customer = customers.get(whose or "")
        if whose and (customer is None or not customer.name):
            continue  # erased: nobody is left to be told
        found.append(
            Affected(
                customer_id=whose,
                name=customer.name if customer else "",
                phone=customer.phone if customer else None,
                email=customer.email if customer else None,
                channels=tuple(reached.get((whose, None) if whose else (None, thread), ())),
                data=dict(sorted(data.items())),
            )
        )
    return sorted(found, key=lambda one: (one.customer_id is None, one.customer_id or "", one.name))


async def _customers(session: AsyncSession, ids: list[str]) -> dict[str, Customer]:
    found: dict[str, Customer] = {}
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        rows = await session.scalars(select(Customer).where(Customer.id.in_(batch)))
        found |= {row.id: row for row in rows}
    return found


async def _channels(session: AsyncSession) -> dict[Key, list[str]]:
    rows = await session.execute(
        select(Conversation, ChannelContact.phone).outerjoin(
            ChannelContact, ChannelContact.conversation_id == Conversation.id
        )
    )
    found: dict[Key, list[str]] = defaultdict(list)
    for conversation, phone in rows:
        key: Key = (conversation.customer_id, None)
        if conversation.customer_id is None:
            key = (None, conversation.id)
        where = phone or conversation.address
        found[key].append(f"{conversation.channel} {where}")
    return found
