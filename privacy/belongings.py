"""Find every row that is about one person, in whatever table: what is exported and erased.

Nobody keeps a list of tables: a row belongs to a person if it names them, one of their
conversations, or a row that is theirs. So a table that is new tomorrow is exported and erased too.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from conversation.tables import Conversation
from crm.tables import Customer
from db.base import Base

_BATCH = 400  # older builds of SQLite take 999 parameters

# Columns that name a row of another table without a foreign key.
_NAMES = {
    "customer_id": ("customers", "id"),
    "conversation_id": ("conversations", "id"),
    "message_id": ("messages", "id"),
    "ticket_id": ("tickets", "id"),
    "handoff_id": ("handoffs", "id"),
}
_OF_NOBODY = ("erasure_requests",)  # names them until they are erased, and then proves that
_NAMED_HERE = {("receipts", "item_id"): ("outbox", "id")}
_NOT_OURS_ALONE = {("conversations", "id")}  # a link that another customer's row overrides

Rows = dict[str, list[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Belongings:
    """All rows of one person, by table; parents before children."""

    customers: tuple[str, ...]  # one, and those who proved to be the same person
    conversations: tuple[str, ...]
    addresses: tuple[tuple[str, str], ...]  # channel and address
    rows: Rows = field(default_factory=dict)

    def ids(self, table: str, column: str = "id") -> list[Any]:
        """Return one column of what was found in `table`."""
        return [row[column] for row in self.rows.get(table, ())]

    def counts(self) -> dict[str, int]:
        """Say how many rows of each table there are."""
        return {name: len(rows) for name, rows in self.rows.items()}


async def belongings_of(
    session: AsyncSession,
    customer_id: str | None = None,
    conversation_ids: Collection[str] = (),
    *,
    lock: bool = False,
) -> Belongings:
    """Find what belongs to a customer with all their conversations, or to those conversations."""
    customers = await _same_person(session, customer_id) if customer_id else ()
    theirs = or_(Conversation.id.in_(conversation_ids), Conversation.customer_id.in_(customers))
    found = select(Conversation.id, Conversation.channel, Conversation.address).where(theirs)
    if lock:  # no turn may add anything meanwhile
        found = found.with_for_update()
    conversations = (await session.execute(found)).all()
    wanted = defaultdict[tuple[str, str], set[Any]](set)
    wanted["conversations", "id"] |= {row.id for row in conversations}
    wanted["customers", "id"] |= set(customers)
    rows: Rows = {}
    for table in Base.metadata.sorted_tables:
        if table.name in _OF_NOBODY:
            continue
        if theirs_here := await _rows_of(session, table, wanted):
            rows[table.name] = theirs_here
            for key in table.primary_key.columns:
                wanted[table.name, key.name] |= {row[key.name] for row in theirs_here}
    return Belongings(
        customers,
        tuple(row.id for row in conversations),
        tuple((row.channel, row.address) for row in conversations),
        rows,
    )


async def _same_person(session: AsyncSession, customer_id: str) -> tuple[str, ...]:
    found, new = {customer_id}, {customer_id}
    while new:  # somebody merged may have had others merged into them
        rows = await session.scalars(select(Customer.id).where(Customer.merged_into.in_(new)))
        new = set(rows) - found
        found |= new
    return tuple(sorted(found))


def links_of(table: Table) -> Iterator[tuple[str, tuple[str, str]]]:
    """Give the columns of `table` that say whose a row is, and what they name."""
    for column in table.columns:
        targets = {(key.column.table.name, key.column.name) for key in column.foreign_keys}
        if column.name in _NAMES:
            targets.add(_NAMES[column.name])
        if (table.name, column.name) in _NAMED_HERE:
            targets.add(_NAMED_HERE[table.name, column.name])
        if (table.name, column.name) in (("customers", "id"), ("conversations", "id")):
            targets.add((table.name, "id"))
        yield from ((column.name, target) for target in sorted(targets))


async def _rows_of(
    session: AsyncSession, table: Table, wanted: Mapping[tuple[str, str], set[Any]]
) -> list[Mapping[str, Any]]:
    keys = [column.name for column in table.primary_key.columns]
    found: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for name, target in links_of(table):
        for batch in _batches(wanted.get(target, ())):
            condition = _condition(table, name, target, batch, wanted)
            for row in (await session.execute(select(table).where(condition))).mappings():
                found.setdefault(tuple(row[key] for key in keys), dict(row))
    return list(found.values())


def _condition(
    table: Table,
    name: str,
    target: tuple[str, str],
    batch: list[Any],
    wanted: Mapping[tuple[str, str], set[Any]],
) -> ColumnElement[bool]:
    names = table.c[name].in_(batch)
    other = table.c.get("customer_id")
    if name in ("customer_id", "id") or other is None or target not in _NOT_OURS_ALONE:
        return names
    # Two people may have proved themselves in one conversation, one after the other.
    customers = wanted.get(("customers", "id"), set())
    return and_(names, or_(other.is_(None), other.in_(customers)))


def _batches(values: Iterable[Any]) -> Iterator[list[Any]]:
    ordered = sorted(values, key=str)
    for start in range(0, len(ordered), _BATCH):
        yield ordered[start : start + _BATCH]


def table_named(name: str) -> Table:
    """Return a table of ours by its name. Raises KeyError."""
    return Base.metadata.tables[name]


async def find_customer(session: AsyncSession, contact: str) -> list[str]:
    """Return the ids of the customers with this id, phone number or e-mail."""
    rows = await session.scalars(
        select(Customer.id).where(
            or_(Customer.id == contact, Customer.phone == contact, Customer.email == contact)
        )
    )
    return sorted(rows)
