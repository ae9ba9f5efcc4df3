import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from channels.message import Inbound
from conversation.bus import Bus
from conversation.rows import ConversationUnknown
from conversation.tables import Conversation, Message
from conversation.transcript import Transcript
from crm.profile.erased import digest_of
from crm.profile.tables import ErasedCustomer
from crm.tables import Customer, Offer, Order, OrderLine, ShipmentEvent
from db.engine import Database
from privacy.erasure import Erasure, NobodyToErase
from privacy.requests import ErasureRequests
from privacy.tables import ErasureRequest
from tests.crm.shop import SARI_ORDER, Clock
from tests.privacy.person import SECRETS, TRACES, found_in, names_in, of_budi, sari


async def test_after_erasure_a_search_of_the_database_file_finds_nothing_of_the_person(
    database: Database, files: Path
) -> None:
    await sari(database, files)
    assert await found_in(database, files) == list(TRACES)

    began = time.monotonic()
    erased = await Erasure(database, files).customer("C0001")

    assert await found_in(database, files) == []
    assert time.monotonic() - began < 60
    assert erased.files == 1
    assert erased.rows["messages"] == 2
    assert await of_budi(database) == ("Budi", "budi menanyakan ukuran sepatu", 2)
    assert names_in(files) == ["m3"]


async def test_orders_stay_for_the_books_without_the_person(
    database: Database, files: Path
) -> None:
    await sari(database, files)

    await Erasure(database, files).customer("C0001")

    async with database.read() as session:
        order = await session.get_one(Order, SARI_ORDER)
        owner = await session.get_one(Customer, order.customer_id)
        lines = await session.scalar(
            select(func.count()).where(OrderLine.order_number == SARI_ORDER)
        )
        notes = await session.scalars(select(ShipmentEvent.note))
        offer = await session.scalar(select(Offer))
        tombstone = await session.get(ErasedCustomer, digest_of("C0001"))
    assert order.total_idr == 590_000
    assert (owner.name, owner.phone, owner.email, order.city) == ("", None, None, None)
    assert lines == 2
    assert set(notes) == {None}
    assert offer is not None
    assert (offer.customer_id, offer.outcome, offer.conversation_id) == (
        owner.id, "accepted", None,
    )  # fmt: skip
    assert tombstone is not None


async def test_an_anonymous_visitor_has_one_conversation_forgotten(
    sqlite_database: Database, files: Path
) -> None:
    await sari(sqlite_database, files)
    async with sqlite_database.write() as session:
        web = await session.get_one(Conversation, "web")
        web.customer_id, web.verified = None, False

    erased = await Erasure(sqlite_database, files).conversation("web")

    assert erased.rows["conversations"] == 1
    left = await found_in(sqlite_database, files)
    assert SECRETS[1] not in left
    assert SECRETS[0] in left


async def test_nobody_is_erased_under_an_id_that_is_nobodys(
    sqlite_database: Database, files: Path
) -> None:
    await sari(sqlite_database, files)

    with pytest.raises(NobodyToErase):
        await Erasure(sqlite_database, files).customer("C0009")


async def test_a_ticket_of_another_customer_in_a_shared_conversation_stays(
    sqlite_database: Database, files: Path
) -> None:
    await sari(sqlite_database, files)
    async with sqlite_database.write() as session:
        offer = (await session.scalars(select(Offer))).one()
        offer.customer_id = "C0002"  # shown to Budi before Sari proved herself here

    await Erasure(sqlite_database, files).customer("C0001")

    async with sqlite_database.read() as session:
        assert (await session.scalars(select(Offer.customer_id))).all() == ["C0002"]


async def test_a_wish_from_the_chat_is_answered_first_and_then_kept(
    database: Database, files: Path
) -> None:
    await sari(database, files)
    clock = Clock()
    requests = ErasureRequests(database, Erasure(database, files), clock)

    first = await requests.ask(source="chat", customer_id="C0001", conversation_id="wa")
    again = await requests.ask(source="page", customer_id="C0001")
    too_early = await requests.next()
    clock.at += timedelta(seconds=10)
    while_talking = await requests.next()  # the bot's goodbye is still in the outbox
    clock.at += timedelta(seconds=31)
    erased = await requests.next()

    assert first == again
    assert (too_early, while_talking) == (None, None)
    assert erased is not None
    assert await found_in(database, files) == []
    wish = await _wish(database)
    assert (wish.customer_id, wish.conversation_id, wish.source) == (None, None, "chat")
    assert wish.done_at is not None
    assert (wish.done_at - wish.requested_at).total_seconds() < 60
    assert await requests.next() is None


async def test_what_comes_after_erasure_finds_no_conversation(
    database: Database, files: Path
) -> None:
    await sari(database, files)
    await Erasure(database, files, Bus()).customer("C0001")
    transcript = Transcript(database, Bus())

    with pytest.raises(ConversationUnknown):
        await transcript.accept(
            "web", Inbound(channel="website", source_id="late", address="v1", text="masih ada?")
        )

    async with database.read() as session:
        assert (await session.scalars(select(Message.id))).all() == ["m3"]


async def _wish(database: Database) -> ErasureRequest:
    async with database.read() as session:
        return (await session.scalars(select(ErasureRequest))).one()
