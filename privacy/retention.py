"""Keep nothing longer than it is needed: what each kind of data is kept for, in days.

Source: UU 27/2022 articles 16 (2) f and 44 (1) a: what is no longer needed is erased.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, Table, delete, exists, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from conversation.tables import Conversation
from crm.tables import Customer, Invoice, Order
from db.base import Base
from db.base import now as current_time
from db.engine import Database
from privacy.erasure import Erasure

log = structlog.get_logger()

_BATCH = 200


@dataclass(frozen=True, slots=True)
class Kind:
    """Rows of one table that go some days after a moment; `done` is what must hold as well."""

    table: str
    moment: str
    done: Callable[[Table], ColumnElement[bool]] = lambda _table: true()


# Rows of tables that hang on these go with them. Conversations and customers are below.
KINDS: Mapping[str, Kind] = {
    "tickets": Kind("tickets", "updated_at", lambda t: t.c.status.in_(("solved", "closed"))),
    "call_backs": Kind("call_backs", "at"),
    "questions": Kind("unanswered_questions", "at"),
    "contact_changes": Kind("contact_changes", "at"),
    "offers": Kind(
        "offers",
        "shown_at",
        lambda t: t.c.customer_id.is_not(None) | t.c.conversation_id.is_not(None),
    ),
}
NAMES = ("conversations", *KINDS, "customers")


class Retention:
    """Forgets what is too old; safe to run at any time, in several processes."""

    def __init__(
        self,
        database: Database,
        erasure: Erasure,
        days: Mapping[str, int],
        clock: Callable[[], datetime] = current_time,
    ) -> None:
        """`days` per kind of NAMES; 0 keeps a kind for ever.

        Raises ValueError for a kind that is none.
        """
        unknown = sorted(set(days) - set(NAMES))
        if unknown:
            raise ValueError(f"unknown kind {', '.join(unknown)}; known are {', '.join(NAMES)}")
        self._database = database
        self._erasure = erasure
        self._days = days
        self._clock = clock

    async def once(self, *, dry: bool = False) -> Mapping[str, int]:
        """Forget what is too old now, or with `dry` only count it; by kind."""
        gone: dict[str, int] = {}
        for name in NAMES:
            days = self._days.get(name, 0)
            if not days:
                continue
            before = self._clock() - timedelta(days=days)
            if name == "conversations":
                gone[name] = await self._conversations(before, dry=dry)
            elif name == "customers":
                gone[name] = await self._customers(before, dry=dry)
            else:
                gone[name] = await self._rows(KINDS[name], before, dry=dry)
        if any(gone.values()) and not dry:
            log.info("kept long enough", **gone)
        return gone

    async def _conversations(self, before: datetime, *, dry: bool) -> int:
        old = (Conversation.updated_at < before) & Conversation.state.in_(("bot", "closed"))
        async with self._database.read() as session:
            ids = (await session.scalars(select(Conversation.id).where(old))).all()
        for start in range(0, 0 if dry else len(ids), _BATCH):
            await self._erasure.conversations(ids[start : start + _BATCH])
        return len(ids)

    async def _customers(self, before: datetime, *, dry: bool) -> int:
        """Whoever has neither bought, nor written, nor been billed since then."""
        async with self._database.read() as session:
            ids = (await session.scalars(select(Customer.id).where(_inactive(before)))).all()
        for customer_id in () if dry else ids:
            await self._erasure.customer(customer_id, compacting=False)
        return len(ids)

    async def _rows(self, kind: Kind, before: datetime, *, dry: bool) -> int:
        table = Base.metadata.tables[kind.table]
        key = next(iter(table.primary_key.columns))
        old = (table.c[kind.moment] < before) & kind.done(table)
        async with self._database.read() as session:
            ids = list(await session.scalars(select(key).where(old)))
        for start in range(0, 0 if dry else len(ids), _BATCH):
            batch = ids[start : start + _BATCH]
            async with self._database.write() as session:
                await _forget(session, table, key, batch)
        return len(ids)


async def _forget(
    session: AsyncSession, table: Table, key: ColumnElement[object], ids: list[object]
) -> None:
    """Delete rows and what hangs on them; an offer stays in the counts, without anybody."""
    if table.name == "offers":
        nobody = {"customer_id": None, "conversation_id": None}
        await session.execute(update(table).where(key.in_(ids)).values(nobody))
        return
    for child in Base.metadata.sorted_tables:
        for column in child.columns:
            if any(one.column.table is table for one in column.foreign_keys):
                await session.execute(delete(child).where(column.in_(ids)))
    await session.execute(delete(table).where(key.in_(ids)))


def _inactive(before: datetime) -> ColumnElement[bool]:
    ordered = exists().where(Order.customer_id == Customer.id, Order.ordered_at >= before)
    billed = exists().where(Invoice.customer_id == Customer.id, Invoice.due_at >= before)
    wrote = exists().where(
        Conversation.customer_id == Customer.id, Conversation.updated_at >= before
    )
    known = or_(Customer.since < before, Customer.imported_at < before)
    return known & (Customer.name != "") & ~ordered & ~billed & ~wrote


def default_days() -> dict[str, int]:
    """Say how long each kind is kept unless the settings say otherwise."""
    return {
        "conversations": 730,
        "tickets": 1825,
        "call_backs": 365,
        "questions": 365,
        "contact_changes": 1825,
        "offers": 730,
        "customers": 0,
    }
