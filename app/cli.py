"""The `sapa` command."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn
from urllib.parse import urlsplit

import typer

from app.channel_commands import channel_commands
from app.recompute import check_command, recompute_command
from conversation.campaigns.commands import campaigns_commands
from conversation.commands import show_gaps
from crm.commands import import_commands, seed
from crm.recommending.commands import crm_commands
from desk.cases.commands import check_scripts
from desk.commands import agents_commands
from faq.commands import faq_commands
from faq.knowledge_commands import knowledge_commands
from privacy.commands import privacy_commands
from settings import PROJECT_DIR, Settings, UnsafeSettings, load_settings

sapa = typer.Typer(
    help="Sapa: a shop's self-service agent.", no_args_is_help=True, pretty_exceptions_enable=False
)
sapa.add_typer(faq_commands, name="faq", help="Build, ask and measure the answer engine.")
sapa.add_typer(knowledge_commands, name="knowledge", help="Try, publish and improve the articles.")
knowledge_commands.command(name="gaps")(show_gaps)
sapa.add_typer(import_commands, name="import", help="Load the shop's data from CSV.")
sapa.add_typer(crm_commands, name="crm", help="Customers, their segments, and what to offer.")
crm_commands.command(name="recompute")(recompute_command)
crm_commands.command(name="check")(check_command)
sapa.add_typer(agents_commands, name="agents", help="Manage who may log in to the console.")
sapa.add_typer(channel_commands, name="channels", help="Connect WhatsApp and Telegram.")
sapa.add_typer(campaigns_commands, name="campaigns", help="Write to those who agreed.")
sapa.add_typer(privacy_commands, name="privacy", help="Export, erase, and what the law asks.")
sapa.command(name="seed", help="Load the demo shop.")(seed)
sapa.command(name="scripts")(check_scripts)

_NOT_SET_UP = "the database is not set up, or is older than this Sapa; run: sapa migrate"


@sapa.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    from db.migrate import migrate as run  # noqa: PLC0415 - keeps `sapa --help` fast

    run(_settings().database)


@sapa.command()
def train(
    *, force: Annotated[bool, typer.Option(help="Train even if nothing changed.")] = False
) -> None:
    """Train the assistant, if what it learns from has changed."""
    from app.training import TrainingFailed  # noqa: PLC0415
    from app.training import train as run  # noqa: PLC0415

    try:
        training = run(_settings(), force=force)
    except TrainingFailed as failure:
        _stop(str(failure))
    typer.echo(f"{'trained' if training.fresh else 'up to date'}: {training.model.name}")


@sapa.command()
def prepare() -> None:
    """Do all that serving needs and is not done yet: index, train, migrate, seed a demo."""
    from app.preparation import prepare as run  # noqa: PLC0415

    run(_settings(), _say, _stop)


@sapa.command()
def serve(
    *,
    app_only: Annotated[bool, typer.Option(help="Without Rasa, which runs elsewhere.")] = False,
) -> None:
    """Run the app and Rasa, restart what dies, stop both on a signal."""
    from app.supervisor import CannotServe  # noqa: PLC0415
    from app.supervisor import serve as run  # noqa: PLC0415

    settings = _settings()
    try:
        settings.require_for_serving()
        if app_only:
            from app.uvicorn_server import serve as run_app  # noqa: PLC0415

            run_app(settings)
        else:
            asyncio.run(run(settings, _model(settings), _say))
    except (CannotServe, UnsafeSettings) as error:
        _stop(str(error))


@sapa.command()
def rasa(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "",
    port: Annotated[int, typer.Option(help="Default: that of the first SAPA_RASA_URL.")] = 0,
) -> None:
    """Run one Rasa, for an app that runs elsewhere: `sapa serve --app-only`."""
    from app.training import rasa_command, rasa_environment  # noqa: PLC0415

    settings = _settings()
    address = urlsplit(settings.rasa_urls[0])
    command = rasa_command(
        settings, _model(settings), host or "127.0.0.1", port or address.port or 5005
    )
    os.chdir(PROJECT_DIR)
    os.execve(command[0], command, rasa_environment(settings))  # noqa: S606 - becomes Rasa


def _model(settings: Settings) -> Path:
    from app.training import newest_model, trained_model  # noqa: PLC0415

    model = trained_model(settings) or newest_model(settings)
    return model or _stop("no trained model: run `sapa prepare` first")


@sapa.command()
def chat(
    lang: Annotated[str, typer.Option(help="id or en")] = "id",
    site: Annotated[str, typer.Option(help="Site key.")] = "demo",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One message object per line.")] = False,
) -> None:
    """Talk to the running Sapa in the terminal; an empty line or Ctrl-D ends."""
    from app.chat import chat as run  # noqa: PLC0415

    if lang not in ("id", "en"):
        _stop("--lang is id or en")
    sys.exit(asyncio.run(run(_settings(), site, lang, as_json=as_json)))


def main() -> None:
    """Run the command line; what fails as the database has no tables yet says so in one line."""
    try:
        sapa()
    except Exception as error:
        if not _has_no_tables(error):
            raise
        typer.echo(f"sapa: {_NOT_SET_UP}", err=True)
        sys.exit(1)


def _has_no_tables(error: Exception) -> bool:
    """Whether a table or column was missing; in PostgreSQL's words too."""
    from sqlalchemy.exc import OperationalError, ProgrammingError  # noqa: PLC0415

    missing = "no such table", "no such column", "does not exist"
    said = str(error) if isinstance(error, OperationalError | ProgrammingError) else ""
    return any(words in said for words in missing)


def _settings() -> Settings:
    try:
        return load_settings()
    except ValueError as error:
        _stop(f"the settings are wrong: {error}")


def _say(text: str) -> None:
    typer.echo(f"sapa: {text}", err=True)


def _stop(text: str) -> NoReturn:
    typer.echo(f"sapa: {text}", err=True)
    raise typer.Exit(1)


if __name__ == "__main__":
    main()
