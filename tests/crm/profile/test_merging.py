from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from conversation.tables import Conversation
from crm.profile.merging import CannotMerge, Merging
from crm.profile.tables import ConsentEntry
from crm.tables import Customer, Order, Ticket
from db.base import Base
from db.engine import Database
from tests.crm.shop import BUDI_ORDER, NOON, SARI_ORDER, add, at_noon, buy, fill


def ticket(number: int, **more: Any) -> Ticket:
    given = {
        "id": number, "turn_id": f"t{number}", "category": "other", "priority": "low",
        "status": "open", "description": "x", "contact": "x", "lang": "id", "due_at": NOON,
    }  # fmt: skip
    return Ticket(**{**given, **more})


async def _shop(database: Database) -> None:
    await fill(database)
    async with database.write() as session:
        budi = await session.get_one(Customer, "C0002")
        budi.points, budi.city, budi.since = 40, "Cimahi", NOON - timedelta(days=9)
        sari = await session.get_one(Customer, "C0001")
        sari.points, sari.city = 100, None
    await add(
        database,
        Conversation(id="hers", channel="website", address="1", customer_id="C0001", verified=True),
        Conversation(id="his", channel="telegram", address="2", customer_id="C0002", verified=True),
        ConsentEntry(customer_id="C0002", purpose="campaigns", granted=True, source="page"),
        ticket(1, customer_id="C0002", conversation_id="his"),
    )


async def _everything(database: Database) -> dict[str, list[Any]]:
    """All rows of the shop but the record of merges; proofs of his conversation have ended."""
    found: dict[str, list[Any]] = {}
    async with database.read() as session:
        for table in Base.metadata.sorted_tables:
            if table.name != "customer_merges":
                rows = (await session.execute(select(table))).mappings()
                found[table.name] = sorted(
                    str({**row, "verified": 0} if "verified" in row else dict(row)) for row in rows
                )
    return found


async def _owner(database: Database, number: str) -> str:
    async with database.read() as session:
        return (await session.get_one(Order, number)).customer_id


async def test_both_are_exactly_as_they_were_once_they_are_parted(database: Database) -> None:
    await _shop(database)
    before = await _everything(database)
    merging = Merging(database, at_noon)

    merge = await merging.merge("C0001", "C0002", "an order and a whole contact of each")
    merged = await _everything(database)
    await merging.part(merge)

    assert merged != before
    assert await _everything(database) == before
    with pytest.raises(CannotMerge):
        await merging.part(merge)


async def test_a_merged_customer_has_all_of_both_and_the_others_proofs_end(
    database: Database,
) -> None:
    await _shop(database)

    await Merging(database, at_noon).merge("C0001", "C0002", "proof")

    async with database.read() as session:
        sari = await session.get_one(Customer, "C0001")
        budi = await session.get_one(Customer, "C0002")
        his = await session.get_one(Conversation, "his")
        hers = await session.get_one(Conversation, "hers")
    assert (sari.points, sari.city, sari.phone) == (140, "Cimahi", "+6281200001111")
    assert budi.merged_into == "C0001"
    assert (his.customer_id, his.verified, hers.verified) == ("C0001", False, True)
    assert [await _owner(database, one) for one in (SARI_ORDER, BUDI_ORDER)] == ["C0001"] * 2


async def test_what_came_later_is_with_whose_it_is_once_they_are_parted(
    database: Database,
) -> None:
    await _shop(database)
    merging = Merging(database, at_noon)
    merge = await merging.merge("C0001", "C0002", "proof")
    later = await buy(database, "C0001", "SHOES")
    imported = await buy(database, "C0002", "SERUM")  # the shop's system knows him as before
    await add(
        database,
        ticket(2, customer_id="C0001", conversation_id="his"),
        ticket(3, customer_id="C0001", conversation_id="hers"),
        ticket(4, customer_id="C0001", order_number=BUDI_ORDER),
    )
    async with database.write() as session:
        sari = await session.get_one(Customer, "C0001")
        sari.city = "Garut"  # corrected by herself since

    await merging.part(merge)

    assert [await _owner(database, one) for one in (later, imported)] == ["C0001", "C0002"]
    async with database.read() as session:
        tickets = {row.id: row.customer_id for row in await session.scalars(select(Ticket))}
        sari = await session.get_one(Customer, "C0001")
        budi = await session.get_one(Customer, "C0002")
    assert tickets == {1: "C0002", 2: "C0002", 3: "C0001", 4: "C0002"}
    assert (sari.city, sari.points, budi.city) == ("Garut", 100, "Cimahi")
    assert budi.merged_into is None


@pytest.mark.parametrize(("one", "other"), [("C0001", "C0001"), ("C0001", "C0009")])
async def test_nobody_is_merged_with_themselves_or_a_stranger(
    sqlite_database: Database, one: str, other: str
) -> None:
    await _shop(sqlite_database)

    with pytest.raises(CannotMerge):
        await Merging(sqlite_database).merge(one, other, "proof")
