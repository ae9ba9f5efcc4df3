# ruff: noqa: PLC0415 - keeps `sapa --help` fast
"""The command `sapa privacy`: when somebody asks for their data, or it leaked."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar
from zoneinfo import ZoneInfo

import typer

from settings import Settings, load_settings

if TYPE_CHECKING:
    from channels.message import Lang
    from db.engine import Database

privacy_commands = typer.Typer(no_args_is_help=True)

Done = TypeVar("Done")

Whose = Annotated[
    str, typer.Argument(metavar="CUSTOMER", help="Customer id, phone number or e-mail.")
]
Proofs = Annotated[list[str], typer.Option(help="Twice.")]
Thread = Annotated[
    str, typer.Option(help="Instead of a customer: the id of somebody's conversation.")
]


@privacy_commands.command()
def export(
    customer: Whose = "",
    conversation: Thread = "",
    to: Annotated[Path, typer.Option(help="The ZIP file to write.")] = Path("export.zip"),
    lang: Annotated[str, typer.Option(help="id or en")] = "id",
) -> None:
    """Write all that is known of a person: data.json, a text to read, and their files."""
    from privacy.export import Exports
    from privacy.words import PrivacyWords

    settings = load_settings()

    async def run(database: "Database") -> None:
        exports = Exports(database, PrivacyWords.load(settings.timezone), settings.files_dir)
        spoken: Lang = "en" if lang == "en" else "id"
        if conversation:
            made = await exports.conversation(conversation, spoken)
        else:
            made = await exports.customer(await _one(database, customer), spoken)
        await asyncio.to_thread(to.write_bytes, made.as_zip())

    _with_database(settings, run)
    typer.echo(f"written: {to}")


@privacy_commands.command()
def erase(
    customer: Whose = "",
    conversation: Thread = "",
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Forget a person for good; orders and invoices stay for the books, without them."""
    from privacy.erasure import Erased, Erasure
    from privacy.requests import ErasureRequests

    settings = load_settings()
    if not yes:
        typer.confirm("This cannot be undone. Erase?", abort=True)

    async def run(database: "Database") -> Erased | None:
        requests = ErasureRequests(database, Erasure(database, settings.files_dir))
        whose = None if conversation else await _one(database, customer)
        wish = await requests.ask(
            source="command", customer_id=whose, conversation_id=conversation or None, at_once=True
        )
        return await requests.now(wish)

    erased = _with_database(settings, run)
    if erased is None or not erased.rows:
        typer.echo("nobody was found", err=True)
        raise typer.Exit(1)
    typer.echo(
        f"erased {sum(erased.rows.values())} rows and {erased.files} files; kept for the books "
        f"without the person: {sum(erased.kept.values())} rows"
    )


@privacy_commands.command()
def retention(
    *, dry: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False
) -> None:
    """Forget what has been kept long enough; runs by itself once an hour."""
    from privacy.erasure import Erasure
    from privacy.retention import Retention, default_days

    settings = load_settings()
    days = default_days() | settings.retention_days

    async def run(database: "Database") -> dict[str, int]:
        erasure = Erasure(database, settings.files_dir)
        return dict(await Retention(database, erasure, days).once(dry=dry))

    for name, count in _with_database(settings, run).items():
        typer.echo(f"{name}: {count} older than {days[name]} days")


@privacy_commands.command()
def breach(
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"])],
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"])] = None,
    discovered: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"])
    ] = None,
) -> None:
    """List as CSV whose data was touched in a time span (the shop's time), or all until then.

    Says on standard error until when they and the authority must be told: 3 x 24 hours.
    """
    from db.base import now
    from privacy.breach import TELL_WITHIN, Affected, affected_by
    from spreadsheets.writing import write_records

    settings = load_settings()
    zone = ZoneInfo(settings.timezone)
    start = since.replace(tzinfo=zone) if since else None
    end = until.replace(tzinfo=zone)
    if start is not None and end < start:
        typer.echo("--until is before --since", err=True)
        raise typer.Exit(2)

    async def run(database: "Database") -> list[Affected]:
        return await affected_by(database, start, end)

    people = _with_database(settings, run)
    rows = [
        (
            one.customer_id or "",
            one.name,
            one.phone or "",
            one.email or "",
            "; ".join(one.channels),
            json.dumps(one.data),
        )
        for one in people
    ]
    write_records(
        sys.stdout, [("customer_id", "name", "phone", "email", "channels", "data"), *rows]
    )
    known = discovered.replace(tzinfo=zone) if discovered else now()
    told_by = (known + TELL_WITHIN).astimezone(zone)
    limit = f"{told_by:%Y-%m-%d %H:%M %Z}"
    typer.echo(f"{len(people)} people; tell them and the authority by {limit}", err=True)


@privacy_commands.command()
def merge(order: Proofs, contact: Proofs) -> None:
    """Make one customer of two: `--order`, `--contact` of who stays, then again of the other.

    Both prove it as in the chat, by an order number and a whole phone number or e-mail.
    """
    from crm.customers import Customers
    from crm.profile.merging import CannotMerge, Merging
    from crm.proofs import Attempt, Lockout, LookupLocked, NotProven
    from db.base import new_id

    settings = load_settings()
    if len(order) != len(contact) or len(order) != 2:  # noqa: PLR2004 - two people
        typer.echo("give --order and --contact twice: of who stays, then of the other", err=True)
        raise typer.Exit(2)

    async def run(database: "Database") -> str:
        customers = Customers(database, Lockout(database, settings.proof_tries_per_hour))
        both = [
            await customers.identify(Attempt("command", new_id(), network=""), whole, number)
            for number, whole in zip(order, contact, strict=True)
        ]
        proof = "an order and a whole contact of each"
        return await Merging(database).merge(both[0], both[1], proof)

    try:
        made = _with_database(settings, run)
    except (NotProven, LookupLocked, CannotMerge) as error:
        typer.echo(f"not merged: {error or type(error).__name__}", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"merged; to part them again: sapa privacy part {made}")


@privacy_commands.command()
def part(merge_id: Annotated[str, typer.Argument(metavar="MERGE")]) -> None:
    """Undo a merge: both as they were, what came later with whose it is."""
    from crm.profile.merging import CannotMerge, Merging

    try:
        _with_database(load_settings(), lambda database: Merging(database).part(merge_id))
    except CannotMerge as error:
        typer.echo(f"not parted: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo("parted")


async def _one(database: "Database", contact: str) -> str:
    """Return the one customer with this id, phone or e-mail; stop if there is none, or several."""
    from crm.contacts import plain_contact
    from privacy.belongings import find_customer

    async with database.read() as session:
        found = await find_customer(session, contact) or await find_customer(
            session, plain_contact(contact)
        )
    if len(found) == 1:
        return found[0]
    several = f"{len(found)} customers have it: {', '.join(found)}; give the id"
    typer.echo(several if found else "nobody was found", err=True)
    raise typer.Exit(1)


def _with_database(settings: Settings, run: "Callable[[Database], Awaitable[Done]]") -> Done:
    from db.engine import Database
    from privacy.export import NobodyToExport

    async def work() -> Done:
        database = Database(settings.database)
        try:
            return await run(database)
        finally:
            await database.close()

    try:
        return asyncio.run(work())
    except NobodyToExport as error:
        typer.echo("nobody was found", err=True)
        raise typer.Exit(1) from error
