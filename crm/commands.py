"""The commands `sapa import` and `sapa seed`."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from crm.importing.kinds import KINDS, ORDER_LINES, Kind
from crm.importing.problems import FilesRefused, ImportRefused
from crm.importing.samples import load_samples
from crm.importing.store import Report, import_file
from crm.importing.woocommerce import Taken, import_woocommerce
from db.engine import Database
from db.migrate import migrate
from settings import Settings, load_settings

import_commands = typer.Typer(
    help="Import a CSV file: all of it, or nothing and what is wrong with it.",
    no_args_is_help=True,
)

CsvFile = Annotated[
    Path, typer.Argument(metavar="FILE.csv", exists=True, dir_okay=False, readable=True)
]


def _add(kind: Kind) -> None:
    @import_commands.command(kind.name, help=f"Columns: {', '.join(kind.columns)}.")
    def run(file: CsvFile) -> None:
        settings = load_settings()
        migrate(settings.database)
        try:
            report = asyncio.run(_import(settings, kind, file))
        except (ImportRefused, OSError) as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from error
        typer.echo(str(report))


for _kind in KINDS.values():
    _add(_kind)


@import_commands.command("woocommerce")
def import_shop(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE.json…", exists=True, dir_okay=False, readable=True)
    ],
) -> None:
    """Products, customers and orders as WooCommerce's REST API v3 gives them, in one go."""
    settings = load_settings()
    migrate(settings.database)
    try:
        taken = asyncio.run(_import_shop(settings, files))
    except (FilesRefused, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    for line in (*map(str, taken.reports), *taken.remarks):
        typer.echo(line)


def seed() -> None:
    """Load the demo shop; what is loaded already and unchanged is skipped."""
    settings = load_settings()
    migrate(settings.database)
    try:
        asyncio.run(_seed(settings))
    except (ImportRefused, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


def seed_if_changed(settings: Settings) -> str:
    """Load what is new of the demo shop into a migrated database; say what was done.

    Raises ImportRefused, OSError. Blocks.
    """
    reports = asyncio.run(_seed(settings, echo=lambda _line: None))
    rows = sum(report.inserted + report.updated for report in reports)
    return f"{rows} rows loaded" if reports else "up to date"


async def _import(settings: Settings, kind: Kind, file: Path) -> Report:
    database = Database(settings.database)
    try:
        report = await import_file(database, kind, file, ZoneInfo(settings.timezone))
        await _learn(settings, database, [report])
        return report
    finally:
        await database.close()


async def _import_shop(settings: Settings, files: list[Path]) -> Taken:
    database = Database(settings.database)
    try:
        taken = await import_woocommerce(database, files)
        await _learn(settings, database, taken.reports)
        return taken
    finally:
        await database.close()


async def _seed(settings: Settings, echo: Callable[[str], object] = typer.echo) -> list[Report]:
    database = Database(settings.database)
    zone = ZoneInfo(settings.timezone)
    reports = []
    try:
        async for done in load_samples(database, settings.sample_dir, zone):
            echo(f"{done}: already loaded" if isinstance(done, str) else str(done))
            if isinstance(done, Report):
                reports.append(done)
        await _learn(settings, database, reports)
    finally:
        await database.close()
    return reports


async def _learn(settings: Settings, database: Database, reports: Sequence[Report]) -> None:
    """Let offers and segments know of the orders that are new."""
    from crm.offering.outcome import note_bought  # noqa: PLC0415 - keeps `sapa --help` fast
    from crm.offering.rules import load_offer_rules  # noqa: PLC0415
    from crm.recommending.arrivals import learn_new  # noqa: PLC0415
    from crm.rule_files import BadRules, RuleFiles  # noqa: PLC0415
    from crm.segments.rules import load_segment_rules  # noqa: PLC0415
    from crm.segments.store import place_buyers  # noqa: PLC0415

    of_lines = [report.new for report in reports if report.kind == ORDER_LINES.name]
    orders = frozenset[str]().union(*of_lines)
    await learn_new(database, orders)
    files = RuleFiles(settings.crm_content_dir, settings.data_dir / "rules")
    try:
        await place_buyers(database, orders, load_segment_rules(files))
        await note_bought(database, load_offer_rules(files), orders)
    except BadRules as error:  # what was imported stays; `sapa crm recompute` makes up for this
        typer.echo(str(error), err=True)
