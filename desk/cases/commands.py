"""The command `sapa scripts`: whether the scripts and ready replies can be used."""

from pathlib import Path

import typer

from crm.rule_files import BadRules, parse
from desk.cases.canned import CannedFile
from desk.cases.scripts import check
from settings import load_settings


def check_scripts() -> None:
    """Check the scripts and ready replies of CSRs; each mistake with file and line."""
    settings = load_settings()
    try:
        scripts = check(settings.scripts_dir)
        replies = parse(settings.canned_file, _text(settings.canned_file), CannedFile).replies
    except BadRules as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    except OSError as error:
        typer.echo(f"sapa: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{len(scripts)} scripts and {len(replies)} replies are in order")


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")
