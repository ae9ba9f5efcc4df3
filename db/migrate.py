"""Bring the database to the newest schema, with Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config


def migration_config(url: str) -> Config:
    """Describe where the migrations lie and which database they go to."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["url"] = url
    return config


def migrate(url: str, revision: str = "head") -> None:
    """Upgrade the database at `url`; does nothing where it is up to date. Blocks."""
    command.upgrade(migration_config(url), revision)
