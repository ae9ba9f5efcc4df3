# ruff: noqa: PLC0415 - what needs the model is imported when the command runs
"""The command `sapa knowledge gaps`: what customers ask and no article answers."""

import asyncio
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from settings import Settings, load_settings

if TYPE_CHECKING:
    from conversation.gaps import Gap
    from conversation.unanswered import Unanswered

COLUMNS = ("questions", "contacts", "minutes", "nearest_article", "example")


def show_gaps(
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The shop's day to begin with.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="How many groups.")] = 20,
    draft: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", file_okay=False, help="Write an article draft for each."),
    ] = None,
    *,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV instead.")] = False,
) -> None:
    """Group what no article answers by meaning, most costly first; people and numbers masked."""
    from conversation.drafts import write_drafts
    from conversation.gaps import find_gaps
    from faq.engine import encoder_of
    from faq.grouping import MOST
    from faq.publishing import in_use

    settings = load_settings()
    built = in_use(settings.faq_dir)
    if built is None:
        typer.echo("no articles are in use; run: sapa knowledge publish", err=True)
        raise typer.Exit(1)
    questions = asyncio.run(_unanswered(settings, since, MOST))
    encoder = encoder_of(built.model)
    found = find_gaps(questions, built, encoder)[:top] if questions else []
    (_print_csv if as_csv else _print)(found)
    if draft is not None:
        ids = {article.id for article in built.articles}
        today = datetime.now(ZoneInfo(settings.timezone)).date()
        for file in write_drafts(found, draft, encoder, ids.__contains__, today):
            typer.echo(f"drafted {file}", err=True)


async def _unanswered(settings: Settings, since: datetime | None, most: int) -> "list[Unanswered]":
    from conversation.unanswered import unanswered
    from db.engine import Database

    database = Database(settings.database)
    start = since.replace(tzinfo=ZoneInfo(settings.timezone)) if since else None
    try:
        return await unanswered(database, start, most)
    finally:
        await database.close()


def _print(found: "list[Gap]") -> None:
    if not found:
        typer.echo("no unanswered questions")
    for number, gap in enumerate(found, 1):
        spent = "" if gap.minutes is None else f", {gap.minutes:.0f} minutes of people"
        typer.echo(f"{number}. {len(gap.questions)} questions, {gap.contacts} contacts{spent}")
        for example in gap.examples:
            typer.echo(f"     {example}")
        if gap.nearest:
            typer.echo(f"   nearest: {gap.nearest} ({gap.nearest_title})")


def _print_csv(found: "list[Gap]") -> None:
    from spreadsheets.writing import write_records

    rows = [
        (
            len(gap.questions),
            gap.contacts,
            "" if gap.minutes is None else round(gap.minutes, 1),
            gap.nearest or "",
            gap.examples[0],
        )
        for gap in found
    ]
    write_records(sys.stdout, [COLUMNS, *rows])
