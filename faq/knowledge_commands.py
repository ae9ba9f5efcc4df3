# ruff: noqa: PLC0415 - what needs the model is imported when a command runs
"""The commands `sapa knowledge …`, with which the shop owner looks after the articles.

`sapa --help` must answer at once, so nothing heavy is imported before a command runs.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from faq.exchange.commands import Knowledge, export_to, import_from
from settings import load_settings

if TYPE_CHECKING:
    from faq.archive import Edition
    from faq.build import Built
    from faq.publishing import Changes
    from faq.sheet import Outcome

knowledge_commands = typer.Typer(help="Look after the articles.", no_args_is_help=True)

knowledge_commands.command("export")(export_to)
knowledge_commands.command("import")(import_from)

Index = Annotated[Path | None, typer.Option("--index", help="Folder of the index.")]
Strict = Annotated[bool, typer.Option("--strict", help="Asking back counts as wrong too.")]

_WRONG, _UNUSABLE = 1, 2  # exit codes: some answer is wrong; nothing could be tried


@knowledge_commands.command("check")
def check_articles(
    folder: Annotated[Path | None, typer.Argument(help="Default: SAPA_KNOWLEDGE_DIR.")] = None,
) -> None:
    """Say what keeps the articles from being published, one `file:line: reason` each."""
    from faq.knowledge import check

    articles, faults = check(folder or load_settings().knowledge_dir)
    for fault in faults:
        typer.echo(str(fault))
    if faults:
        raise typer.Exit(1)
    topics = len({article.topic for article in articles})
    typer.echo(f"{len(articles)} articles over {topics} topics, no faults")


@knowledge_commands.command("test")
def try_articles(
    sheet: Annotated[Path, typer.Argument(metavar="SHEET.csv", exists=True, dir_okay=False)],
    knowledge: Knowledge = None,
    index: Index = None,
    *,
    strict: Strict = False,
) -> None:
    """Try the articles as they stand, before publishing: columns question, article, lang.

    Ends with 0 if every row is right, 1 if one is wrong, 2 if there is nothing to try.
    """
    from faq.knowledge import BrokenKnowledge, load_articles
    from faq.publishing import Changes, draft, in_use
    from faq.sheet import BadSheet

    settings = load_settings()
    try:
        articles = load_articles(knowledge or settings.knowledge_dir)
        before = in_use(index or settings.faq_dir)
        built = draft(articles, before, settings.faq_model)
        outcomes = _tried(sheet, built, before)
    except (BrokenKnowledge, BadSheet, OSError) as error:
        _stop(str(error), _UNUSABLE)
    if before is None:
        typer.echo("nothing has been published yet")
    else:
        _show_changes(Changes.between(before.articles, articles))
    if _show(outcomes, strict=strict):
        raise typer.Exit(_WRONG)


@knowledge_commands.command("publish")
def publish_articles(
    sheet: Annotated[
        Path | None,
        typer.Option("--sheet", help="Publish only if this test sheet passes.", exists=True),
    ] = None,
    knowledge: Knowledge = None,
    index: Index = None,
    *,
    strict: Strict = False,
) -> None:
    """Put the articles into use; a running Sapa takes them up by itself.

    If an article has a fault or the sheet fails, nothing changes.
    """
    from faq.knowledge import BrokenKnowledge
    from faq.publishing import Refused, publish
    from faq.sheet import BadSheet

    def approve(built: "Built", before: "Built | None") -> None:
        if sheet is not None and _show(_tried(sheet, built, before), strict=strict):
            raise Refused("the test sheet fails")

    settings = load_settings()
    folder = index or settings.faq_dir
    try:
        publication = publish(
            knowledge or settings.knowledge_dir, folder, settings.faq_model, approve=approve
        )
    except (BrokenKnowledge, BadSheet, Refused, OSError) as error:
        _stop(f"{error}\nNothing was published; the answers in use stay as they are.")
    _show_changes(publication.changes)
    done = "published" if publication.fresh else "in use already"
    typer.echo(f"{len(publication.built.articles)} articles {done}")


@knowledge_commands.command("history")
def show_history(
    article: Annotated[str, typer.Argument(help="The id of an article.")],
    version: Annotated[str | None, typer.Option(help="Show what this version said.")] = None,
) -> None:
    """Show every version of an article that was ever in use, as messages name it."""
    editions = asyncio.run(_editions(article))
    wanted = [each for each in editions if version in (None, each.article.version)]
    if not wanted:
        _stop(f"no {article!r}{f' {version}' if version else ''} was ever in use")
    for each in wanted:
        typer.echo(f"{each.article.version}  since {each.first_used_at:%Y-%m-%d %H:%M} UTC")
        if version:
            for lang, text in each.article.texts.items():
                typer.echo(f"\n[{lang}] {text.title}\n{text.answer}")


async def _editions(article: str) -> "list[Edition]":
    from db.engine import Database
    from faq.archive import Archive

    database = Database(load_settings().database)
    try:
        return await Archive(database).history(article)
    finally:
        await database.close()


def _tried(sheet: Path, built: "Built", before: "Built | None") -> "list[Outcome]":
    from faq.engine import FaqEngine, encoder_of
    from faq.sheet import read_sheet, try_out

    cases = read_sheet(sheet, {article.id for article in built.articles})
    now = FaqEngine(built, encoder_of(built.model))
    old = FaqEngine(before, encoder_of(before.model)) if before else None
    return try_out(cases, now, old)


def _show(outcomes: "Sequence[Outcome]", *, strict: bool) -> bool:
    """Print every row, and say whether any of them is wrong."""
    from faq.sheet import described

    fails = {"wrong", "asks"} if strict else {"wrong"}
    for one in outcomes:
        line = f"{one.verdict:5}  {one.case.line:>4}  {one.case.question}"
        if one.verdict != "ok":
            line += f"\n             expected {one.case.article or 'no answer'}"
            line += f", but {described(one.found)}"
        if one.has_changed and one.before:
            line += f"\n             changed: so far it {described(one.before)}"
        typer.echo(line)
    counts = [f"{sum(o.verdict == v for o in outcomes)} {v}" for v in ("ok", "asks", "wrong")]
    changed = sum(one.has_changed for one in outcomes)
    typer.echo(f"{len(outcomes)} questions: {', '.join(counts)}; {changed} changed")
    return any(one.verdict in fails for one in outcomes)


def _show_changes(changes: "Changes") -> None:
    for word, ids in (
        ("new", changes.added),
        ("changed", changes.changed),
        ("removed", changes.removed),
    ):
        if ids:
            typer.echo(f"{word}: {', '.join(ids)}")
    if not changes:
        typer.echo("no article differs from what is in use")


def _stop(text: str, code: int = 1) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(code)
