import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from crm.eligibility import Situation
from crm.offers import OfferGone, OfferNotFound, Offers
from crm.tables import Lead, Offer, Order, Product
from db.engine import Database
from tests.crm.shop import (
    EARRINGS,
    NOON,
    SARI,
    SARI_ORDER,
    Clock,
    add,
    promotion,
    sku_for,
)


async def test_one_unasked_offer_in_seven_days(
    offers: Offers, database: Database, clock: Clock
) -> None:
    async with database.write() as session:
        (await session.get_one(Order, SARI_ORDER)).status = "delivered"
    await offers.record("turn 1", "hers", EARRINGS)
    clock.at = NOON + timedelta(days=6, hours=23)
    assert await sku_for(offers, customer_id="C0001") is None
    assert await sku_for(offers, customer_id="C0001", asked=True) == "EARRINGS"

    clock.at = NOON + timedelta(days=7)
    assert await sku_for(offers, customer_id="C0001") == "EARRINGS"


async def test_an_asked_offer_does_not_use_up_the_cap(offers: Offers) -> None:
    asked = await offers.choose(Situation("hers", customer_id="C0001", asked=True))
    assert asked is not None
    await offers.record("turn", "hers", asked)

    assert await sku_for(offers, customer_id="C0001") == "EARRINGS"


async def test_a_declined_product_is_not_offered_for_ninety_days_even_if_asked(
    offers: Offers, database: Database, clock: Clock
) -> None:
    async with database.write() as session:
        (await session.get_one(Order, SARI_ORDER)).status = "delivered"
        (await session.get_one(Product, "SERUM")).refill_days = None
    offer_id = await offers.record("turn", "hers", EARRINGS)
    assert offer_id is not None
    await offers.decline(offer_id, "hers")

    clock.at = NOON + timedelta(days=80)
    assert await sku_for(offers, customer_id="C0001", asked=True) == "SHOES"
    clock.at = NOON + timedelta(days=86)
    assert await sku_for(offers, customer_id="C0001") is None
    clock.at = NOON + timedelta(days=91)
    assert await sku_for(offers, order_number=SARI_ORDER) == "EARRINGS"


async def test_never_means_no_unasked_offer_any_more(
    offers: Offers, database: Database, clock: Clock
) -> None:
    async with database.write() as session:
        (await session.get_one(Order, SARI_ORDER)).status = "delivered"
    offer_id = await offers.record("turn", "hers", EARRINGS)
    assert offer_id is not None
    await offers.decline(offer_id, "hers", never=True)

    clock.at = NOON + timedelta(days=2_000)
    assert await sku_for(offers, order_number=SARI_ORDER) is None
    assert await sku_for(offers, order_number=SARI_ORDER, asked=True) == "EARRINGS"


async def test_the_same_turn_records_one_offer_also_at_the_same_moment(
    offers: Offers, database: Database
) -> None:
    ids = await asyncio.gather(*(offers.record("turn", "hers", EARRINGS) for _ in range(10)))

    assert len(set(ids)) == 1
    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Offer)) == 1


async def test_two_conversations_at_once_show_one_unasked_offer(offers: Offers) -> None:
    ids = await asyncio.gather(
        *(offers.record(f"turn {n}", f"conversation {n}", EARRINGS) for n in range(10))
    )

    assert len([offer_id for offer_id in ids if offer_id is not None]) == 1


async def test_an_accepted_offer_is_one_lead(offers: Offers, database: Database) -> None:
    offer_id = await offers.record("turn", "hers", EARRINGS)
    assert offer_id is not None
    assert await offers.latest("hers") == offer_id
    assert await offers.latest("another") is None

    leads = await asyncio.gather(*(offers.accept(offer_id, "hers") for _ in range(5)))

    assert {lead.id for lead in leads} == {leads[0].id}
    assert (leads[0].sku, leads[0].name("en"), leads[0].price_idr) == (
        "EARRINGS",
        "earrings (en)",
        250_000,
    )
    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Lead)) == 1
        assert (await session.get_one(Offer, offer_id)).outcome == "accepted"


async def test_an_offer_is_answered_only_where_it_was_shown(offers: Offers) -> None:
    offer_id = await offers.record("turn", "hers", EARRINGS)
    assert offer_id is not None

    with pytest.raises(OfferNotFound):
        await offers.accept(offer_id, "another")
    with pytest.raises(OfferNotFound):
        await offers.decline(offer_id, "another")
    with pytest.raises(OfferNotFound):
        await offers.accept(offer_id + 1, "hers")


async def test_an_offer_that_does_not_hold_any_more_cannot_be_accepted(
    offers: Offers, database: Database, clock: Clock
) -> None:
    await add(database, promotion("P", sku="EARRINGS", percent_off=10))
    chosen = await offers.choose(SARI)
    assert chosen is not None
    offer_id = await offers.record("turn", "hers", chosen)
    assert offer_id is not None

    clock.at = NOON + timedelta(days=2)
    with pytest.raises(OfferGone):
        await offers.accept(offer_id, "hers")
    clock.at = NOON
    async with database.write() as session:
        (await session.get_one(Product, "EARRINGS")).stock = 0
    with pytest.raises(OfferGone):
        await offers.accept(offer_id, "hers")


async def test_a_customer_may_change_their_mind(offers: Offers, database: Database) -> None:
    offer_id = await offers.record("turn", "hers", EARRINGS)
    assert offer_id is not None
    await offers.decline(offer_id, "hers")
    lead = await offers.accept(offer_id, "hers")
    await offers.decline(offer_id, "hers")

    async with database.read() as session:
        assert (await session.get_one(Lead, lead.id)).status == "cancelled"
        assert (await session.get_one(Offer, offer_id)).outcome == "declined"
    assert (await offers.accept(offer_id, "hers")).id == lead.id
