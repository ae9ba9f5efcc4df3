import asyncio
import gc
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError, OperationalError

from db import engine, in_place
from db.engine import Database
from db.in_place import InPlaceConnection

_HUNDRED_THOUSAND = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
    "SELECT count(*) FROM n"
)


@pytest.fixture
def threaded(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Everything that is handed to a thread."""
    seen: list[Any] = []
    plain = InPlaceConnection._in_thread

    def counted(self: InPlaceConnection, work: Any) -> Any:
        seen.append(work)
        return plain(self, work)

    monkeypatch.setattr(InPlaceConnection, "_in_thread", counted)
    return seen


@pytest.fixture
async def table(sqlite_database: Database) -> Database:
    """A database with the table t (id, b)."""
    async with sqlite_database.write() as session:
        await session.execute(text("CREATE TABLE t (id INTEGER PRIMARY KEY, b TEXT)"))
    return sqlite_database


@pytest.fixture
def other(table: Database, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Another process, which holds the write lock."""
    other = sqlite3.connect(tmp_path / "sapa.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()


async def test_a_short_query_is_run_without_a_thread(table: Database, threaded: list[Any]) -> None:
    threaded.clear()
    async with table.read() as session:
        found = (await session.execute(text("SELECT 1 UNION SELECT 2"))).all()

    assert [tuple(row) for row in found] == [(1,), (2,)]
    assert threaded == []


async def test_a_change_of_one_row_takes_a_thread_for_its_commit_only(
    table: Database, threaded: list[Any]
) -> None:
    threaded.clear()
    await _insert(table, 1)
    async with table.write() as session:
        await session.execute(text("UPDATE t SET b = 'x' WHERE t.id = :id"), {"id": 1})

    assert len(threaded) == 2
    assert await _all(table) == [(1, "x")]


async def test_a_short_statement_may_be_asked_of_the_connection_itself(table: Database) -> None:
    async with table.write() as session:
        connection = await session.connection()
        await connection.execute(text("INSERT INTO t (id) VALUES (:id)"), [{"id": 1}])
        found = await connection.execute(text("SELECT id FROM t"))

    assert found.all() == [(1,)]


async def test_a_query_that_takes_its_time_is_run_in_a_thread(
    table: Database, threaded: list[Any]
) -> None:
    threaded.clear()
    async with table.read() as session:
        assert await session.scalar(text(_HUNDRED_THOUSAND)) == 100_000

    assert len(threaded) == 1


async def test_a_long_query_undoes_nothing_of_its_transaction(table: Database) -> None:
    async with table.write() as session:
        await session.execute(text("INSERT INTO t VALUES (1, 'a')"))
        assert await session.scalar(text(_HUNDRED_THOUSAND)) == 100_000

    assert await _all(table) == [(1, "a")]


async def test_a_change_of_many_rows_is_run_in_a_thread(
    table: Database, threaded: list[Any]
) -> None:
    await _insert(table, *range(100))
    threaded.clear()
    async with table.write() as session:
        await session.execute(text("UPDATE t SET b = 'x' WHERE b IS NULL"))

    assert len(threaded) == 2  # the change, then its commit
    assert await _all(table) == [(number, "x") for number in range(100)]


async def test_the_loop_goes_on_while_another_process_holds_the_lock(
    table: Database, other: sqlite3.Connection
) -> None:
    waiting = asyncio.create_task(_insert(table, 1))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    assert await _all(table) == []  # readers are not held up
    other.execute("ROLLBACK")
    await waiting

    assert await _all(table) == [(1, None)]


async def test_who_is_cancelled_while_waiting_for_the_lock_has_written_nothing(
    table: Database, other: sqlite3.Connection
) -> None:
    waiting = asyncio.create_task(_insert(table, 1))
    await asyncio.sleep(0.05)
    waiting.cancel()
    await asyncio.sleep(0)
    other.execute("ROLLBACK")
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await _insert(table, 2)

    assert await _all(table) == [(2, None)]


@pytest.mark.parametrize("way", ["write", "change", "hurried"])
async def test_who_is_cancelled_again_and_again_leaves_no_transaction_open(
    table: Database, other: sqlite3.Connection, way: str
) -> None:
    def insert(connection: Connection) -> None:
        connection.execute(text("INSERT INTO t (id) VALUES (1)"))

    lasting = way != "hurried"
    work = _insert(table, 1) if way == "write" else table.change(insert, lasting=lasting)
    writing = asyncio.create_task(work)
    await asyncio.sleep(0.1)
    for _ in range(5):  # as anyio does until the task ends
        writing.cancel()
        await asyncio.sleep(0.02)
    let_go_early = writing.done()
    other.execute("COMMIT")
    gc.disable()  # it must not be what gives the lock back
    try:
        await asyncio.wait([writing], timeout=5)
        await _insert(table, 2)
    finally:
        gc.enable()

    assert not let_go_early  # its thread still used the connection
    assert writing.cancelled()
    assert await _all(table) == [(2, None)]


async def test_what_is_written_is_there_and_what_fails_is_not(table: Database) -> None:
    async with table.write() as session:
        await session.execute(text("INSERT INTO t VALUES (:id, 'a')"), [{"id": 1}, {"id": 2}])
    with pytest.raises(IntegrityError):
        await _insert(table, 3, 1)

    assert await _all(table) == [(1, "a"), (2, "a")]


async def test_a_row_given_back_by_an_insert_is_read(table: Database) -> None:
    async with table.write() as session:
        given = await session.execute(text("INSERT INTO t (b) VALUES ('x') RETURNING id, b"))

        assert [tuple(row) for row in given] == [(1, "x")]


async def test_a_write_that_waits_for_another_process_gives_up_and_the_next_one_works(
    tmp_path: Path, table: Database, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_BUSY_TIMEOUT_S", 0.01)
    impatient = Database(f"sqlite+aiosqlite:///{tmp_path / 'sapa.db'}")
    with pytest.raises(OperationalError, match="locked"):
        await _insert(impatient, 1)
    other.execute("ROLLBACK")
    await _insert(impatient, 2)
    await impatient.close()

    assert await _all(table) == [(2, None)]


async def test_a_transaction_without_statements_begins_nothing(
    table: Database, threaded: list[Any]
) -> None:
    threaded.clear()
    async with table.write() as session:
        await session.connection()

    assert threaded == []


async def _insert(database: Database, *numbers: int) -> None:
    async with database.write() as session:
        for number in numbers:
            await session.execute(text("INSERT INTO t (id) VALUES (:id)"), {"id": number})


async def _all(database: Database) -> list[tuple[Any, ...]]:
    async with database.read() as session:
        return [tuple(row) for row in await session.execute(text("SELECT id, b FROM t"))]


async def test_a_transaction_begins_however_often_its_connection_has_begun_one(
    table: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # SQLite adds up the steps of a statement that Python's driver keeps, as it keeps BEGIN.
    monkeypatch.setattr(in_place, "_STEPS", 20)
    watched = Database(table.url.render_as_string())
    once = text("SELECT count(*) FROM t")

    answers = [await watched.ask(lambda one: one.scalar(once)) for _ in range(100)]
    changes = [await watched.change(lambda one: one.scalar(once)) for _ in range(100)]
    await watched.close()

    assert (answers, changes) == ([0] * 100, [0] * 100)


async def _synchronous(database: Database, *, lasting: bool) -> int:
    """Ask the connection that changes are made on: 2 waits for the disk, 1 does not."""
    sql = text("PRAGMA synchronous")
    return int(await database.change(lambda one: one.scalar(sql) or 0, lasting=lasting))


async def test_what_need_not_last_is_there_for_all_without_a_wait_for_the_disk(
    table: Database, threaded: list[Any], tmp_path: Path
) -> None:
    insert = text("INSERT INTO t VALUES (1, 'a')")
    await _synchronous(table, lasting=False)  # connected
    threaded.clear()

    await table.change(lambda one: one.execute(insert), lasting=False)

    assert threaded == []
    assert await _all(table) == [(1, "a")]
    with sqlite3.connect(tmp_path / "sapa.db") as another_process:
        assert another_process.execute("SELECT * FROM t").fetchall() == [(1, "a")]


async def test_what_has_to_last_waits_for_the_disk_also_after_what_need_not(
    table: Database,
) -> None:
    broken = text("INSERT INTO t VALUES (1, 'a'), (1, 'b')")
    assert await _synchronous(table, lasting=False) == 1
    with pytest.raises(IntegrityError):
        await table.change(lambda one: one.execute(broken), lasting=False)

    assert await _synchronous(table, lasting=True) == 2
    async with table.write() as session:
        assert await session.scalar(text("PRAGMA synchronous")) == 2
    assert await _synchronous(table, lasting=False) == 1


async def test_what_need_not_last_waits_for_another_process_that_writes(
    table: Database, other: sqlite3.Connection
) -> None:
    insert = text("INSERT INTO t VALUES (1, 'a')")
    work = asyncio.create_task(table.change(lambda one: one.execute(insert), lasting=False))
    await asyncio.sleep(0.2)
    assert not work.done()
    other.execute("COMMIT")

    await work
    assert await _all(table) == [(1, "a")]
