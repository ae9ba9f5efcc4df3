"""Learn anew from all orders what to offer and where customers stand: by command, and every night.

In the app one process does it at the quiet hour (a lease), and only once a day, also if it was
restarted meanwhile: the day is read off what was computed last.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Annotated, NoReturn
from zoneinfo import ZoneInfo

import structlog
import typer
from sqlalchemy import func, select

from conversation.leases import Turnstile
from conversation.offer_reads import note_opened
from conversation.talks import count_talks
from crm.offering.rules import OfferRules, load_offer_rules
from crm.offering.words import OfferContent
from crm.rule_files import BadRules, RuleFiles
from crm.segments.rules import SegmentRules, load_segment_rules
from crm.segments.tables import Yardstick
from db.base import now
from db.engine import Database
from settings import Settings, load_settings

log = structlog.get_logger()

_LOOK_EVERY_S = 60.0
_LEASE_S = 180.0  # longer than a look; renewed while it works


def rule_files(settings: Settings) -> RuleFiles:
    """Open the shop's rule files, with the last valid text of each in the data folder."""
    return RuleFiles(settings.crm_content_dir, settings.data_dir / "rules")


async def recompute(
    database: Database, rules: SegmentRules, offers: OfferRules | None = None
) -> tuple[str, ...]:
    """Learn and place all, and note what came of offers; give one report each."""
    from crm.offering.outcome import note_bought  # noqa: PLC0415 - keeps `sapa --help` fast
    from crm.recommending.store import learn_all  # noqa: PLC0415
    from crm.segments.store import place_all  # noqa: PLC0415

    learned = await learn_all(database)
    placed = await place_all(database, rules, count_talks)
    read = await note_opened(database)
    bought = await note_bought(database, offers or load_offer_rules())
    return str(learned), str(placed), f"offers: {read} read since, {bought} bought so far"


async def recompute_apart() -> None:
    """Recompute in a process of its own, and a patient one: customers' turns come first.

    Raises RuntimeError with its last words if it fails.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from app.cli import main; main()", "crm", "recompute",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        preexec_fn=lambda: os.nice(10) and None,
    )  # fmt: skip
    try:
        said, _ = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        raise RuntimeError(said.decode("utf-8", "replace")[-2_000:])
    log.info("recomputed", report=said.decode("utf-8", "replace"))


class Nightly:
    """Recomputes once a night in one of all app processes."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        work: Callable[[], Awaitable[None]] = recompute_apart,
    ) -> None:
        """The hour is that of the shop's time zone."""
        self._database = database
        self._work = work
        self._hour = settings.recompute_hour
        self._zone = ZoneInfo(settings.timezone)
        self._turnstile = Turnstile(database, "recompute", _LEASE_S)

    async def run(self) -> None:
        """Look for the hour until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            try:
                await self.once(now())
            except Exception:
                log.exception("recomputing stopped for now")

    async def once(self, at: datetime) -> bool:
        """Recompute if it is due and nobody else does; say whether it was done."""
        if not await self._due(at) or not await self._turnstile.take():
            return False
        renewing = asyncio.create_task(self._renew())
        try:
            if not await self._due(at):  # another process was quicker
                return False
            await self._work()
            return True
        finally:
            renewing.cancel()
            await self._turnstile.give_back()

    async def _due(self, at: datetime) -> bool:
        """Whether the last quiet hour has passed without having been used."""
        local = at.astimezone(self._zone)
        hour = local.replace(hour=self._hour, minute=0, second=0, microsecond=0)
        if local < hour:
            hour -= timedelta(days=1)
        async with self._database.read() as session:
            done = await session.scalar(select(func.max(Yardstick.at)))
        return done is None or done < hour

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._turnstile.renew_s)
            await self._turnstile.take()


def recompute_command() -> None:
    """Learn anew from all orders: what to offer, segments, value and future of customers."""
    from db.migrate import migrate  # noqa: PLC0415 - keeps `sapa --help` fast

    settings = load_settings()
    migrate(settings.database)
    try:
        rules = load_segment_rules(rule_files(settings))
        offers = load_offer_rules(rule_files(settings))
    except BadRules as error:
        _refuse(error)
    for report in asyncio.run(_recompute(settings, rules, offers)):
        typer.echo(report)


def check_command(
    *, quiet: Annotated[bool, typer.Option(help="Say nothing if all is well.")] = False
) -> None:
    """Test the rule files of customers and offers; name file, line and reason of a mistake."""
    settings = load_settings()
    files = RuleFiles(settings.crm_content_dir)
    try:
        load_segment_rules(files)
        load_offer_rules(files)
        OfferContent.load(files)
    except (BadRules, OSError) as error:
        _refuse(error)
    if not quiet:
        typer.echo(f"all well in {files.folder}")


async def _recompute(
    settings: Settings, rules: SegmentRules, offers: OfferRules
) -> tuple[str, ...]:
    database = Database(settings.database)
    try:
        return await recompute(database, rules, offers)
    finally:
        await database.close()


def _refuse(error: Exception) -> NoReturn:
    typer.echo(str(error), err=True)
    raise typer.Exit(1) from error
