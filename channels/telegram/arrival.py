"""What a bot tells Telegram when it starts: its menu, and where updates go."""

import asyncio
from typing import Any

import structlog

from channels.message import DeliveryFailed
from channels.telegram.bot_api import BotApi
from channels.telegram.envelope import CHANNEL, KINDS
from channels.telegram.wording import command_menu

log = structlog.get_logger()

_LONGEST_PAUSE_S = 300.0


async def introduce(api: BotApi) -> None:
    """Put the commands into the bot's menu, in both languages."""
    scope = {"type": "all_private_chats"}
    await _insist(api, "setMyCommands", scope=scope, commands=command_menu("en"))
    await _insist(
        api, "setMyCommands", scope=scope, commands=command_menu("id"), language_code="id"
    )


async def set_webhook(api: BotApi, url: str, secret: str) -> None:
    """Let Telegram send updates to `url`; without a secret it would send to a shut door."""
    if not secret:
        log.error("no webhook without SAPA_TELEGRAM_WEBHOOK_SECRET", channel=CHANNEL)
        return
    await _insist(api, "setWebhook", url=url, secret_token=secret, allowed_updates=KINDS)


async def _insist(api: BotApi, method: str, **fields: Any) -> None:
    pause_s = 1.0
    while True:
        try:
            await api.call(method, **fields)
        except DeliveryFailed as failure:
            log.warning("Telegram refuses", channel=CHANNEL, method=method, reason=str(failure))
            if failure.permanent:
                return
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
            await asyncio.sleep(max(failure.retry_after_s, pause_s))
        else:
            return
