# ruff: noqa: PLC0415 - keeps `sapa --help` fast
"""The command `sapa campaigns`: write to those who agreed, look before, stop at once."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar
from zoneinfo import ZoneInfo

import typer

from settings import load_settings

if TYPE_CHECKING:
    from conversation.campaigns.sending import Campaigns
    from db.engine import Database

campaigns_commands = typer.Typer(no_args_is_help=True)

Done = TypeVar("Done")
CampaignFile = Annotated[
    Path, typer.Argument(metavar="FILE.yml", exists=True, dir_okay=False, readable=True)
]
CampaignId = Annotated[str, typer.Argument(metavar="CAMPAIGN")]


@campaigns_commands.command()
def add(file: CampaignFile) -> None:
    """Check a campaign file and keep it as a draft; nothing is sent."""
    from crm.campaigns.content import read_campaign
    from crm.importing.problems import ImportRefused

    try:
        content = read_campaign(file)
    except ImportRefused as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(1) from refused
    _run(lambda campaigns, _database: campaigns.add(content))
    typer.echo(f"kept as a draft: {content.id}; look at it: sapa campaigns preview {content.id}")


@campaigns_commands.command()
def preview(campaign: CampaignId) -> None:
    """Say who would get it now, who would not and why, and what it says."""
    from crm.campaigns.content import content_of

    async def look(campaigns: "Campaigns", _database: "Database") -> None:
        audience = await campaigns.preview(campaign)
        row = next(one for one in await campaigns.all() if one.id == campaign)
        content = content_of(row.content)
        for lang in ("id", "en"):
            name = next((one.name.split()[0] for one in audience.reached), "…")
            typer.echo(f"--- {lang}\n{content.words(lang, name)}")
        typer.echo(f"--- {audience.size} in the segment, {len(audience.reached)} would get it")
        for reason, count in sorted(audience.left_out.items()):
            typer.echo(f"    {count} not: {reason}")

    _run(look)


@campaigns_commands.command()
def send(
    campaign: CampaignId,
    count: Annotated[int, typer.Option(help="How many people, as the preview said.")],
) -> None:
    """Let the running Sapa send it, outside quiet hours."""

    async def start(campaigns: "Campaigns", _database: "Database") -> int:
        return await campaigns.start(campaign, "command", expected=count)

    typer.echo(f"queued for {_run(start)} people; to stop: sapa campaigns stop {campaign}")


@campaigns_commands.command()
def stop(campaign: CampaignId) -> None:
    """Stop at once, also what is queued already."""
    stopped = _run(lambda campaigns, _database: campaigns.stop(campaign))
    typer.echo(f"stopped; {stopped} people do not get it")


@campaigns_commands.command()
def report(campaign: CampaignId) -> None:
    """Say how it went: sent, delivered, read, answered, opted out, bought."""
    from conversation.campaigns.progress import report_of

    found = _run(lambda _campaigns, database: report_of(database, campaign))
    if found is None:
        typer.echo(f"no campaign {campaign}", err=True)
        raise typer.Exit(1)
    for name, value in dataclasses.asdict(found).items():
        typer.echo(f"{name.replace('_', ' ')}: {value}")


@campaigns_commands.command(name="list")
def show_all() -> None:
    """List all campaigns with their state."""
    for row in _run(lambda campaigns, _database: campaigns.all()):
        typer.echo(f"{row.id}  {row.status}  {row.content.get('name', '')}")


def _run(work: "Callable[[Campaigns, Database], Awaitable[Done]]") -> Done:
    from conversation.bus import Bus
    from conversation.campaigns.sending import (
        CampaignRefused,
        Campaigns,
        CampaignUnknown,
        Quiet,
    )
    from conversation.transcript import Transcript
    from db.engine import Database

    settings = load_settings()

    async def run() -> Done:
        database = Database(settings.database)
        quiet = Quiet.read(settings.quiet_hours, ZoneInfo(settings.timezone))
        pace = settings.campaign_messages_per_minute
        campaigns = Campaigns(database, Transcript(database, Bus()), quiet, pace, "")
        try:
            return await work(campaigns, database)
        finally:
            await database.close()

    try:
        return asyncio.run(run())
    except CampaignUnknown as error:
        typer.echo(f"no campaign {error}", err=True)
        raise typer.Exit(1) from error
    except CampaignRefused as error:
        typer.echo(f"not done: {error}", err=True)
        raise typer.Exit(1) from error
