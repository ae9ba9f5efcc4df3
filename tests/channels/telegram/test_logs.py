import logging

import httpx
import pytest
from structlog.testing import capture_logs

from app.logs import configure_logs
from channels.telegram.webhook import PATH, SECRET_HEADER
from settings import Settings
from tests.channels.telegram.conftest import Shop
from tests.channels.telegram.double import TOKEN, Refused
from tests.channels.telegram.payloads import BUDI, GROUP, SECRET, example, text

SECRET_WORDS = "rahasia saya"


async def test_what_goes_wrong_is_named_without_who_wrote_what(
    shop: Shop, client: httpx.AsyncClient
) -> None:
    shop.double.member_of.add(GROUP)
    with capture_logs() as logs:
        await client.post(PATH, json=text(SECRET_WORDS))
        answered = {"poll_answer": {"user": {"id": BUDI}}}
        await client.post(PATH, json=answered, headers={SECRET_HEADER: SECRET})
        await shop.receives(
            text(SECRET_WORDS),
            text(SECRET_WORDS, age_s=9 * 24 * 3600),
            example("location", location={"latitude": SECRET_WORDS}),
            example("group", text=SECRET_WORDS),
        )
        shop.double.faults.append(Refused(400, f"Bad Request: {BUDI} cannot be reached"))
        await shop.answers()

    assert sorted(line["event"] for line in logs) == [
        "event parked",
        "left a group or channel",
        "message not delivered",
        "update ignored",
        "update of long ago ignored",
        "webhook refused",
    ]
    hidden = (str(BUDI), str(GROUP), SECRET_WORDS, TOKEN)
    assert [word for word in hidden if word in repr(logs)] == []


async def test_the_token_is_in_no_log_although_it_is_in_every_address(
    shop: Shop, caplog: pytest.LogCaptureFixture, settings: Settings
) -> None:
    configure_logs(settings.model_copy(update={"log_level": "DEBUG"}))
    caplog.set_level(logging.INFO)
    await shop.receives(text("halo"))
    shop.double.faults.append(httpx.ReadTimeout("hangs"))
    await shop.answers()

    assert len(shop.called("sendChatAction")) == 1
    assert TOKEN not in caplog.text
