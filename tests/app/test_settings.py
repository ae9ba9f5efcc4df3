from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import ValidationError

from settings import Settings, UnsafeSettings, _kept_secret, load_settings

SAFE = {
    "secret_key": "k" * 32,
    "rasa_token": "t" * 32,
    "sites": {"shop": {"name": "Toko", "origins": ["https://shop.example.com"]}},
}


def _settings(tmp_path: Path, **values: object) -> Settings:
    return Settings(_env_file=None, data_dir=tmp_path, **values)  # type: ignore[arg-type,call-arg]


def test_serving_without_secrets_is_refused_and_says_which_are_missing(tmp_path: Path) -> None:
    with pytest.raises(UnsafeSettings, match="SAPA_SECRET_KEY, SAPA_RASA_TOKEN, SAPA_SITES"):
        _settings(tmp_path).require_for_serving()


def test_a_telegram_webhook_without_a_secret_is_refused(tmp_path: Path) -> None:
    webhook = {"telegram_webhook_url": "https://shop.example.com/channels/telegram/webhook"}
    with pytest.raises(UnsafeSettings, match=r"not set: SAPA_TELEGRAM_WEBHOOK_SECRET\."):
        _settings(tmp_path, **SAFE, **webhook).require_for_serving()


@pytest.mark.parametrize(
    ("half", "words"),
    [
        ({"orders_url": "https://shop.example.com/api"}, "set both, or none"),
        ({"orders_token": "t"}, "set both, or none"),
        ({"orders_url": "shop.example.com", "orders_token": "t"}, "must be an http"),
    ],
)
def test_half_an_order_api_is_refused(tmp_path: Path, half: dict[str, str], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        _settings(tmp_path, **half)


def test_serving_with_everything_set_is_allowed(tmp_path: Path) -> None:
    _settings(tmp_path, **SAFE).require_for_serving()


@pytest.mark.parametrize(
    ("unsafe", "words"),
    [
        ({"secret_key": "short"}, "SAPA_SECRET_KEY is shorter"),
        ({"rasa_token": "short"}, "SAPA_RASA_TOKEN is shorter"),
        ({"sites": {"shop": {"name": "Toko", "origins": ["*"]}}}, "allows every origin"),
        (
            {"sites": {"shop": {"name": "Toko", "origins": [], "identity_secret": "short"}}},
            "identity_secret is shorter",
        ),
    ],
)
def test_an_unsafe_value_is_refused_outside_demo_mode(
    tmp_path: Path, unsafe: dict[str, object], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        _settings(tmp_path, **{**SAFE, **unsafe})


def test_the_demo_makes_its_secrets_once_and_only_its_owner_can_read_them(tmp_path: Path) -> None:
    first, again = (_settings(tmp_path, demo=True) for _ in range(2))

    assert first.secret_key == again.secret_key
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
    assert list(first.sites) == ["demo"]


def test_a_secret_may_come_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "key"
    secret.write_text("k" * 40 + "\n")
    monkeypatch.chdir(tmp_path)

    settings = load_settings({"SAPA_SECRET_KEY_FILE": str(secret)})

    assert settings.secret_key.get_secret_value() == "k" * 40


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgresql://a:b@db/sapa", "postgresql+psycopg://a:b@db/sapa"),
        ("postgres://a:b@db/sapa", "postgresql+psycopg://a:b@db/sapa"),
        ("postgresql+psycopg://db/sapa", "postgresql+psycopg://db/sapa"),
        ("sqlite:////srv/sapa.db", "sqlite+aiosqlite:////srv/sapa.db"),
    ],
)
def test_a_usual_database_url_gets_our_driver(tmp_path: Path, given: str, used: str) -> None:
    assert _settings(tmp_path, database_url=given).database == used


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("http://127.0.0.1:5005", ("http://127.0.0.1:5005",)),
        ("http://a:5005/, http://b:5005", ("http://a:5005", "http://b:5005")),
        ('["http://a:5005", "http://b:5005", "http://a:5005"]', ("http://a:5005", "http://b:5005")),
    ],
)
def test_one_rasa_or_several_can_be_named(tmp_path: Path, given: str, used: tuple[str]) -> None:
    assert _settings(tmp_path, rasa_url=given).rasa_urls == used


@pytest.mark.parametrize("wrong", ["", "rasa-1:5005", "http://a:5005,b:5005"])
def test_a_rasa_address_that_cannot_be_is_refused(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(ValidationError, match="SAPA_RASA_URL must hold"):
        _settings(tmp_path, rasa_url=wrong)


def test_processes_that_start_together_make_one_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: _kept_secret(tmp_path / "key"), range(8)))

    assert len(set(made)) == 1
    assert len(made[0]) >= 32
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
