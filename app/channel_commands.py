"""`sapa channels …`: connect a channel, prove that it works, and see what went wrong."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Annotated, NoReturn

import httpx
import typer
import yaml

import channels
from app.failure_commands import drop, failures, retry
from channels.finding import Finding
from channels.telegram import check as telegram_check
from channels.telegram import webhook as telegram_webhook
from channels.telegram.bot_api import BotApi
from channels.telegram.check import BotSetup
from channels.whatsapp import check as whatsapp_check
from channels.whatsapp.check import Account
from channels.whatsapp.webhook import WebhookAccess
from settings import Settings, load_settings

channel_commands = typer.Typer(no_args_is_help=True)

_PATHS = {"whatsapp": "/channels/whatsapp/webhook", "telegram": telegram_webhook.PATH}
_CONTENT = Path(str(channels.__file__)).parent / "content"
_WORDS = {"whatsapp": "check.yml", "telegram": "check_telegram.yml"}
_ENV = Path(".env")
_Lang = Annotated[str, typer.Option(help="id or en")]


@channel_commands.command(name="check")
def check_channels(
    channel: Annotated[str, typer.Argument(help="whatsapp or telegram; all if none")] = "",
    url: Annotated[str, typer.Option(help="The webhook's public address.")] = "",
    lang: _Lang = "id",
) -> None:
    """Prove the configuration of the channels, and print the next step."""
    settings = _settings()
    if lang not in ("id", "en"):
        _stop("--lang is id or en")
    if channel and channel not in _PATHS:
        _stop(f"a channel is one of {', '.join(_PATHS)}")
    begun = [channel] if channel else _begun(settings)
    if not begun:
        _stop("no channel is set up; run: sapa channels add whatsapp, or: … add telegram")
    good = [asyncio.run(_check(name, settings, url, lang)) for name in begun]
    if not all(good):
        raise typer.Exit(1)


def _begun(settings: Settings) -> list[str]:
    """Name the channels for which something is set, also half of it."""
    whatsapp = (
        settings.whatsapp_phone_number_id,
        settings.whatsapp_token.get_secret_value(),
        settings.whatsapp_app_secret.get_secret_value(),
    )
    telegram = (settings.telegram_token.get_secret_value(), settings.telegram_webhook_url)
    return [name for name, set_ in (("whatsapp", whatsapp), ("telegram", telegram)) if any(set_)]


async def _check(channel: str, settings: Settings, url: str, lang: str) -> bool:
    here = url or f"http://{settings.host}:{settings.port}{_PATHS[channel]}"
    words = yaml.safe_load((_CONTENT / _WORDS[channel]).read_text(encoding="utf-8"))
    bot = ""
    async with httpx.AsyncClient(timeout=10) as http:
        checks = _of_whatsapp if channel == "whatsapp" else _of_telegram
        async for finding in checks(settings, here, http):
            bot = finding.detail if finding.key == "bot" else bot
            text = words[finding.key]["good" if finding.good else "next"][lang]
            typer.echo(f"{'ok ' if finding.good else '-> '}{text.format(detail=finding.detail)}")
            if not finding.good:
                return False
    typer.echo(words["done"][lang].format(url=url or f"https://…{_PATHS[channel]}", bot=bot))
    return True


def _of_whatsapp(settings: Settings, url: str, http: httpx.AsyncClient) -> AsyncIterator[Finding]:
    access = WebhookAccess(
        settings.whatsapp_app_secret.get_secret_value(),
        settings.whatsapp_verify_token.get_secret_value(),
        settings.whatsapp_phone_number_id,
    )
    account = Account(
        settings.whatsapp_api_url,
        settings.whatsapp_token.get_secret_value(),
        settings.whatsapp_account_id,
        settings.whatsapp_template,
    )
    return whatsapp_check.check(access, account, url, http)


async def _of_telegram(
    settings: Settings, url: str, http: httpx.AsyncClient
) -> AsyncIterator[Finding]:
    setup = BotSetup(
        settings.telegram_token.get_secret_value(),
        settings.telegram_webhook_url,
        settings.telegram_webhook_secret.get_secret_value(),
    )
    api = BotApi(settings.telegram_api_url, setup.token)
    try:
        async for finding in telegram_check.check(setup, api, url, http):
            yield finding
    finally:
        await api.close()


@channel_commands.command()
def add(channel: Annotated[str, typer.Argument(help="whatsapp or telegram")]) -> None:
    """Ask for what a channel needs, and write it to .env."""
    if channel not in _PATHS:
        _stop(f"a channel is one of {', '.join(_PATHS)}")
    values, notes = _asked_for_whatsapp() if channel == "whatsapp" else _asked_for_telegram()
    _write_env({name: value.strip() for name, value in values.items()})
    typer.echo(f"written to {_ENV.resolve()}, readable by its owner only")
    for note in notes:
        typer.echo(note)
    typer.echo(f"next: restart `sapa serve`, then run `sapa channels check {channel}`")


def _asked_for_whatsapp() -> tuple[dict[str, str], list[str]]:
    token = secrets.token_urlsafe(32)
    values = {
        "SAPA_WHATSAPP_PHONE_NUMBER_ID": typer.prompt("Phone number ID"),
        "SAPA_WHATSAPP_ACCOUNT_ID": typer.prompt("WhatsApp Business Account ID", default=""),
        "SAPA_WHATSAPP_TOKEN": typer.prompt("Access token of a system user", hide_input=True),
        "SAPA_WHATSAPP_APP_SECRET": typer.prompt("App secret", hide_input=True),
        "SAPA_WHATSAPP_TEMPLATE": typer.prompt("Template for a shut window", default=""),
        "SAPA_WHATSAPP_VERIFY_TOKEN": token,
    }
    return values, [f"verify token for Meta's dashboard: {token}"]


def _asked_for_telegram() -> tuple[dict[str, str], list[str]]:
    """Telegram is told the secret by us, so nobody has to see it."""
    values = {
        "SAPA_TELEGRAM_TOKEN": typer.prompt("Token from @BotFather", hide_input=True),
        "SAPA_TELEGRAM_WEBHOOK_URL": typer.prompt(
            f"Public https://…{telegram_webhook.PATH} (empty: none is needed)", default=""
        ),
        "SAPA_TELEGRAM_WEBHOOK_SECRET": secrets.token_urlsafe(32),
    }
    return values, []


def _write_env(values: Mapping[str, str]) -> None:
    """Replace these lines of .env, keep all others."""
    before = _ENV.read_text(encoding="utf-8").splitlines() if _ENV.exists() else []
    kept = [line for line in before if line.partition("=")[0].strip() not in values]
    lines = [*kept, *(f"{name}={value}" for name, value in values.items() if value)]
    descriptor = os.open(_ENV, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    _ENV.chmod(0o600)


for command in (failures, retry, drop):
    channel_commands.command()(command)


def _settings() -> Settings:
    try:
        return load_settings()
    except ValueError as error:
        _stop(f"the settings are wrong: {error}")


def _stop(text: str) -> NoReturn:
    typer.echo(f"sapa: {text}", err=True)
    raise typer.Exit(1)
