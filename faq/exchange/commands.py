# ruff: noqa: PLC0415 - what is heavy is imported when a command runs
"""The commands `sapa knowledge export` and `import`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from settings import load_settings

Knowledge = Annotated[
    Path | None,
    typer.Option("--knowledge", help="Folder of articles; default: SAPA_KNOWLEDGE_DIR."),
]


class Format(StrEnum):
    """Forms an article may be written in besides YAML."""

    CSV = "csv"
    MD = "md"


def export_to(
    target: Annotated[Path, typer.Argument(help="A file for csv, a folder for md.")],
    form: Annotated[Format, typer.Option("--format")] = Format.CSV,
    knowledge: Knowledge = None,
) -> None:
    """Write the articles as a table (csv) or as text (md), for editing elsewhere."""
    from faq.exchange.markdown import write_markdown
    from faq.exchange.table import write_table
    from faq.knowledge import BrokenKnowledge, read_folder

    reading = read_folder(knowledge or load_settings().knowledge_dir)
    try:
        if reading.found_faults():
            raise BrokenKnowledge(reading.found_faults())
        if form is Format.CSV:
            write_table(reading.articles, target)
        else:
            write_markdown(reading.articles, target)
    except (BrokenKnowledge, OSError) as error:
        typer.echo(f"{error}\nNothing was exported.", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"{len(reading.articles)} articles written to {target}")


def import_from(
    source: Annotated[Path, typer.Argument(help="A .csv or .md file, or a folder of .md files.")],
    knowledge: Knowledge = None,
) -> None:
    """Bring articles back into the folder: all, or none and what is wrong, by file and line."""
    from faq.exchange.importing import import_articles
    from faq.knowledge import BrokenKnowledge

    try:
        report = import_articles(source, knowledge or load_settings().knowledge_dir)
    except (BrokenKnowledge, OSError) as error:
        typer.echo(f"{error}\nNothing was imported.", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"{report}; to put them into use: sapa knowledge publish")
