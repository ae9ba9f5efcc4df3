"""What the `sapa` command says where nothing is set up yet."""

import sys
from pathlib import Path

import pytest

from app.cli import main

_NOT_SET_UP = "the database is not set up, or is older than this Sapa; run: sapa migrate"


@pytest.mark.parametrize("words", [["knowledge", "history", "payment-cod"], ["agents", "list"]])
def test_a_command_on_a_database_without_tables_says_what_to_run(
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SAPA_DEMO", "true")
    monkeypatch.setenv("SAPA_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setattr(sys, "argv", ["sapa", *words])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 1
    assert _NOT_SET_UP in capsys.readouterr().err


def test_other_errors_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("table does not exist")

    monkeypatch.setattr("app.cli.sapa", fail)

    with pytest.raises(RuntimeError):
        main()
