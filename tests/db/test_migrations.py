import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, make_url

import faq.tables  # noqa: F401
from db.base import Base
from db.engine import Database
from db.migrate import migrate, migration_config
from settings import PROJECT_DIR


def _difference(connection: Connection) -> list[Any]:
    return compare_metadata(MigrationContext.configure(connection), Base.metadata)


async def test_the_migrations_make_exactly_the_tables_of_the_code(database: Database) -> None:
    async with database.engine.connect() as connection:
        assert await connection.run_sync(_difference) == []


@pytest.fixture
def fresh_url(
    request: pytest.FixtureRequest, tmp_path: Path, postgres_server: str
) -> Iterator[str]:
    """A database without any table."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'fresh.db'}"
        return
    name = f"sapa_scale_fresh_{os.getpid()}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        url = make_url(postgres_server).set(drivername="postgresql+psycopg", database=name)
        yield url.render_as_string(hide_password=False)
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.mark.parametrize("fresh_url", ["sqlite", "postgres"], indirect=True)
async def test_processes_that_start_together_migrate_once(fresh_url: str) -> None:
    code = "import sys; from db.migrate import migrate; migrate(sys.argv[1])"
    started = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, fresh_url, cwd=PROJECT_DIR, stderr=asyncio.subprocess.PIPE
        )
        for _ in range(3)
    ]
    said = [(await one.communicate())[1].decode() for one in started]
    database = Database(fresh_url)
    try:
        async with database.engine.connect() as connection:
            assert await connection.run_sync(_difference) == []
    finally:
        await database.close()

    assert [one.returncode for one in started] == [0, 0, 0], said


async def test_each_migration_leaves_an_older_app_working(tmp_path: Path) -> None:
    """Only adds, and what it adds to a table need not be filled: docs/operating.md."""
    url = f"sqlite:///{tmp_path / 'sapa.db'}"
    config = migration_config(url.replace("sqlite", "sqlite+aiosqlite"))
    revisions = [one.revision for one in ScriptDirectory.from_config(config).walk_revisions()]
    before: dict[str, dict[str, Any]] = {}
    engine = create_engine(url)
    for revision in reversed(revisions):
        await asyncio.to_thread(command.upgrade, config, revision)
        inspector = inspect(engine)
        after = {
            table: {column["name"]: column for column in inspector.get_columns(table)}
            for table in inspector.get_table_names()
        }
        gone = [(table, name) for table in before for name in before[table].keys() - after[table]]
        demanded = [
            (table, name)
            for table in before
            for name, column in after[table].items()
            if name not in before[table] and not column["nullable"] and column["default"] is None
        ]
        assert (revision, gone, demanded) == (revision, [], [])
        before = after
    engine.dispose()


def test_migrations_run_down_and_up_again(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'sapa.db'}"
    migrate(url)
    command.downgrade(migration_config(url), "base")
    migrate(url)
