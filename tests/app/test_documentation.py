import re
from pathlib import Path

from app.cli import sapa
from settings import PROJECT_DIR, Settings

OPERATING = (PROJECT_DIR / "docs" / "operating.md").read_text(encoding="utf-8")


def test_every_setting_is_documented_and_every_documented_setting_exists() -> None:
    documented = re.findall(r"^\| `SAPA_([A-Z0-9_]+)`", OPERATING, re.MULTILINE)

    assert sorted(name.lower() for name in documented) == sorted(Settings.model_fields)


def test_every_command_is_documented_and_every_documented_command_exists() -> None:
    documented = re.findall(r"^\| `sapa ([a-z]+)`", OPERATING, re.MULTILINE)
    commands = {
        command.name or (command.callback.__name__ if command.callback else "")
        for command in sapa.registered_commands
    } | {group.name for group in sapa.registered_groups}

    assert sorted(documented) == sorted(str(name) for name in commands)


def test_every_file_that_the_docs_point_to_is_there() -> None:
    pages = [PROJECT_DIR / "README.md", *(PROJECT_DIR / "docs").rglob("*.md")]
    missing = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]

    assert missing == []


def test_every_path_in_the_architecture_is_there() -> None:
    text = (PROJECT_DIR / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_]+/[a-z_/.]*[a-z_]\.(?:py|yml|js|md))", text))

    assert [path for path in sorted(named) if not Path(PROJECT_DIR, path).exists()] == []
