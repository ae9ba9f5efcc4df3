from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from channels.telegram.arrival import introduce, set_webhook
from channels.telegram.bot_api import BotApi
from channels.telegram.check import BotSetup, check
from channels.telegram.webhook import PATH
from tests.channels.telegram.conftest import API
from tests.channels.telegram.double import TOKEN, TelegramDouble
from tests.channels.telegram.payloads import SECRET

HOOK = f"https://shop.example.com{PATH}"


async def _check(
    app: FastAPI, double: TelegramDouble, token: str = TOKEN, hook: str = "", secret: str = SECRET
) -> list[tuple[str, bool, str]]:
    api = BotApi(API, token, double.transport)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as http:
        return [
            (found.key, found.good, found.detail)
            async for found in check(BotSetup(token, hook, secret), api, "", http)
        ]


async def test_a_right_configuration_is_good_at_every_step(app: FastAPI) -> None:
    assert await _check(app, TelegramDouble()) == [
        ("settings", True, ""),
        ("bot", True, "toko_laras_bot"),
        ("polling", True, "0"),
        ("groups", True, ""),
    ]


async def test_a_right_webhook_is_good_at_every_step(app: FastAPI) -> None:
    double = TelegramDouble()
    await set_webhook(BotApi(API, TOKEN, double.transport), HOOK, SECRET)

    assert await _check(app, double, hook=HOOK) == [
        ("settings", True, ""),
        ("bot", True, "toko_laras_bot"),
        ("webhook", True, f"{HOOK} (0)"),
        ("secret", True, ""),
        ("groups", True, ""),
    ]


@pytest.mark.parametrize(
    ("wrong", "there", "bad"),
    [
        ({"token": ""}, "", ("settings", "SAPA_TELEGRAM_TOKEN")),
        ({"hook": HOOK, "secret": ""}, HOOK,
         ("settings", "SAPA_TELEGRAM_WEBHOOK_SECRET (A-Z a-z 0-9 _ -)")),
        ({"hook": "http://shop.example.com"}, "",
         ("settings", "SAPA_TELEGRAM_WEBHOOK_URL (https; port 443, 80, 88, 8443)")),
        ({"token": "1:old"}, "", ("bot", "Telegram 401: Unauthorized")),
        ({}, "https://old.example.com/hook", ("polling-taken", "old.example.com")),
        ({"hook": HOOK}, "", ("webhook", "-")),
        ({"hook": HOOK, "secret": "another"}, HOOK, ("secret", "403, 403")),
    ],
)  # fmt: skip
async def test_a_wrong_configuration_says_where_it_is_wrong(
    app: FastAPI, wrong: dict[str, Any], there: str, bad: tuple[str, str]
) -> None:
    found = await _check(app, TelegramDouble(webhook={"url": there}), **wrong)

    assert next((key, detail) for key, good, detail in found if not good) == bad


async def test_a_webhook_that_telegram_cannot_reach_says_why(app: FastAPI) -> None:
    double = TelegramDouble(webhook={"url": HOOK, "last_error_message": "SSL error"})
    found = await _check(app, double, hook=HOOK)

    assert ("webhook-fails", False, "SSL error (0)") in found


async def test_a_server_that_lets_everybody_in_is_found_out(app: FastAPI) -> None:
    open_door = FastAPI()

    @open_door.post(PATH)
    def welcome() -> dict[str, str]:
        return {}

    found = await _check(open_door, TelegramDouble(webhook={"url": HOOK}), hook=HOOK)

    assert ("secret", False, "200, 200") in found


async def test_the_bot_tells_telegram_its_commands_and_where_updates_go() -> None:
    double = TelegramDouble()
    api = BotApi(API, TOKEN, double.transport)
    await introduce(api)
    await set_webhook(api, HOOK, "")
    await set_webhook(api, HOOK, SECRET)

    (name, english), (_, indonesian), *rest = double.calls
    assert (name, english["commands"][1]["command"]) == ("setMyCommands", "help")
    assert indonesian["language_code"] == "id"
    assert [(method, fields["secret_token"]) for method, fields in rest] == [("setWebhook", SECRET)]
