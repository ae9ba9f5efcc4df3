"""Which app processes live on one PostgreSQL: each holds an advisory lock while it does.

The server frees the lock when the process's connection ends, however it ends; no clock is needed.
A pooler that shares connections between transactions must not stand in between.
Source: postgresql.org/docs, "Explicit Locking", "Advisory Locks".
"""

from contextlib import suppress

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from db.engine import Database

_SAPA = 0x53415041  # the first half of every lock's key
_HOLD = text("SELECT pg_try_advisory_lock(:sapa, :process)")
_PRESENT = text(
    "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted"
    " AND classid = :sapa AND objsubid = 2"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


class RollCall:
    """This process's place among all on the same database; keeps one connection."""

    def __init__(self, database: Database) -> None:
        """Answer for `database.process`; nothing is held before the first call."""
        self._database = database
        self._connection: AsyncConnection | None = None

    async def present(self) -> frozenset[str]:
        """Name all processes that live, this one too.

        Raises sqlalchemy.exc.DBAPIError or OSError while the database is away. After that others
        may have missed this process, or this one them.
        """
        try:
            held = self._connection or await self._hold()
            rows = await held.scalars(_PRESENT, {"sapa": _SAPA})
            return frozenset(map(str, rows.all()))
        except BaseException:
            await self.leave()
            raise

    async def _hold(self) -> AsyncConnection:
        connection = await self._database.engine.connect()
        self._connection = connection
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(_HOLD, {"sapa": _SAPA, "process": int(self._database.process)})
        return connection

    async def leave(self) -> None:
        """Close the connection, and with it free the lock."""
        held, self._connection = self._connection, None
        if held is not None:
            with suppress(Exception):  # it may be broken already
                await held.invalidate()
            with suppress(Exception):
                await held.close()
