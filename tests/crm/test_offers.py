from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from crm.campaigns.tables import Campaign, CampaignRecipient
from crm.eligibility import Situation, in_control_group
from crm.offers import Offers
from crm.recommending.arrivals import learn_new
from crm.recommending.store import learn_all
from crm.tables import Invoice, Order, OrderLine, Product, Ticket
from db.engine import Database
from tests.crm.shop import (
    BUDI_ORDER,
    EARRINGS,
    NOON,
    SARI,
    SARI_ORDER,
    Clock,
    add,
    at_noon,
    buy,
    customer,
    product,
    promotion,
    sku_for,
)


def ticket(**fields: Any) -> Ticket:
    return Ticket(
        **{
            "turn_id": "t",
            "category": "other",
            "priority": "low",
            "status": "open",
            "description": "",
            "contact": "",
            "lang": "id",
            "due_at": NOON,
            **fields,
        }
    )


def test_the_people_of_these_tests_are_not_in_the_control_group() -> None:
    assert not any(in_control_group(key) for key in ("C0001", "C0002", "c"))


async def test_what_fits_a_bought_product_is_offered_with_its_reason(offers: Offers) -> None:
    chosen = await offers.choose(SARI)

    assert chosen == EARRINGS
    assert offers.reason(chosen, "id") == "cocok dipadukan dengan necklace (id)"
    assert offers.reason(chosen, "en") == "it goes well with necklace (en)"


async def test_a_campaign_counts_as_an_offer_that_nobody_asked_for(
    offers: Offers, database: Database
) -> None:
    await add(database, Campaign(id="gajian", version="1"))
    await add(
        database,
        CampaignRecipient(
            campaign_id="gajian", customer_id="C0001", conversation_id="hers", channel="whatsapp",
            state="sent", handed_at=NOON - timedelta(days=1),
        ),
    )  # fmt: skip

    soon_after = await offers.choose(SARI)
    async with database.write() as session:
        await session.execute(update(CampaignRecipient).values(handed_at=NOON - timedelta(days=8)))
    later = await offers.choose(SARI)

    assert soon_after is None
    assert later == EARRINGS


async def test_who_only_proved_one_order_gets_what_fits_that_order(
    offers: Offers, database: Database
) -> None:
    await add(
        database,
        Order(
            number="TL-OTHER",
            customer_id="C0001",
            ordered_at=NOON - timedelta(days=1),
            status="delivered",
            total_idr=1,
        ),
        product("BELT", "belts", 300_000),
        product("BOOTS", "shoes", 300_000, complements=["BELT"]),
    )
    await add(
        database,
        OrderLine(order_number="TL-OTHER", line=1, sku="BOOTS", quantity=1, unit_price_idr=1),
    )

    assert await sku_for(offers, order_number=SARI_ORDER) == "EARRINGS"
    assert await sku_for(offers, customer_id="C0001") == "BELT"


async def test_the_owner_of_a_proven_order_decides_about_consent(
    offers: Offers, database: Database
) -> None:
    async with database.write() as session:
        shoes = await session.get_one(Product, "SHOES")
        shoes.complements = ["EARRINGS"]

    assert await sku_for(offers, order_number=BUDI_ORDER) is None
    assert await sku_for(offers, order_number=BUDI_ORDER, asked=True) == "EARRINGS"


async def test_a_complement_out_of_stock_or_owned_gives_way_to_the_next(
    offers: Offers, database: Database
) -> None:
    async with database.write() as session:
        (await session.get_one(Product, "NECKLACE")).complements = ["GONE", "SERUM", "EARRINGS"]

    assert await sku_for(offers, customer_id="C0001") == "EARRINGS"


@pytest.mark.parametrize(
    "fields",
    [
        {"customer_id": "C0001"},
        {"conversation_id": "c"},
        {"status": "waiting_customer", "customer_id": "C0001"},
    ],
)
async def test_an_open_ticket_silences_offers(
    offers: Offers, database: Database, fields: dict[str, Any]
) -> None:
    await add(database, ticket(**fields))

    assert await sku_for(offers, customer_id="C0001") is None


async def test_a_solved_ticket_does_not(offers: Offers, database: Database) -> None:
    await add(database, ticket(customer_id="C0001", status="solved"))

    assert await sku_for(offers, customer_id="C0001") == "EARRINGS"


async def test_a_late_order_silences_offers(offers: Offers, clock: Clock) -> None:
    clock.at = NOON + timedelta(days=2)

    assert await sku_for(offers, customer_id="C0001") is None
    assert await sku_for(offers, customer_id="C0001", asked=True) == "EARRINGS"


