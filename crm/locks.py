"""Let one transaction at a time pass for a key, on both databases."""

import hashlib

from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncSession


async def serialise(session: AsyncSession, *keys: str) -> None:
    """Wait until no other writing transaction holds any of `keys`; released at its end.

    SQLite needs nothing: `Database.write` begins with BEGIN IMMEDIATE, so it has one writer.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    for number in sorted({_number(key) for key in keys}):  # sorted, so that nobody deadlocks
        await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": number})


def serialise_connection(connection: Connection, *keys: str) -> None:
    """Do the same in a transaction without a session."""
    if connection.dialect.name != "postgresql":
        return
    for number in sorted({_number(key) for key in keys}):
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": number})


def _number(key: str) -> int:
    digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
