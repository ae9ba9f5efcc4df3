"""Put the rows of one file into its table: insert, update or leave each, in one transaction."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Table, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm.importing.kinds import Kind
from crm.importing.problems import ImportRefused, Problem
from crm.importing.reader import Content, Line, read
from crm.locks import serialise
from db.base import Base
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

    def __str__(self) -> str:
        """Say it in one line."""
        return (
            f"{self.kind}: {self.inserted} inserted, {self.updated} updated, "
            f"{self.unchanged} unchanged"
        )


async def import_file(database: Database, kind: Kind, file: Path, zone: ZoneInfo) -> Report:
    """Import a file wholly or, if anything in it is wrong, not at all.

    Raises ImportRefused, OSError.
    """
    content = read(file, kind, zone)
    async with database.write() as session:
        await serialise(session, f"import {kind.name}")
        problems = content.problems + await _unknown_references(session, kind, content)
        if problems:
            raise ImportRefused(str(file), problems)
        return await _store(session, kind, content.lines)


async def _unknown_references(session: AsyncSession, kind: Kind, content: Content) -> list[Problem]:
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


async def _store(session: AsyncSession, kind: Kind, lines: list[Line]) -> Report:
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
    if new:
        await connection.execute(insert(table), new)
    if changed:
        same = [table.c[name] == bindparam(_KEY_PARAMETER.format(name)) for name in kind.keys]
        await connection.execute(update(table).where(*same), changed)
    return Report(
        kind.name,
        len(new),
        len(changed),
        len(lines) - len(new) - len(changed),
        frozenset(row[kind.keys[0]] for row in new),
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
