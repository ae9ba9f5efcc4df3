from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from crm.eligibility import Situation, in_control_group
from crm.offering.rules import load_offer_rules
from crm.offering.tables import OfferSwitch
from crm.offers import OfferNotFound, Offers
from crm.segments.rules import load_segment_rules
from crm.segments.store import place_all
from crm.tables import Invoice, Offer, Ticket
from db.engine import Database
from tests.crm.shop import (
    EARRINGS,
    NOON,
    SARI,
    Clock,
    add,
    at_noon,
    buy,
    customer,
    product,
    promotion,
    sku_for,
)

RULES = load_offer_rules()


def ticket(category: str, status: str, at: Any = NOON) -> Ticket:
    return Ticket(
        turn_id=f"{category}{status}", customer_id="C0001", category=category, priority="low",
        status=status, description="", contact="", lang="id", due_at=NOON, updated_at=at,
    )  # fmt: skip


def bill(status: str = "due") -> Invoice:
    return Invoice(
        number="I1", customer_id="C0001", issued_at=NOON, due_at=NOON + timedelta(days=9),
        amount_idr=1, status=status,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("bills", "tickets", "offered"),
    [
        (["due"], [], True),
        ([], [("payment", "solved")], True),
        (["due"], [("payment", "solved")], False),
        (["overdue"], [("refund", "solved")], False),
        (["due"], [("delivery", "solved")], True),
        (["due"], [("payment", "solved", NOON - timedelta(days=31))], True),
    ],
)
async def test_an_unpaid_bill_with_a_case_about_it_silences_offers_also_when_asked(
    offers: Offers, database: Database, bills: list[Any], tickets: list[Any], offered: bool
) -> None:
    await add(database, *map(bill, bills), *(ticket(*one) for one in tickets))

    assert (await sku_for(offers, customer_id="C0001") is not None) == offered
    assert (await sku_for(offers, customer_id="C0001", asked=True) is not None) == offered


async def test_the_stop_button_holds_at_once_until_offers_go_on(
    offers: Offers, database: Database
) -> None:
    await add(database, OfferSwitch(stopped=True, agent_id="a", agent_name="Rini"))
    assert await sku_for(offers, customer_id="C0001") is None
    assert await sku_for(offers, customer_id="C0001", asked=True) is None

    await add(database, OfferSwitch(stopped=False, agent_id="a", agent_name="Rini"))
    assert await sku_for(offers, customer_id="C0001") == "EARRINGS"


async def test_after_not_now_there_is_no_offer_of_anything_for_a_time(
    offers: Offers, database: Database, clock: Clock
) -> None:
    row = customer("N")
    row.consent_offers = True
    await add(database, row)
    await buy(database, "N", "NECKLACE", at=NOON - timedelta(days=1))
    assert await sku_for(offers, customer_id="N") == "EARRINGS"
    other = replace(EARRINGS, sku="SHOES", customer_id="N", asked=True)
    offer_id = await offers.record("t", "c", other)
    assert offer_id is not None
    await offers.decline(offer_id, "c")

    assert await sku_for(offers, customer_id="N") is None
    assert await sku_for(offers, customer_id="N", asked=True) == "EARRINGS"
    clock.at = NOON + timedelta(days=RULES.not_now_days)
    assert await sku_for(offers, customer_id="N") == "EARRINGS"


async def test_the_control_group_gets_no_unasked_offer_but_it_is_noted_for_comparison(
    offers: Offers, database: Database
) -> None:
    who = next(f"K{n}" for n in range(100) if in_control_group(f"K{n}"))
    row = customer(who)
    row.consent_offers = True
    await add(database, row)
    await buy(database, who, "NECKLACE", at=NOON - timedelta(days=1))
    situation = Situation("hers", customer_id=who, channel="website")

    proposal = await offers.choose(situation)

    assert proposal is not None
    assert (proposal.sku, proposal.withheld) == ("EARRINGS", True)
    assert await offers.record("t", "hers", proposal) is None
    assert await offers.record("t", "hers", proposal) is None
    async with database.read() as session:
        stored = (await session.scalars(select(Offer))).one()
    assert (stored.outcome, stored.channel, stored.customer_id) == ("withheld", "website", who)
    assert await offers.latest("hers") is None
    with pytest.raises(OfferNotFound):
        await offers.accept(stored.id, "hers")
    assert await offers.choose(situation) is None  # as often as the others, not more
    asked = await offers.choose(Situation("hers", customer_id=who, asked=True))
    assert asked is not None
    assert not asked.withheld


async def test_a_promotion_for_a_segment_is_for_that_segment(
    offers: Offers, database: Database
) -> None:
    await add(
        database,
        promotion("P1", sku="EARRINGS", percent_off=50, audience="activity:lapsed"),
        customer("LONG"),
    )
    await buy(database, "LONG", "NECKLACE", at=NOON - timedelta(days=400))
    await place_all(database, load_segment_rules(), clock=at_noon)

    active = await offers.choose(Situation("c", customer_id="C0001", asked=True))
    lapsed = await offers.choose(Situation("c", customer_id="LONG", asked=True))

    assert active is not None
    assert (active.price_idr, active.segments["activity"]) == (250_000, "active")
    assert lapsed is not None
    assert (lapsed.sku, lapsed.price_idr) == ("EARRINGS", 125_000)


async def test_of_two_complements_the_one_that_brings_more_is_offered(
    offers: Offers, database: Database
) -> None:
    await add(
        database,
        product("CLASP", "jewellery", 40_000, cost_idr=10_000),
        product("BOX", "jewellery", 40_000, cost_idr=39_000),
        product("RING", "jewellery", 300_000, complements=["BOX", "CLASP"]),
        customer("R"),
    )
    await buy(database, "R", "RING", at=NOON - timedelta(days=1))

    assert await sku_for(offers, customer_id="R", asked=True) == "CLASP"


async def test_a_refill_is_offered_when_it_is_due_and_not_to_who_proved_one_order_only(
    offers: Offers, database: Database, clock: Clock
) -> None:
    await add(database, customer("S"))
    number = await buy(database, "S", "SERUM")
    clock.at = NOON + timedelta(days=29)
    assert await sku_for(offers, customer_id="S", asked=True) != "SERUM"

    clock.at = NOON + timedelta(days=31)

    chosen = await offers.choose(Situation("c", customer_id="S", asked=True))
    assert chosen is not None
    assert (chosen.sku, chosen.reason) == ("SERUM", "refill")
    other = await offers.choose(Situation("c", order_number=number, asked=True))
    assert other is None or other.reason != "refill"


async def test_a_product_that_names_itself_as_its_complement_is_not_offered_with_itself(
    offers: Offers, database: Database
) -> None:
    await add(database, product("EGO", "home", refill_days=1, complements=["EGO"]), customer("E"))
    await buy(database, "E", "EGO", at=NOON - timedelta(days=3))

    chosen = await offers.choose(Situation("c", customer_id="E", asked=True))

    assert chosen is not None
    assert chosen.reason == "refill"


async def test_whoever_proved_nothing_gets_no_answer_about_somebody_else(offers: Offers) -> None:
    assert await sku_for(offers) is None
    assert (await offers.choose(SARI)) == EARRINGS
