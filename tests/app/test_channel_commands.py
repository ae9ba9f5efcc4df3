import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.channel_commands import channel_commands
from bench.serving import free_port
from db.migrate import migrate
from settings import load_settings

ANSWERS = "106540352242922\n\nEAAtoken\nappsecret\n\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SAPA_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SAPA_DEMO", "true")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_adding_whatsapp_writes_what_the_settings_then_read(here: Path) -> None:
    env = here / ".env"
    env.write_text("SAPA_PORT=8123\nSAPA_WHATSAPP_TOKEN=old\n")

    result = CliRunner().invoke(channel_commands, ["add", "whatsapp"], input=ANSWERS)

    settings = load_settings()
    assert result.exit_code == 0, result.output
    assert (settings.port, settings.whatsapp_phone_number_id) == (8123, "106540352242922")
    assert settings.whatsapp_token.get_secret_value() == "EAAtoken"
    assert len(settings.whatsapp_verify_token.get_secret_value()) >= 32
    assert env.stat().st_mode & 0o777 == 0o600
    assert ("EAAtoken" in result.output, "appsecret" in result.output) == (False, False)


def test_adding_telegram_needs_a_token_and_no_address(here: Path) -> None:
    result = CliRunner().invoke(channel_commands, ["add", "telegram"], input="1:AAtoken\n\n")

    settings = load_settings()
    assert result.exit_code == 0, result.output
    assert (settings.telegram_token.get_secret_value(), settings.telegram_webhook_url) == (
        "1:AAtoken",
        "",
    )
    assert len(settings.telegram_webhook_secret.get_secret_value()) >= 32
    assert "AAtoken" not in result.output
    assert result.output.endswith("then run `sapa channels check telegram`\n")


def test_the_check_of_telegram_says_what_to_set(here: Path) -> None:
    result = CliRunner().invoke(channel_commands, ["check", "telegram", "--lang", "en"])

    assert result.exit_code == 1
    assert result.output.startswith("-> Set SAPA_TELEGRAM_TOKEN (run `sapa channels add telegram`)")


def test_a_channel_nobody_knows_is_refused(here: Path) -> None:
    assert CliRunner().invoke(channel_commands, ["add", "smoke"]).exit_code == 1
    assert not (here / ".env").exists()


def test_the_check_of_nothing_says_what_to_set(here: Path) -> None:
    result = CliRunner().invoke(channel_commands, ["check", "--lang", "en"])

    assert result.exit_code == 1
    assert result.output == (
        "sapa: no channel is set up; run: sapa channels add whatsapp, or: … add telegram\n"
    )


def test_the_check_of_half_a_channel_says_what_is_missing(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAPA_WHATSAPP_TOKEN", "EAAtoken")
    result = CliRunner().invoke(channel_commands, ["check", "--lang", "en"])

    assert result.exit_code == 1
    assert result.output.startswith(
        "-> Set SAPA_WHATSAPP_PHONE_NUMBER_ID, SAPA_WHATSAPP_APP_SECRET,"
    )


@pytest.mark.parametrize(("channel", "host"), [
    ("whatsapp", "graph.facebook.com"), ("telegram", "api.telegram.org")
])  # fmt: skip
def test_without_a_network_nobody_is_sent_to_get_another_token(
    here: Path, monkeypatch: pytest.MonkeyPatch, channel: str, host: str
) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    for name in ("PHONE_NUMBER_ID", "TOKEN", "APP_SECRET", "VERIFY_TOKEN"):
        monkeypatch.setenv(f"SAPA_WHATSAPP_{name}", "1")
    monkeypatch.setenv("SAPA_WHATSAPP_API_URL", nobody)
    monkeypatch.setenv("SAPA_TELEGRAM_TOKEN", "1:AAtoken")
    monkeypatch.setenv("SAPA_TELEGRAM_API_URL", nobody)
    result = CliRunner().invoke(channel_commands, ["check", channel, "--lang", "en"])

    assert result.exit_code == 1
    assert "cannot be reached from this server (ConnectError). Check internet" in result.output
    assert f"https to {host} has to be let out" in result.output
    assert ("BotFather" in result.output, "AAtoken" in result.output) == (False, False)


def test_where_nothing_went_wrong_no_failures_are_listed(here: Path) -> None:
    migrate(load_settings().database)

    assert CliRunner().invoke(channel_commands, ["failures"]).output == "none\n"


def test_failures_are_listed_tried_again_and_put_away(here: Path) -> None:
    url = load_settings().database
    migrate(url)
    with closing(sqlite3.connect(here / "sapa.db")) as database, database:
        for name in ("a1", "b2"):
            database.execute(
                "INSERT INTO inbox (id, channel, source_id, received_at, status, error, tries)"
                " VALUES (?, 'whatsapp', ?, '2026-11-01 10:00:00', 'parked', 'TypeError', 5)",
                [name, name],
            )

    def run(*words: str) -> str:
        return CliRunner().invoke(channel_commands, [*words]).output

    assert run("failures").splitlines() == [
        f"event {name} 2026-11-01 10:00 whatsapp TypeError" for name in ("a1", "b2")
    ]
    assert run("retry", "a1") == "tried again: 1\n"
    assert run("drop", "a1") == "dropped: 0\n"
    assert run("drop", "--all") == "dropped: 1\n"
    assert run("failures") == "none\n"
