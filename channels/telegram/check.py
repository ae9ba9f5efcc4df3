"""Prove a Telegram configuration, one step after the other, and say what to do next."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from channels.finding import Finding, forgery_is_refused
from channels.message import DeliveryFailed
from channels.telegram.bot_api import BotApi
from channels.telegram.webhook import SECRET_HEADER

_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_PORTS = (443, 80, 88, 8443)


@dataclass(frozen=True, slots=True)
class BotSetup:
    """What the settings say; without a `webhook_url` we poll."""

    token: str
    webhook_url: str
    secret: str


async def check(
    setup: BotSetup, api: BotApi, url: str, http: httpx.AsyncClient
) -> AsyncIterator[Finding]:
    """Check settings, bot, the way updates come, and our webhook at `url`.

    Telegram is only asked, nothing is changed; what the webhook is sent carries no event. Stops
    where nothing follows. The finding "bot" tells the bot's name, which the link to it has.
    """
    missing = _missing(setup)
    yield Finding("settings", not missing, missing)
    if missing:
        return
    bot = await _asked(api, "getMe")
    if "away" in bot:
        yield Finding("network", good=False, detail=bot["away"])
        return
    yield Finding("bot", "username" in bot, str(bot.get("username") or bot.get("error")))
    if "username" not in bot:
        return
    info = await _asked(api, "getWebhookInfo")
    yield _way(setup, info)
    if setup.webhook_url:
        right, wrong = {SECRET_HEADER: setup.secret}, {SECRET_HEADER: setup.secret[::-1] + "x"}
        yield await forgery_is_refused("secret", url or setup.webhook_url, right, wrong, http)
    yield (
        Finding("groups", good=True) if bot.get("can_join_groups") else Finding("alone", good=True)
    )


def _missing(setup: BotSetup) -> str:
    """Name the settings that are missing or cannot be used."""
    wrong = [] if setup.token else ["SAPA_TELEGRAM_TOKEN"]
    if setup.webhook_url:
        url = urlsplit(setup.webhook_url)
        if url.scheme != "https" or (url.port or 443) not in _PORTS:
            wrong.append("SAPA_TELEGRAM_WEBHOOK_URL (https; port 443, 80, 88, 8443)")
        if not _SECRET.fullmatch(setup.secret):
            wrong.append("SAPA_TELEGRAM_WEBHOOK_SECRET (A-Z a-z 0-9 _ -)")
    return ", ".join(wrong)


async def _asked(api: BotApi, method: str) -> dict[str, Any]:
    try:
        found = await api.call(method)
    except DeliveryFailed as failure:
        # Without a code of Telegram's it was not Telegram who answered.
        return {"away" if failure.code is None else "error": str(failure)}
    return found if isinstance(found, dict) else {"error": "no JSON object"}


def _way(setup: BotSetup, info: dict[str, Any]) -> Finding:
    """Say how updates come, and whether Telegram sees it the same way."""
    if "away" in info:
        return Finding("network", good=False, detail=str(info["away"]))
    if "error" in info:
        return Finding("bot", good=False, detail=str(info["error"]))
    there, waiting = str(info.get("url") or ""), str(info.get("pending_update_count", 0))
    if not setup.webhook_url:
        elsewhere = urlsplit(there).hostname or there
        return Finding("polling-taken" if there else "polling", not there, elsewhere or waiting)
    if there != setup.webhook_url:
        return Finding("webhook", good=False, detail=there or "-")
    if trouble := info.get("last_error_message"):
        return Finding("webhook-fails", good=False, detail=f"{trouble} ({waiting})")
    return Finding("webhook", good=True, detail=f"{there} ({waiting})")
