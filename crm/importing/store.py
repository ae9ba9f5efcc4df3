"""Put the rows of one file into its table: insert, update or leave each, in one transaction."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Table, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm.importing.doubts import doubtful, mixed_up
from crm.importing.kinds import Kind
from crm.importing.people import log_consents, with_their_own_word, without_erased
from crm.importing.problems import ImportRefused, Problem
from crm.importing.reader import Content, Line, read
from crm.locks import serialise
from crm.tables import Customer
from db.base import Base, now
from db.engine import Database

_BATCH = 500  # SQLite takes 32,766 parameters, older builds 999
_KEY_PARAMETER = "key_{}"


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did."""

    kind: str
    inserted: int
    updated: int
    unchanged: int
    new: frozenset[str] = field(default=frozenset(), compare=False, repr=False)  # first keys
    remarks: tuple[Problem, ...] = field(default=(), compare=False)  # stored, but worth a look

    def __str__(self) -> str:
        """Say it in one line."""
        counts = f"{self.inserted} inserted, {self.updated} updated, {self.unchanged} unchanged"
        remarks = [f"  line {one.line}: {one.column}: {one.reason}" for one in self.remarks]
        return "\n".join([f"{self.kind}: {counts}", *remarks])


async def import_file(database: Database, kind: Kind, file: Path, zone: ZoneInfo) -> Report:
    """Import a file wholly or, if anything in it is wrong, not at all.

    Raises ImportRefused, OSError.
    """
    content = read(file, kind, zone)
    async with database.write() as session:
        await serialise(session, f"import {kind.name}")
        content, remarks = await without_erased(session, kind, content)
        problems = content.problems + await unknown_references(session, kind, content)
        problems += await mixed_up(session, kind, content.lines)
        if problems:
            raise ImportRefused(str(file), problems)
        remarks += await doubtful(session, kind, content.lines)
        return await store(session, kind, content.lines, remarks)


async def unknown_references(session: AsyncSession, kind: Kind, content: Content) -> list[Problem]:
    problems = []
    lines = content.lines
    for name, column in kind.columns.items():
        if column.refers_to is None:
            continue
        table, target = column.refers_to
        wanted = {key for line in lines for key in _referred(line.row.get(name))}
        known = await _existing(session, table, target, wanted)
        if table is kind.table:  # a product may name another of the same file
            known |= content.keys
        problems += [
            Problem(line.number, name, f"unknown {target} {key}")
            for line in lines
            for key in _referred(line.row.get(name))
            if key not in known
        ]
    return problems


def _referred(value: Any) -> list[str]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


async def _existing(
    session: AsyncSession, table: type[Base], name: str, wanted: Iterable[str]
) -> set[str]:
    column = table.__table__.c[name]
    found: set[str] = set()
    for batch in _batches(sorted(wanted), _BATCH):
        found |= set(await session.scalars(select(column).where(column.in_(batch))))
    return found


async def store(
    session: AsyncSession, kind: Kind, lines: list[Line], remarks: list[Problem]
) -> Report:
    """Insert, update or leave each row, in an open transaction."""
    if kind.table is Customer:
        lines = await with_their_own_word(session, lines)
    stored = await _stored(session, kind, lines)
    new, changed = [], []
    for line in lines:
        key = tuple(line.row[name] for name in kind.keys)
        old = stored.get(key)
        if old is None:
            new.append(dict(line.row))
        elif any(old[name] != value for name, value in line.row.items()):
            changed.append(
                {_KEY_PARAMETER.format(name): line.row[name] for name in kind.keys}
                | {name: line.row[name] for name in line.row if name not in kind.keys}
            )
    # Core statements: the ORM sends rows with an empty cell apart from the others, one by one.
    connection = await session.connection()
    table = cast("Table", kind.table.__table__)
    if kind.table is Customer:
        for row in (*new, *changed):
            row["imported_at"] = now()
    if new:
        await connection.execute(insert(table), new)
    if changed:
        same = [table.c[name] == bindparam(_KEY_PARAMETER.format(name)) for name in kind.keys]
        await connection.execute(update(table).where(*same), changed)
    if kind.table is Customer:
        await log_consents(session, lines, stored)
    return Report(
        kind.name,
        len(new),
        len(changed),
        len(lines) - len(new) - len(changed),
        frozenset(row[kind.keys[0]] for row in new),
        tuple(sorted(remarks)),
    )


async def _stored(
    session: AsyncSession, kind: Kind, lines: list[Line]
) -> dict[tuple[object, ...], Any]:
    """Return what the table holds of these rows, by key."""
    table = kind.table.__table__
    names = list(dict.fromkeys([*kind.keys, *(name for line in lines[:1] for name in line.row)]))
    columns: list[ColumnElement[Any]] = [table.c[name] for name in names]
    first = table.c[kind.keys[0]]
    wanted = sorted({line.row[kind.keys[0]] for line in lines})
    stored = {}
    for batch in _batches(wanted, _BATCH):
        rows = await session.execute(select(*columns).where(first.in_(batch)))
        for row in rows.mappings():
            stored[tuple(row[name] for name in kind.keys)] = row
    return stored


def _batches(keys: Iterable[str], size: int) -> Iterator[list[str]]:
    remaining = iter(keys)
    while batch := list(islice(remaining, size)):
        yield batch
