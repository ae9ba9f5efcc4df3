"""SQLite's connections for what every turn asks and does: kept, and begun without ceremony.

To check one out of the pool, begin, end and give it back took SQLAlchemy a third of what a turn's
visits to the database cost. One connection does all the writing, as SQLite lets one write at a
time; `Database.change` sees to it that nobody else does meanwhile.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

T = TypeVar("T")

READ_ONLY = "sapa_read_only"
READ, WRITE = "BEGIN", "BEGIN IMMEDIATE"
_MOST_KEPT = 4


class KeptConnections:
    """Of one database; every function runs in a greenlet of SQLAlchemy's."""

    def __init__(self, engine: Engine) -> None:
        """Connect when first asked."""
        self._engine = engine
        self._readers: list[Connection] = []
        self._writers: list[Connection] = []
        self._hasty: list[Connection] = []

    def ask(self, question: Callable[[Connection], T]) -> T:
        """Run `question` on one snapshot."""
        connection = self._readers.pop() if self._readers else self._connect(read_only=True)
        try:
            _driver(connection).begin(READ)
            found = question(connection)
            _undo(connection)
        except BaseException:
            connection.close()
            raise
        self._keep(connection, self._readers, _MOST_KEPT)
        return found

    def change(self, work: Callable[[Connection], T], *, lasting: bool = True) -> T:
        """Run `work` in one transaction, which is undone if it raises."""
        kept = self._writers if lasting else self._hasty
        connection = kept.pop() if kept else self._connect() if lasting else self._hurried()
        driver = _driver(connection)
        try:
            driver.begin(WRITE)
            done = work(connection)
            _commit(connection)
        except BaseException:
            connection.close()
            if not lasting:  # of no pool: SQLAlchemy drops it unclosed when we are cancelled
                driver.close()
            raise
        self._keep(connection, kept, 1)
        return done

    def close(self) -> None:
        """Close what is kept."""
        for connection in (*self._readers, *self._writers, *self._hasty):
            connection.close()
        self._readers, self._writers, self._hasty = [], [], []

    def _connect(self, *, read_only: bool = False) -> Connection:
        return self._engine.connect().execution_options(**{READ_ONLY: read_only})

    def _hurried(self) -> Connection:
        connection = self._connect()
        connection.detach()  # it must not come into anybody else's hands
        driver = _driver(connection)
        try:
            driver.hurry()
        except BaseException:
            driver.close()
            raise
        return connection

    def _keep(self, connection: Connection, kept: list[Connection], most: int) -> None:
        if len(kept) < most:
            kept.append(connection)
        else:
            connection.close()


def _driver(connection: Connection) -> Any:
    return connection.connection.dbapi_connection


def _undo(connection: Connection) -> None:
    if connection.in_transaction():  # a statement of SQLAlchemy's own was among them
        connection.rollback()
    else:
        _driver(connection).rollback()


def _commit(connection: Connection) -> None:
    if connection.in_transaction():
        connection.commit()
        return
    try:
        _driver(connection).commit()
    except BaseException as error:  # noqa: BLE001 - it raises what is to be raised
        connection._handle_dbapi_exception(error, "COMMIT", None, None, None)  # noqa: SLF001
