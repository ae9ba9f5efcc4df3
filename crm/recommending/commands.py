"""The command `sapa crm recompute`."""

import asyncio

import typer

from db.engine import Database
from db.migrate import migrate
from settings import load_settings

crm_commands = typer.Typer(help="Customers and offers.", no_args_is_help=True)


@crm_commands.callback()
def _group() -> None:
    """Keep `recompute` a word of its own while it is the only command."""


@crm_commands.command()
def recompute() -> None:
    """Learn anew from all orders which products fit together; run it every night."""
    settings = load_settings()
    migrate(settings.database)
    typer.echo(asyncio.run(_recompute(settings.database)))


async def _recompute(url: str) -> str:
    from crm.recommending.store import learn_all  # noqa: PLC0415 - keeps `sapa --help` fast

    database = Database(url)
    try:
        return str(await learn_all(database))
    finally:
        await database.close()
