"""One way to the database for SQLite and PostgreSQL, with transactions that lose nothing.

SQLite is opened in WAL mode, and every writing transaction starts with BEGIN IMMEDIATE: with the
driver's default (a read that turns into a write) 245 of 320 concurrent increments were lost
without an error. Source: https://docs.sqlalchemy.org/en/21/dialects/sqlite.html, "Serializable
isolation / Savepoints / Transactional DDL".
"""

import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Dialect, event, make_url, text
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.util.concurrency import greenlet_spawn

from db.in_place import InPlaceConnection, Threads, connect
from db.kept import READ, READ_ONLY, WRITE, KeptConnections
from db.line import WriteLine

_BUSY_TIMEOUT_S = 10.0

T = TypeVar("T")


class Database:
    """The engine and its sessions; one per process."""

    def __init__(self, url: str) -> None:
        """Open `url`, `sqlite+aiosqlite:///…` or `postgresql+psycopg://…`; connects lazily."""
        self.url = make_url(url)
        self.process = str(secrets.randbits(31))  # names this process among all on the database
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite and self.url.database not in (None, "", ":memory:"):
            _make_private(Path(str(self.url.database)))
        self._threads = Threads() if self.is_sqlite else None
        self.engine = _create_engine(url, self._threads)
        self._in_place = KeptConnections(self.engine.sync_engine) if self._threads else None
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        # SQLite lets its writers wait by sleeping, up to 100 ms at a time and in no order, each
        # with a connection in hand; here they stand in line.
        self._line = WriteLine() if self.is_sqlite else None

    def _turn(self, *, urgent: bool) -> AbstractAsyncContextManager[None]:
        return self._line.turn(urgent=urgent) if self._line else nullcontext()

    @asynccontextmanager
    async def write(self, *, urgent: bool = False) -> AsyncIterator[AsyncSession]:
        """Give a session that commits at the end of the block, or rolls back if it raises.

        Never wait for another process inside, nor open a second one: on SQLite it holds the only
        write lock. `urgent`: somebody outside waits to be told that it is stored.
        """
        async with self._turn(urgent=urgent), self._sessions.begin() as session:
            yield session

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """Give a session for reading one consistent snapshot; it never blocks a writer."""
        async with self._sessions() as session:
            await session.connection(execution_options={READ_ONLY: True})
            yield session

    async def ask(self, question: Callable[[Connection], T]) -> T:
        """Run `question` on one snapshot, without the ORM: for what every turn asks.

        It must not wait for anything but the database.
        """
        if self._in_place is not None:
            return await greenlet_spawn(self._in_place.ask, question)

        def run() -> T:
            with self.engine.sync_engine.connect() as connection:
                return question(connection.execution_options(**{READ_ONLY: True}))

        return await greenlet_spawn(run)

    async def change(
        self, work: Callable[[Connection], T], *, urgent: bool = False, lasting: bool = True
    ) -> T:
        """Run `work` in one transaction, as `write`, without the ORM: for what every turn does.

        It must not wait for anything but the database. What is not `lasting` does not wait for the
        disk: a power cut, which ends us too, may undo it; a killed process does not. Only SQLite
        is hurried: PostgreSQL may die while we live on and build on what it has lost.
        """
        if self._in_place is not None:
            async with self._turn(urgent=urgent):
                return await greenlet_spawn(partial(self._in_place.change, work, lasting=lasting))

        def run() -> T:
            with self.engine.sync_engine.begin() as connection:
                return work(connection)

        return await greenlet_spawn(run)

    async def check(self) -> None:
        """Raise if the database cannot be reached."""
        async with self.read() as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close all connections."""
        if self._in_place:
            await greenlet_spawn(self._in_place.close)
        await self.engine.dispose()
        if self._threads:
            self._threads.close()


def _make_private(file: Path) -> None:
    """Let only its owner read what customers wrote; SQLite's journals take the file's mode."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        file.touch(0o600)


def _create_engine(url: str, threads: Threads | None) -> AsyncEngine:
    # Parameters are what customers wrote; an error's text ends up in logs.
    if threads is None:
        return create_async_engine(
            url, pool_size=10, max_overflow=10, pool_pre_ping=True, hide_parameters=True
        )
    engine = create_async_engine(
        url,
        connect_args={"timeout": _BUSY_TIMEOUT_S},
        # Readers must find a connection while writers wait for a lock that somebody else holds.
        max_overflow=35,
        hide_parameters=True,
    )

    def open_in_place(
        _dialect: Dialect, _record: object, place: Sequence[Any], options: Mapping[str, Any]
    ) -> InPlaceConnection:
        return connect(threads, *place, **options)

    event.listen(engine.sync_engine, "do_connect", open_in_place)
    event.listen(engine.sync_engine, "connect", _set_up_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        # In WAL mode NORMAL survives a killed process; FULL also survives a power cut.
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    read_only = connection.get_execution_options().get(READ_ONLY, False)
    connection.exec_driver_sql(READ if read_only else WRITE)
