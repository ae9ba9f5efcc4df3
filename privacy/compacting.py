"""Leave no bytes of deleted rows behind in the database's own files, as far as it lets us."""

import asyncio
import sqlite3
import time
from collections.abc import Sequence

import structlog
from sqlalchemy import text

from db.engine import Database

log = structlog.get_logger()

_LONGEST_S = 45.0  # within the minute in which a person is forgotten
_AGAIN_S = 0.2


async def compact(database: Database, tables: Sequence[str]) -> bool:
    """Rewrite what rows were deleted from; False if others kept the journal in use all the time.

    SQLite writes the file anew and empties the journal. PostgreSQL frees the rows of `tables`;
    what its own log and backups still hold ends with them (docs/privacy.md).
    """
    if not database.is_sqlite:
        async with database.engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            for name in tables:
                await connection.execute(text(f'VACUUM "{name}"'))
        return True
    file = database.url.database
    if file in (None, "", ":memory:"):
        return True
    return await asyncio.to_thread(_compact_file, str(file))


def _compact_file(file: str) -> bool:
    """On a connection of its own: the app's writers wait in line meanwhile, its readers do not."""
    until = time.monotonic() + _LONGEST_S
    connection = sqlite3.connect(file, timeout=5.0, isolation_level=None)
    try:
        connection.execute("PRAGMA secure_delete=ON")
        vacuumed = False
        while time.monotonic() < until:
            try:
                if not vacuumed:
                    connection.execute("VACUUM")
                    vacuumed = True
                busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                if not busy:
                    return True
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF not in (
                    sqlite3.SQLITE_BUSY,
                    sqlite3.SQLITE_LOCKED,
                ):
                    raise
            time.sleep(_AGAIN_S)
    finally:
        connection.close()
    log.error("the journal still holds erased bytes; it is emptied with the next erasure")
    return False
