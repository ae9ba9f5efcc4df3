import asyncio
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from crm.callbacks import CallBack, CallBackRefused, CallBacks
from crm.contacts import BadPhone
from crm.hours import ServiceHours
from crm.tables import CallBack as CallBackRow
from db.engine import Database
from tests.crm.shop import NOON, at_noon

JAKARTA = ZoneInfo("Asia/Jakarta")


def jakarta(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=JAKARTA)


async def book(
    database: Database, at: datetime, phone: str = "0812-0000-1111", turn_id: str = "turn"
) -> CallBack:
    return await CallBacks(database, ServiceHours.load(), at_noon).book(
        turn_id,
        conversation_id="c",
        customer_id=None,
        phone=phone,
        at=at,
        name="Sari\x00",
        about="Retur kalung",
    )


async def test_a_call_is_booked_within_service_hours(database: Database) -> None:
    call = await book(database, jakarta(19, 15))

    assert (call.at, call.phone, call.name, call.status) == (
        jakarta(19, 15),
        "+6281200001111",
        "Sari",
        "booked",
    )


async def test_the_same_turn_books_one_call_also_at_the_same_moment(database: Database) -> None:
    calls = await asyncio.gather(*(book(database, jakarta(19, 15)) for _ in range(10)))

    assert {call.id for call in calls} == {calls[0].id}
    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(CallBackRow)) == 1


async def test_a_call_asked_for_again_because_the_answer_got_lost_is_one_call(
    database: Database,
) -> None:
    calls = [await book(database, jakarta(19, 15), turn_id=turn) for turn in ("lost", "again")]
    later = await book(database, jakarta(19, 16), turn_id="another time")

    assert (calls[0], later.id == calls[0].id) == (calls[1], False)


@pytest.mark.parametrize(
    ("at", "reason", "nearest"),
    [
        (jakarta(18, 9), "past", jakarta(18, 12)),
        (jakarta(17, 15), "past", jakarta(18, 12)),
        (jakarta(18, 21), "closed", jakarta(18, 19, 45)),
        (jakarta(19, 5), "closed", jakarta(19, 8)),
        (jakarta(19, 2), "closed", jakarta(19, 8)),
        (jakarta(18, 20), "closed", jakarta(18, 19, 45)),
        (NOON + timedelta(days=15), "too_far", datetime(2026, 12, 2, 12, tzinfo=JAKARTA)),
        (NOON + timedelta(days=400), "too_far", datetime(2026, 12, 2, 12, tzinfo=JAKARTA)),
    ],
)
async def test_an_impossible_time_comes_back_with_the_nearest_possible(
    database: Database, at: datetime, reason: str, nearest: datetime
) -> None:
    with pytest.raises(CallBackRefused) as refused:
        await book(database, at)

    assert (refused.value.reason, refused.value.nearest) == (reason, nearest)
    assert (await book(database, nearest)).at == nearest


async def test_now_is_possible_while_somebody_is_there(database: Database) -> None:
    assert (await book(database, NOON - timedelta(seconds=20))).at == NOON


@pytest.mark.parametrize("phone", ["", "123", "halo", "\x00", "+", "0" * 40])
async def test_a_call_needs_a_phone_number(database: Database, phone: str) -> None:
    with pytest.raises(BadPhone):
        await book(database, jakarta(19, 15), phone)
