"""SQLite for asyncio: short statements run in place, what may take its time in a thread.

A statement that finds its row by an index takes microseconds; handing it to a thread and being
woken again took ten times as long. So a statement is tried here, in the event loop's thread, with
a budget of steps; a query that needs more is begun anew in a thread, and so is whatever meets
another process's lock. A commit waits for the disk, and always goes to the thread.
"""

import asyncio
import re
import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache
from typing import Any

from sqlalchemy.engine.interfaces import AdaptedConnection
from sqlalchemy.util.concurrency import await_, in_greenlet

_STEPS = 20_000  # of SQLite's machine, one or two milliseconds; some hundred rows
_MOST_AT_ONCE = 20  # rows of one insert
_SLOW_READS = 4  # at a time
# What changes one row, or adds some; anything else that writes may touch the whole table.
_ONE_ROW = re.compile(
    r"INSERT INTO (?!.*\bSELECT\b).*|(UPDATE|DELETE) .* WHERE \w+\.id = \?", re.DOTALL
)
_NO_CHANGE = ("SELECT", "WITH", "PRAGMA")
_PRIMARY = 0xFF  # of SQLite's error codes; the rest tells them apart
_NOTHING: tuple[Any, ...] = ()


class Threads:
    """Where statements go that may take their time; one of a database."""

    def __init__(self) -> None:
        # One writes at a time; no slow reader must keep a commit waiting.
        self.writer: Executor = ThreadPoolExecutor(1, "sqlite-write")
        self.readers: Executor = ThreadPoolExecutor(_SLOW_READS, "sqlite-read")

    def close(self) -> None:
        """Let the threads end."""
        for one in (self.writer, self.readers):
            one.shutdown(wait=False)


class InPlaceConnection(AdaptedConnection):
    """One connection as SQLAlchemy's asyncio engine uses it."""

    def __init__(self, plain: sqlite3.Connection, threads: Threads, wait_s: float) -> None:
        """Use `plain`, which must not belong to one thread; wait `wait_s` for others' locks."""
        self._connection: Any = plain  # what SQLAlchemy calls the driver's own
        self.plain = plain
        self._threads = threads
        self._wait_ms = round(wait_s * 1000)
        self._in_place = False
        self._writes = False
        self._begin: str | None = None
        self._begun = False
        self._hurries = False
        plain.execute("PRAGMA busy_timeout=0")
        plain.set_progress_handler(lambda: self._in_place, _STEPS)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "isolation_level":
            self.plain.isolation_level = value
        else:
            super().__setattr__(name, value)

    def cursor(self, server_side: bool = False) -> "InPlaceCursor":  # noqa: ARG002
        """Give a cursor; its rows are read at once."""
        return InPlaceCursor(self)

    def create_function(self, *args: Any, **options: Any) -> None:
        """Let SQL call a Python function."""
        self.plain.create_function(*args, **options)

    def begin(self, statement: str) -> None:
        """Begin with the first statement that follows; before it there is nothing to protect.

        What was begun already goes on: SQLAlchemy begins for itself what `db/statement.py` began.
        """
        if not self._begun:
            self._begun = True
            self._begin, self._writes = statement, "IMMEDIATE" in statement

    def run(self, statement: str, work: Callable[[], "Done"]) -> "Done":
        """Do `work`, here if that is quick. Raises sqlite3.Error."""
        done, here = self._run(statement, work)
        if here:
            _yield_once()
        return done

    def rows(self, statement: str, parameters: Sequence[Any]) -> tuple[Sequence[Any], Any]:
        """Execute and give all rows and what describes them. Raises sqlite3.Error."""
        plain = self.plain
        (rows, description, *_), _ = self._run(
            statement, lambda: _done(plain.execute(statement, parameters))
        )
        return rows, description

    def _run(self, statement: str, work: Callable[[], "Done"]) -> tuple["Done", bool]:
        """Do `work`, and say whether it was done here."""
        if self._is_quick(statement):
            try:
                # Not within the budget: SQLite counts the steps of a kept statement over all its
                # runs, and stops it when it has done its work. BEGIN cannot be done again.
                self._begin_now()
                # To stop a change undoes them all.
                self._in_place = statement.startswith(_NO_CHANGE)
                return work(), True
            except sqlite3.OperationalError as error:
                if not _needs_time(error):
                    raise
            finally:
                self._in_place = False
        return self._in_thread(lambda: self._patiently(work)), False

    def hurry(self) -> None:
        """Do not wait for the disk from now on: a power cut may undo what is committed.

        Nor copy the journal: whoever commits next and waits for the disk does both. Only where the
        journal begins anew after that, once in some thousand pages, its head is waited for.
        """
        self.plain.execute("PRAGMA synchronous=NORMAL")
        self.plain.execute("PRAGMA wal_autocheckpoint=0")
        self._hurries = True

    def commit(self) -> None:
        """Commit what was begun, if anything was."""
        self._begin, self._begun = None, False
        if self.plain.in_transaction:
            if self._hurries:
                self.plain.commit()
            else:
                self._in_thread(self.plain.commit)

    def rollback(self) -> None:
        """Roll back what was begun, if anything was."""
        self._begin, self._begun = None, False
        if self.plain.in_transaction:
            self.plain.rollback()

    def close(self) -> None:
        """Close; what was not committed is undone. The last one may copy the journal."""
        if in_greenlet():
            self._in_thread(self.plain.close)
        else:
            self.plain.close()

    terminate = close

    def _is_quick(self, statement: str) -> bool:
        return not statement.startswith("PRAGMA journal_mode") and _is_quick(statement)

    def _begin_now(self) -> None:
        if self._begin is not None:
            self.plain.execute(self._begin)
            self._begin = None

    def _patiently(self, work: Callable[[], "Done"]) -> "Done":
        self.plain.execute(f"PRAGMA busy_timeout={self._wait_ms}")
        try:
            self._begin_now()
            return work()
        finally:
            self.plain.execute("PRAGMA busy_timeout=0")

    def _in_thread(self, work: Callable[[], Any]) -> Any:
        threads = self._threads.writer if self._writes else self._threads.readers
        return await_(_ended(asyncio.get_running_loop().run_in_executor(threads, work)))