async def test_often_bought_together_is_offered_when_it_is_no_chance(
    offers: Offers, database: Database
) -> None:
    async with database.write() as session:
        (await session.get_one(Product, "NECKLACE")).complements = []
    await add(database, *(customer(f"T{n}") for n in range(30)))
    for n in range(4):
        await buy(database, f"T{n}", "NECKLACE", "SHOES")
    for n in range(5, 30):
        await buy(database, f"T{n}", "SERUM")
    await learn_all(database, at_noon)
    assert await sku_for(offers, customer_id="C0001") is None

    number = await buy(database, "T4", "NECKLACE", "SHOES")
    assert await learn_new(database, [number], at_noon) == 1
    chosen = await offers.choose(SARI)
    assert chosen is not None
    assert (chosen.sku, offers.reason(chosen, "en"), offers.reason(chosen, "id")) == (
        "SHOES",
        "often bought together: 5 of the 6 who bought necklace (en) took this too",
        "sering dibeli bersama necklace (id): 5 dari 6 pembelinya juga membeli ini",
    )


async def test_who_has_trouble_with_the_internet_is_offered_the_next_plan(
    offers: Offers, database: Database
) -> None:
    await add(
        database,
        product("NET-020", "internet", 199_000, upgrade_to="NET-050"),
        product("NET-050", "internet", 299_000, upgrade_to="NET-100"),
        product("NET-100", "internet", 449_000),
    )
    await add(
        database,
        Invoice(
            number="I",
            customer_id="C0001",
            plan_sku="NET-050",
            issued_at=NOON,
            due_at=NOON,
            amount_idr=1,
            status="paid",
        ),
    )

    slow = await offers.choose(Situation("c", customer_id="C0001", article="internet-slow"))
    assert slow is not None
    assert (slow.sku, offers.reason(slow, "en")) == (
        "NET-100",
        "faster than the net-050 (en) you have",
    )
    assert await sku_for(offers, article="internet-slow") == "NET-050"
    assert await sku_for(offers, text="wifi di rumah lemot banget") == "NET-050"
    assert await sku_for(offers, text="I can't send email") == "NET-050"
    assert await sku_for(offers, article="returns-window") is None


async def test_the_deal_of_the_day_is_for_whoever_asks(offers: Offers, database: Database) -> None:
    await add(database, promotion("DEAL", kind="deal_of_day", sku="SHOES", percent_off=25))

    assert await sku_for(offers) is None
    chosen = await offers.choose(Situation("c", lang="id", asked=True, text="ada promo apa?"))
    assert chosen is not None
    assert (chosen.sku, chosen.price_idr, chosen.was_idr, chosen.promotion_id) == (
        "SHOES",
        300_000,
        400_000,
        "DEAL",
    )
    assert offers.reason(chosen, "id") == "promo hari ini saja"
    assert await sku_for(offers, customer_id="C0001", asked=True) == "EARRINGS"
    assert await sku_for(offers, customer_id="C0001", asked=True, text="any deals?") == "SHOES"


async def test_without_a_deal_the_best_seller_of_the_wished_category_is_offered(
    offers: Offers,
) -> None:
    assert await sku_for(offers, asked=True) == "NECKLACE"
    assert await sku_for(offers, asked=True, text="lagi cari sepatu nih") == "SHOES"
    assert await sku_for(offers, asked=True, text="looking for shoes") == "SHOES"
    assert await sku_for(offers, asked=True, category="beauty") == "SERUM"


@pytest.mark.parametrize(
    ("fields", "price_idr"),
    [
        ({"sku": "EARRINGS", "percent_off": 10}, 225_000),
        ({"category": "jewellery", "amount_off_idr": 20_000}, 230_000),
        ({"percent_off": 10, "min_total_idr": 250_000}, 225_000),
        ({"percent_off": 10, "min_total_idr": 250_001}, 250_000),
        ({"sku": "EARRINGS", "amount_off_idr": 300_000}, 0),
        ({"sku": "SHOES", "percent_off": 10}, 250_000),
        ({"category": "shoes", "percent_off": 10}, 250_000),
        ({"percent_off": 10, "code": "LARASBARU"}, 250_000),
        ({"sku": "EARRINGS", "percent_off": 10, "ends_at": NOON - timedelta(hours=1)}, 250_000),
        ({"sku": "EARRINGS", "percent_off": 10, "starts_at": NOON + timedelta(hours=1)}, 250_000),
    ],
)
async def test_a_promotion_that_holds_now_lowers_the_price(
    offers: Offers, database: Database, fields: dict[str, Any], price_idr: int
) -> None:
    await add(database, promotion("P", **fields))

    chosen = await offers.choose(SARI)

    assert chosen is not None
    assert chosen.price_idr == price_idr
    assert chosen.was_idr == (None if price_idr == 250_000 else 250_000)
