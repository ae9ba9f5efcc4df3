from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from conversation.tables import Conversation, Message, UnansweredQuestion
from crm.tables import Customer, Offer, Order, Ticket, TicketNote
from db.engine import Database
from privacy.breach import affected_by
from privacy.erasure import Erasure
from privacy.retention import Retention, default_days
from tests.crm.shop import NOON, at_noon
from tests.privacy.person import EMAIL, NAME, PHONE, sari


def retention(database: Database, files: Path, **days: int) -> Retention:
    return Retention(database, Erasure(database, files, clock=at_noon), days, at_noon)


async def test_what_is_older_than_its_days_goes_and_the_rest_stays(
    database: Database, files: Path
) -> None:
    await sari(database, files)
    old = NOON - timedelta(days=31)
    async with database.write() as session:
        await session.execute(update(Conversation).values(updated_at=NOON))
        await session.execute(
            update(Conversation).where(Conversation.id == "wa").values(updated_at=old)
        )
        await session.execute(update(Ticket).values(updated_at=old, status="solved"))
        await session.execute(update(UnansweredQuestion).values(at=NOON))
        await session.execute(update(Offer).values(shown_at=old))
    keeping = retention(database, files, conversations=30, tickets=30, questions=30, offers=30)

    counted = await keeping.once(dry=True)
    gone = await keeping.once()
    again = await keeping.once()

    assert counted == gone == {"conversations": 1, "tickets": 1, "questions": 0, "offers": 1}
    assert set(again.values()) == {0}
    async with database.read() as session:
        assert sorted(await session.scalars(select(Conversation.id))) == ["budi", "web"]
        assert (await session.scalars(select(Message.id))).all() == ["m3"]
        assert await session.scalar(select(func.count()).select_from(TicketNote)) == 0
        assert (await session.scalars(select(Offer.customer_id))).all() == [None]
        assert (await session.get_one(Customer, "C0001")).name == NAME


async def test_a_customer_who_was_not_seen_for_years_is_erased_but_not_their_orders(
    sqlite_database: Database, files: Path
) -> None:
    await sari(sqlite_database, files)
    async with sqlite_database.write() as session:
        old = NOON - timedelta(days=4000)
        await session.execute(update(Customer).where(Customer.id == "C0002").values(since=old))
        await session.execute(
            update(Order).where(Order.customer_id == "C0002").values(ordered_at=old)
        )
        await session.execute(
            update(Conversation).where(Conversation.id == "budi").values(updated_at=old)
        )

    gone = await retention(sqlite_database, files, customers=3650).once()

    assert gone == {"customers": 1}
    async with sqlite_database.read() as session:
        names = await session.scalars(select(Customer.name).order_by(Customer.name))
        assert names.all() == ["", NAME]
        assert await session.scalar(select(func.count()).select_from(Order)) == 2


def test_a_kind_that_is_none_is_refused(sqlite_database: Database, files: Path) -> None:
    with pytest.raises(ValueError, match="unknown kind chats; known are conversations"):
        retention(sqlite_database, files, chats=3)


def test_every_kind_has_a_default() -> None:
    assert list(default_days()) == [
        "conversations", "tickets", "call_backs", "questions", "contact_changes", "offers",
        "customers",
    ]  # fmt: skip


async def test_the_breach_list_names_whose_data_was_touched_and_how_to_reach_them(
    database: Database, files: Path
) -> None:
    await sari(database, files)
    async with database.write() as session:
        await session.execute(update(Conversation).values(created_at=NOON, updated_at=NOON))
        await session.execute(update(Message).values(at=NOON))
        await session.execute(
            update(Message)
            .where(Message.conversation_id == "wa")
            .values(at=NOON + timedelta(hours=2))
        )

    span = await affected_by(database, NOON + timedelta(hours=1), NOON + timedelta(hours=3))
    everybody = await affected_by(database, None, NOON + timedelta(days=9))

    sari_, *others = span
    assert others == []
    assert (sari_.name, sari_.phone, sari_.email) == (NAME, PHONE, EMAIL)
    assert sari_.channels[0].startswith("w")
    assert sari_.data == {"messages": 2}
    assert [one.customer_id for one in everybody] == ["C0001", "C0002"]
