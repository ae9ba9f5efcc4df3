import pytest
from pydantic import SecretStr

from app.pushing import pushing_channels
from db.engine import Database
from settings import Settings

NUMBER = {"whatsapp_phone_number_id": "1"}


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({}, []),
        (NUMBER, []),
        ({**NUMBER, "whatsapp_token": SecretStr("EAAtoken")}, ["whatsapp"]),
        ({"telegram_token": SecretStr("1:AAtoken")}, ["telegram"]),
    ],
)
async def test_a_channel_is_there_when_it_has_what_it_needs(
    settings: Settings, sqlite_database: Database, values: dict[str, object], names: list[str]
) -> None:
    pushing = pushing_channels(settings.model_copy(update=values), sqlite_database)

    found = (pushing.channels, pushing.sources, pushing.settle_s, pushing.files)
    assert [list(part) for part in found] == [names] * 4
    await pushing.close()
