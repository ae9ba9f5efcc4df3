"""The double speaks the Bot API as python-telegram-bot knows it, and so do our payloads."""

from typing import Any

import httpx
import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram import constants as limits
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, RetryAfter
from telegram.request import HTTPXRequest

from channels.telegram import bot_api, wording
from tests.channels.pictures import JPEG, PDF
from tests.channels.telegram.double import TOKEN, Refused, TelegramDouble
from tests.channels.telegram.payloads import BUDI, EXAMPLES, GROUP, example, text


def _bot(double: TelegramDouble, token: str = TOKEN) -> Bot:
    return Bot(token, request=_request(double), get_updates_request=_request(double))


def _request(double: TelegramDouble) -> HTTPXRequest:
    return HTTPXRequest(httpx_kwargs={"transport": double.transport})


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_every_example_is_an_update_that_the_library_understands(name: str) -> None:
    kind, item = next(iter(example(name).items()))
    update = Update.de_json({"update_id": 1, kind: item}, None)

    assert update is not None
    assert {kind} == set(update.to_dict()) - {"update_id"}
    assert update.effective_user is not None
    assert update.effective_user.id == BUDI


async def test_the_library_gets_updates_and_sends_through_the_double() -> None:
    double = TelegramDouble()
    bot = _bot(double)
    double.update(**text("halo"))
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Ya", callback_data="affirm")]])

    (update,) = await bot.get_updates(timeout=0, allowed_updates=["message"])
    sent = await bot.send_message(BUDI, "Mau?", reply_markup=keyboard)
    await bot.send_photo(BUDI, JPEG, caption="Ini", filename="a.jpeg")
    await bot.send_document(BUDI, PDF, filename="b.pdf")
    rest = await bot.get_updates(offset=update.update_id + 1, timeout=0)

    assert (update.message and update.message.text, sent.text, rest) == ("halo", "Mau?", ())
    assert [one.get("photo", one.get("document")) for one in double.sent[1:]] == [
        ("a.jpeg", "image/jpeg", JPEG),
        ("b.pdf", "application/pdf", PDF),
    ]
    assert (await bot.get_me()).username == "toko_laras_bot"
    assert await bot.set_webhook("https://shop.example.com/hook", secret_token="s")
    assert (await bot.get_webhook_info()).url == "https://shop.example.com/hook"
    with pytest.raises(Conflict):
        await bot.get_updates(timeout=0)


async def test_the_doubles_refusals_are_those_that_the_library_knows() -> None:
    double = TelegramDouble(blocked_by={5})
    bot = _bot(double)
    double.faults.append(Refused(429, "Too Many Requests: retry after 3", retry_after=3))
    cases: list[tuple[type[Exception], Any]] = [
        (RetryAfter, bot.send_message(BUDI, "halo")),
        (Forbidden, bot.send_message(5, "halo")),
        (Forbidden, bot.leave_chat(GROUP)),
        (BadRequest, bot.send_message(BUDI, "x" * 4097)),
        (BadRequest, bot.answer_callback_query("old")),
        (BadRequest, bot.get_file("nothing")),
        (InvalidToken, _bot(double, "1:wrong").get_me()),
    ]
    for refusal, wish in cases:
        with pytest.raises(refusal):
            await wish


def test_our_limits_are_those_that_the_library_knows() -> None:
    assert (
        wording.LONGEST_TEXT,
        wording.LONGEST_CAPTION,
        wording._LONGEST_DATA,
        bot_api._LARGEST_DOWNLOAD,
    ) == (
        limits.MessageLimit.MAX_TEXT_LENGTH,
        limits.MessageLimit.CAPTION_LENGTH,
        limits.InlineKeyboardButtonLimit.MAX_CALLBACK_DATA,
        limits.FileSizeLimit.FILESIZE_DOWNLOAD,
    )


async def test_a_plain_http_client_finds_no_bot_behind_a_wrong_token() -> None:
    async with httpx.AsyncClient(transport=TelegramDouble().transport) as client:
        answer = await client.post("https://api.telegram.org/botx/getMe", json={})
    assert answer.json()["ok"] is False
