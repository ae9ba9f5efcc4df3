"""Alembic's entry: run the migrations over the same engine as the app."""

import asyncio
from importlib import import_module

from alembic import context
from sqlalchemy import Connection, text

from db.base import Base
from db.engine import Database

# The tables of every business noun; imported by name because db stands below them all.
for noun in (
    "crm",
    "crm.recommending",
    "crm.profile",
    "crm.campaigns",
    "crm.segments",
    "crm.surveys",
    "crm.offering",
    "conversation",
    "desk",
    "desk.cases",
    "desk.people",
    "desk.routing",
    "faq",
    "privacy",
):
    import_module(f"{noun}.tables")


_LOCK = 0x5A9A0001  # any number, of migrations only


def _run(connection: Connection) -> None:
    _one_at_a_time(connection)
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        user_module_prefix="db.base.",
    )
    with context.begin_transaction():
        context.run_migrations()


def _one_at_a_time(connection: Connection) -> None:
    """Let processes that start together migrate one after another, and keep no customer waiting.

    Freed with the transaction, also that of a killed process. SQLite has one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        # A change that waits for a long query would hold up all that comes after it.
        connection.execute(text("SET LOCAL lock_timeout = '10s'"))


async def _migrate(url: str) -> None:
    database = Database(url)
    try:
        async with database.engine.begin() as connection:
            await connection.run_sync(_run)
    finally:
        await database.close()


asyncio.run(_migrate(context.config.attributes["url"]))
