"""Forget a person: every row, file and trace of theirs, but for what bookkeeping must keep.

Kept without the person, who becomes a customer without name or contact: orders and invoices, for
ten years (UU 8/1997 article 11; UU KUP article 28). On SQLite the file is compacted afterwards and
its journal emptied, because a deleted row's bytes may stay behind where rows were moved.
Source: UU 27/2022 articles 8, 16, 43 to 45; https://sqlite.org/pragma.html#pragma_secure_delete.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Table, delete, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from conversation.bus import Bus
from conversation.tables import ChannelContact, InboxEvent, OutboxItem, Receipt
from crm.profile.erased import ERASED, digest_of
from crm.profile.tables import ErasedCustomer
from crm.tables import Customer
from db.base import Base, new_id
from db.base import now as current_time
from db.engine import Database
from privacy.belongings import Belongings, belongings_of, table_named
from privacy.compacting import compact

log = structlog.get_logger()

# What stays, and which of its columns are emptied. "" where a column must not be empty.
KEPT: Mapping[str, Mapping[str, Any]] = {
    "orders": {"city": None},
    "order_lines": {},
    "learned_orders": {},
    "shipments": {"tracking_number": None, "origin_city": None},
    "shipment_events": {"city": None, "note": None},
    "invoices": {},
    # What was offered and bought is counted; by whom is not needed for that.
    "offers": {"conversation_id": None},
}
_BATCH = 400


@dataclass(frozen=True, slots=True)
class Erased:
    """What went, by table, and how many files."""

    rows: Mapping[str, int]
    kept: Mapping[str, int]  # without the person
    files: int


class NobodyToErase(LookupError):
    """No such customer or conversation."""


class Erasure:
    """Forgets people; one per process."""

    def __init__(
        self,
        database: Database,
        files: Path,
        bus: Bus | None = None,
        clock: Callable[[], datetime] = current_time,
    ) -> None:
        """`files` is the folder of what was sent; who listens on `bus` is told."""
        self._database = database
        self._files = files
        self._bus = bus
        self._clock = clock

    async def customer(self, customer_id: str, *, compacting: bool = True) -> Erased:
        """Forget a customer, their conversations on every channel and what hangs on them.

        Without `compacting` some bytes may stay in the file's free places. Raises NobodyToErase.
        """
        return await self._erase(customer_id, (), compacting=compacting)

    async def conversation(self, conversation_id: str) -> Erased:
        """Forget one conversation of somebody nobody knows. Raises NobodyToErase."""
        return await self._erase(None, (conversation_id,))

    async def conversations(self, conversation_ids: Sequence[str]) -> Erased:
        """Forget conversations that are too old; whoever's they are stays."""
        return await self._erase(None, conversation_ids, compacting=False)

    async def _erase(
        self, customer_id: str | None, conversations: Sequence[str], *, compacting: bool = True
    ) -> Erased:
        async with self._database.write() as session:
            found = await belongings_of(session, customer_id, conversations, lock=True)
            if not found.rows.get("customers") and not found.conversations:
                raise NobodyToErase
            phones = await _phones(session, found)
            await _detach(session, found, self._clock())
            for name in reversed(found.rows):  # children first
                await _remove(session, name, found)
            await _forget_raw(session, found, phones)
            # Before the commit: what dies here is done again, and finds the rows still there.
            files = _delete_files(self._files, found.ids("messages"))
        if compacting:
            await compact(self._database, list(found.rows))
        self._tell(found)
        counts = found.counts()
        erased = Erased(
            rows={name: count for name, count in counts.items() if name not in KEPT},
            kept={name: count for name, count in counts.items() if name in KEPT},
            files=files,
        )
        log.info("a person was erased", rows=sum(erased.rows.values()), files=files)
        return erased

    async def compact(self) -> None:
        """Leave no bytes behind of a person whose erasing was cut short after its commit."""
        await compact(self._database, sorted(Base.metadata.tables))

    def _tell(self, found: Belongings) -> None:
        for conversation_id in found.conversations:
            if self._bus is not None:
                self._bus.publish(f"conversation:{conversation_id}", {"type": "gone"})


async def _detach(session: AsyncSession, found: Belongings, at: datetime) -> None:
    """Give what is kept to a customer who is nobody, one for each so that sums stay right."""
    for customer_id in found.ids("customers"):
        digest = digest_of(customer_id)
        if await session.get(ErasedCustomer, digest) is None:
            session.add(ErasedCustomer(digest=digest, at=at))
        nobody = f"{ERASED}{new_id()}"
        moved = False
        for name, emptied in KEPT.items():
            table = table_named(name)
            if "customer_id" not in table.c:
                continue
            if not any(row["customer_id"] == customer_id for row in found.rows.get(name, ())):
                continue
            if not moved:
                await session.execute(insert(Customer).values(id=nobody, name="", lang="id"))
                moved = True
            await session.execute(
                update(table)
                .where(table.c.customer_id == customer_id)
                .values(customer_id=nobody, **emptied)
            )
    for name, emptied in KEPT.items():
        if emptied and name in found.rows:
            await _each(session, table_named(name), found, partial(_emptying, emptied))


def _emptying(emptied: Mapping[str, Any], table: Table) -> Any:
    return update(table).values(dict(emptied))


async def _remove(session: AsyncSession, name: str, found: Belongings) -> None:
    if name in KEPT:
        return
    await _each(session, table_named(name), found, delete)


async def _each(
    session: AsyncSession, table: Table, found: Belongings, statement: Callable[[Table], Any]
) -> None:
    keys = list(table.primary_key.columns)
    names = [key.name for key in keys]
    wanted = [tuple(row[name] for name in names) for row in found.rows[table.name]]
    for start in range(0, len(wanted), _BATCH // len(keys)):
        batch = wanted[start : start + _BATCH // len(keys)]
        which = (
            keys[0].in_([key[0] for key in batch]) if len(keys) == 1 else tuple_(*keys).in_(batch)
        )
        await session.execute(statement(table).where(which))


async def _phones(session: AsyncSession, found: Belongings) -> set[str]:
    rows = await session.scalars(
        select(ChannelContact.phone).where(
            ChannelContact.conversation_id.in_(found.conversations),
            ChannelContact.phone.is_not(None),
        )
    )
    return {str(phone).lstrip("+") for phone in rows}


async def _forget_raw(session: AsyncSession, found: Belongings, phones: set[str]) -> None:
    """Drop what vendors delivered of them and nobody took in, and receipts without a message."""
    names = {address for _, address in found.addresses} | phones
    gone = set(found.ids("messages"))
    raw = await session.execute(
        select(InboxEvent.id, InboxEvent.raw).where(InboxEvent.raw.is_not(None))
    )
    theirs = [
        row.id
        for row in raw
        if str((row.raw or {}).get("message_id")) in gone or _names(json.dumps(row.raw), names)
    ]
    for start in range(0, len(theirs), _BATCH):
        await session.execute(
            delete(InboxEvent).where(InboxEvent.id.in_(theirs[start : start + _BATCH]))
        )
    await session.execute(
        delete(Receipt).where(
            Receipt.item_id.is_not(None),
            ~select(OutboxItem.id).where(OutboxItem.id == Receipt.item_id).exists(),
        )
    )


def _names(text: str, names: set[str]) -> bool:
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) for name in names)


def _delete_files(folder: Path, message_ids: list[Any]) -> int:
    gone = 0
    for message_id in message_ids:
        for path in (folder / str(message_id), folder / f"{message_id}.part"):
            if path.exists():
                path.unlink(missing_ok=True)
                gone += 1
    return gone