Done = tuple[deque[Any], Any, int, int | None]  # rows, their description, how many, the last id


async def _ended(work: asyncio.Future[Any]) -> Any:
    """Wait for `work` also when cancelled: the connection must not be used by two at once.

    However often: anyio, under the web framework, cancels again until the task has ended.
    """
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        while not work.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([work])
        if not work.cancelled():
            work.exception()  # what failed is undone by whoever was cancelled
        raise


class InPlaceCursor:
    """One statement and all its rows."""

    arraysize = 1

    def __init__(self, connection: InPlaceConnection) -> None:
        """Belong to `connection`."""
        self._connection = connection
        self._rows: deque[Any] = deque()
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    def execute(self, statement: str, parameters: Sequence[Any] = _NOTHING) -> "InPlaceCursor":
        """Execute `statement` and read its rows. Raises sqlite3.Error."""
        if statement.startswith("BEGIN"):
            self._connection.begin(statement)
            return self
        plain = self._connection.plain
        return self._done(
            self._connection.run(statement, lambda: _done(plain.execute(statement, parameters)))
        )

    def executemany(self, statement: str, rows: Sequence[Sequence[Any]]) -> "InPlaceCursor":
        """Execute `statement` for each of `rows`. Raises sqlite3.Error."""
        plain = self._connection.plain
        kind = statement if len(rows) <= _MOST_AT_ONCE else "many"
        return self._done(
            self._connection.run(kind, lambda: _done(plain.executemany(statement, rows)))
        )

    def _done(self, done: Done) -> "InPlaceCursor":
        self._rows, self.description, self.rowcount, self.lastrowid = done
        return self

    def __iter__(self) -> Iterator[Any]:
        while self._rows:
            yield self._rows.popleft()

    def fetchone(self) -> Any:
        """Return the next row, None after the last."""
        return self._rows.popleft() if self._rows else None

    def fetchmany(self, size: int | None = None) -> list[Any]:
        """Return the next rows."""
        return [self._rows.popleft() for _ in range(min(size or 1, len(self._rows)))]

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""
        rows = list(self._rows)
        self._rows.clear()
        return rows

    def close(self) -> None:
        """Forget the rows."""
        self._rows.clear()

    async def _async_soft_close(self) -> None:
        """Keep the rows, which are read, for a result that outlives its statement."""

    def setinputsizes(self, *_: Any) -> None:
        """Do nothing; SQLite has no sizes."""

    setoutputsize = setinputsizes


def _yield_once() -> None:
    """Await nothing: SQLAlchemy takes a call that awaits nothing for one of another driver."""
    if in_greenlet():
        await_(_nothing())


async def _nothing() -> None:
    pass


def _done(cursor: sqlite3.Cursor) -> Done:
    rows: Iterable[Any] = cursor.fetchall() if cursor.description else ()
    return deque(rows), cursor.description, cursor.rowcount, cursor.lastrowid


def _needs_time(error: sqlite3.OperationalError) -> bool:
    """Whether the statement was stopped by its budget or by another's lock, and did nothing."""
    code = error.sqlite_errorcode & _PRIMARY
    return code in (sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_BUSY)


@lru_cache(maxsize=2_000)  # statements, of which a program has a limited number
def _is_quick(statement: str) -> bool:
    return statement.startswith(_NO_CHANGE) or _ONE_ROW.fullmatch(statement) is not None


def connect(
    threads: Threads, database: str, *, timeout: float, **options: Any
) -> InPlaceConnection:
    """Open a connection; the options are sqlite3's, `timeout` is in seconds."""
    plain = sqlite3.connect(database, **{**options, "check_same_thread": False})
    return InPlaceConnection(plain, threads, timeout)
