from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from db.engine import Database
from db.one_hop import OneHopConnection


@pytest.fixture
def visits(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every call that is handed to a connection's thread."""
    seen: list[Any] = []
    plain = OneHopConnection._execute

    async def counted(self: OneHopConnection, fn: Any, *args: Any, **options: Any) -> Any:
        seen.append(args or fn)
        return await plain(self, fn, *args, **options)

    monkeypatch.setattr(OneHopConnection, "_execute", counted)
    return seen


async def test_a_query_visits_the_thread_once_and_its_transaction_once_more(
    sqlite_database: Database, visits: list[Any]
) -> None:
    await sqlite_database.check()  # connects
    visits.clear()
    async with sqlite_database.read() as session:
        found = (await session.execute(text("SELECT 1 UNION SELECT 2"))).all()

    assert [tuple(row) for row in found] == [(1,), (2,)]
    assert len(visits) == 2  # BEGIN and SELECT, then ROLLBACK


async def test_what_is_written_is_there_and_what_fails_is_not(sqlite_database: Database) -> None:
    async with sqlite_database.write() as session:
        await session.execute(text("CREATE TABLE t (a INTEGER PRIMARY KEY)"))
        await session.execute(text("INSERT INTO t VALUES (:a)"), [{"a": 1}, {"a": 2}])
    with pytest.raises(IntegrityError):
        await _insert(sqlite_database, 3, 1)
    async with sqlite_database.read() as session:
        kept = (await session.scalars(text("SELECT a FROM t"))).all()

    assert list(kept) == [1, 2]


async def test_a_row_given_back_by_an_insert_is_read(sqlite_database: Database) -> None:
    async with sqlite_database.write() as session:
        await session.execute(text("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)"))
        given = await session.execute(text("INSERT INTO t (b) VALUES ('x') RETURNING a, b"))

        assert [tuple(row) for row in given] == [(1, "x")]


async def test_a_write_that_waits_for_another_process_gives_up_and_the_next_one_works(
    sqlite_database: Database, tmp_path: Path
) -> None:
    import sqlite3  # noqa: PLC0415 - the other process

    async with sqlite_database.write() as session:
        await session.execute(text("CREATE TABLE t (a INTEGER)"))
    async with sqlite_database.read() as session:
        await session.execute(text("PRAGMA busy_timeout=10"))
    other = sqlite3.connect(tmp_path / "sapa.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError, match="locked"):
        await _insert(sqlite_database, 1)
    other.execute("ROLLBACK")
    other.close()
    await _insert(sqlite_database, 2)
    async with sqlite_database.read() as session:
        assert list(await session.scalars(text("SELECT a FROM t"))) == [2]


async def test_a_transaction_without_statements_begins_nothing(
    sqlite_database: Database, visits: list[Any]
) -> None:
    await sqlite_database.check()
    visits.clear()
    async with sqlite_database.write() as session:
        await session.connection()

    assert visits == []


async def _insert(database: Database, *numbers: int) -> None:
    async with database.write() as session:
        for number in numbers:
            await session.execute(text("INSERT INTO t VALUES (:a)"), {"a": number})
