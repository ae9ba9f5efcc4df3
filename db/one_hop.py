"""SQLite for asyncio with one visit to the connection's thread per statement.

aiosqlite makes four of a query: for the cursor, to execute, to fetch, to close, and SQLAlchemy one
more statement of BEGIN. Each wakes a thread and the loop again, which cost more than what SQLite
did. Here a statement is executed and read in one visit, and a BEGIN waits for the first statement
after it: until then there is nothing that it could protect.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Self

import aiosqlite

_NOTHING: tuple[Any, ...] = ()


class OneHopConnection(aiosqlite.Connection):
    """A connection whose cursors do all that a statement needs at once."""

    pending_begin: str | None = None

    def cursor(self) -> "OneHopCursor":  # type: ignore[override] # entered, but nothing to await
        """Give a cursor, which lives in this thread only."""
        return OneHopCursor(self)

    async def commit(self) -> None:
        """Commit what was begun, if anything was."""
        if self._is_begun():
            await super().commit()

    async def rollback(self) -> None:
        """Roll back what was begun, if anything was."""
        if self._is_begun():
            await super().rollback()

    def _is_begun(self) -> bool:
        """Say whether there is anything to end; SQLAlchemy's pool asks for it once more."""
        self.pending_begin = None
        return self.in_transaction


class OneHopCursor:
    """One statement and all its rows."""

    arraysize = 1

    def __init__(self, connection: OneHopConnection) -> None:
        """Belong to `connection`."""
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def execute(self, statement: str, parameters: Iterable[Any] = _NOTHING) -> Self:
        """Execute `statement` and read its rows. Raises sqlite3.Error."""
        if statement.startswith("BEGIN"):
            self._connection.pending_begin = statement
            return self
        return await self._visit(sqlite3.Cursor.execute, statement, parameters)

    async def executemany(self, statement: str, rows: Iterable[Iterable[Any]]) -> Self:
        """Execute `statement` for each of `rows`. Raises sqlite3.Error."""
        return await self._visit(sqlite3.Cursor.executemany, statement, rows)

    async def _visit(self, run: Any, statement: str, parameters: Any) -> Self:
        begin, self._connection.pending_begin = self._connection.pending_begin, None
        connection = self._connection
        # As aiosqlite's own cursors do it.
        visit = connection._execute(  # type: ignore[no-untyped-call] # noqa: SLF001
            _run,
            connection._conn,  # noqa: SLF001
            begin,
            run,
            statement,
            parameters,
        )
        done = await visit
        self._rows, self.description, self.rowcount, self.lastrowid = done
        return self

    async def fetchall(self) -> Sequence[Any]:
        """Return the rows that are left."""
        rows, self._rows = self._rows, []
        return rows

    async def fetchmany(self, size: int | None = None) -> Sequence[Any]:
        """Return the next rows."""
        rows = self._rows[: size or self.arraysize]
        del self._rows[: len(rows)]
        return rows

    async def fetchone(self) -> Any:
        """Return the next row, None after the last."""
        return self._rows.pop(0) if self._rows else None

    async def close(self) -> None:
        """Forget the rows."""
        self._rows = []


def _run(
    connection: sqlite3.Connection, begin: str | None, run: Any, statement: str, parameters: Any
) -> tuple[list[Any], Any, int, int | None]:
    """Do one statement, in the connection's thread."""
    cursor = connection.cursor()
    try:
        if begin is not None:
            cursor.execute(begin)
        run(cursor, statement, parameters)
        rows = cursor.fetchall() if cursor.description else []
        return rows, cursor.description, cursor.rowcount, cursor.lastrowid
    finally:
        cursor.close()


def connect(database: str, **options: Any) -> OneHopConnection:
    """Make a connection, to be awaited; the arguments are sqlite3's."""
    connection = OneHopConnection(lambda: sqlite3.connect(database, **options), 64)
    connection._thread.daemon = True  # noqa: SLF001 - as SQLAlchemy does for aiosqlite's own
    return connection
