from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.actions import callbacks
from bot.actions.services import Services
from crm.tables import CallBack
from tests.bot.rehearsal import Rehearsal
from tests.crm.shop import SARI_ORDER, at_noon

JAKARTA = ZoneInfo("Asia/Jakarta")


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callbacks, "now", at_noon)


async def booked(services: Services) -> list[tuple[str, datetime]]:
    async with services.database.read() as session:
        rows = (await session.scalars(select(CallBack))).all()
    return [(row.phone, row.at) for row in rows]


async def test_number_and_time_in_words_book_a_call(talk: Rehearsal, services: Services) -> None:
    await talk.say("telepon saya dong", "callback_request")
    assert talk.sources == ["ask-phone"]
    await talk.say("0812-3456-7890", "inform")
    assert talk.sources == ["ask-callback_time"]
    await talk.say("besok jam 3 sore", "inform")

    assert talk.sources == ["callback-booked"]
    assert await booked(services) == [
        ("+6281234567890", datetime(2026, 11, 19, 15, 0, tzinfo=JAKARTA))
    ]


async def test_one_sentence_may_hold_it_all(talk: Rehearsal, services: Services) -> None:
    await talk.say("call me at 0812-3456-7890 tomorrow at 3 pm", "callback_request")

    assert talk.sources == ["callback-booked"]
    assert len(await booked(services)) == 1


async def test_outside_hours_the_nearest_slot_is_proposed_and_a_yes_books_it(
    talk: Rehearsal, services: Services
) -> None:
    await talk.say("telepon ke 0812-3456-7890 besok jam 6 pagi", "callback_request")
    assert talk.sources == ["callback-nearest"]
    assert await booked(services) == []
    await talk.tap("affirm")

    assert talk.sources == ["callback-booked"]
    assert await booked(services) == [
        ("+6281234567890", datetime(2026, 11, 19, 8, 0, tzinfo=JAKARTA))
    ]


async def test_another_time_replaces_the_proposal(talk: Rehearsal, services: Services) -> None:
    await talk.say("telepon ke 0812-3456-7890 besok jam 6 pagi", "callback_request")
    await talk.say("bukan, jam 10 pagi besok", "correct_slot")

    assert await booked(services) == [
        ("+6281234567890", datetime(2026, 11, 19, 10, 0, tzinfo=JAKARTA))
    ]


async def test_who_is_verified_may_use_the_number_on_file(
    talk: Rehearsal, services: Services
) -> None:
    await talk.say(f"lacak {SARI_ORDER} 081200001111", "track_order")
    await talk.say("telepon saya besok jam 3 sore", "callback_request")
    assert talk.sources == ["ask-phone-known"]
    await talk.tap("inform:known")

    assert [phone for phone, _ in await booked(services)] == ["+6281200001111"]
