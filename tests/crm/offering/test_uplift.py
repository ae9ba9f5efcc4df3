import random
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from crm.eligibility import in_control_group
from crm.offering.outcome import note_bought
from crm.offering.report import OfferReport, report
from crm.offering.rules import load_offer_rules
from crm.offering.uplift import Uplift, wilson
from crm.tables import Offer, Order
from db.engine import Database
from tests.crm.shop import NOON, add, at_noon, buy, customer, fill

RULES = load_offer_rules()
DAY = timedelta(days=1)


def offer(who: str | None, days_ago: float = 20, **fields: Any) -> Offer:
    return Offer(
        **{
            "turn_id": f"{who}{days_ago}{fields.get('sku', '')}",
            "customer_id": who,
            "conversation_id": "c",
            "sku": "SHOES",
            "price_idr": 1,
            "reason": "complement",
            "shown_at": NOON - days_ago * DAY,
            **fields,
        }
    )


async def reported(database: Database, days: int = 90) -> OfferReport:
    return await report(database, RULES, NOON - days * DAY, NOON, NOON)


def test_the_interval_is_that_of_the_paper() -> None:
    # Newcombe 1998, table II, method 10: 56/70 - 48/80, 9/10 - 3/10, 10/10 - 0/20.
    for numbers, expected in (
        ((70, 56, 80, 48), (0.0524, 0.3339)),
        ((10, 9, 10, 3), (0.1705, 0.8090)),
        ((10, 10, 20, 0), (0.6791, 1.0000)),
    ):
        assert Uplift(*numbers).interval == pytest.approx(expected, abs=1e-4)


def test_without_a_control_group_nothing_is_claimed() -> None:
    assert Uplift(10, 3, 0, 0).difference is None
    assert Uplift(0, 0, 10, 3).interval is None
    assert wilson(0, 0) == (0, 1)


def test_over_a_hundred_simulated_months_the_interval_covers_the_true_uplift() -> None:
    covered, usual, lift = 0, 0.05, 0.04
    for month in range(100):
        chance = random.Random(month)
        counts = {True: [0, 0], False: [0, 0]}
        for n in range(1_500):
            control = in_control_group(f"{month} {n}", RULES.control_percent)
            bought = chance.random() < (usual if control else usual + lift)
            counts[control][0] += 1
            counts[control][1] += bought
        low, high = Uplift(*counts[False], *counts[True]).interval or (1, 0)
        covered += low <= lift <= high

    assert covered >= 90


async def test_bought_is_the_product_by_the_customer_within_the_days(database: Database) -> None:
    await fill(database)
    await add(database, *(customer(name) for name in "ABCDEF"))
    await add(
        database,
        *(offer(name) for name in "ABCDEF"),
        offer(None, 21),
        offer("A", 60, turn_id="old", settled_at=NOON),
    )
    first = await buy(database, "A", "SHOES", at=NOON - 19 * DAY)
    await buy(database, "A", "SHOES", at=NOON - 18 * DAY)
    await buy(database, "B", "SHOES", at=NOON - 5 * DAY)  # too late
    await buy(database, "C", "SHOES", at=NOON - 21 * DAY)  # before
    await buy(database, "D", "SERUM", at=NOON - 19 * DAY)  # something else
    await buy(database, "E", "SHOES", at=NOON - 19 * DAY, status="returned")

    assert await note_bought(database, RULES, None, at_noon) == 1
    assert await note_bought(database, RULES, None, at_noon) == 1

    async with database.read() as session:
        orders = {row.turn_id: row.bought_order for row in await session.scalars(select(Offer))}
    assert {name: found for name, found in orders.items() if found} == {"A20": first}


async def test_an_import_notes_what_its_orders_say_and_an_undone_order_is_taken_back(
    database: Database,
) -> None:
    await fill(database)
    await add(database, customer("A"), customer("B"))
    await add(database, offer("A", 3), offer("B", 3))
    number = await buy(database, "A", "SHOES", at=NOON - DAY)
    await buy(database, "B", "SHOES", at=NOON - DAY)

    assert await note_bought(database, RULES, [number], at_noon) == 1
    assert await note_bought(database, RULES, [], at_noon) == 0
    assert (await reported(database)).funnel["all"]["bought"] == 1
    async with database.write() as session:
        (await session.get_one(Order, number)).status = "cancelled"
    await note_bought(database, RULES, None, at_noon)
    assert (await reported(database)).funnel["all"]["bought"] == 1  # B's, noted at night
    async with database.read() as session:
        rows = {row.customer_id: row.bought_order for row in await session.scalars(select(Offer))}
    assert rows["A"] is None


async def test_the_report_counts_each_customer_once_and_only_what_is_ripe(
    sqlite_database: Database,
) -> None:
    await fill(sqlite_database)
    await add(sqlite_database, *(customer(f"X{n}") for n in range(6)))
    high = {"value_class": "high", "size": "big"}
    bought = {"bought_at": NOON - 18 * DAY}
    await add(
        sqlite_database,
        offer("X0", 40, segments=high, channel="website", outcome="accepted", opened_at=NOON),
        offer("X0", 30, **bought),  # their second offer
        offer("X1", 20, segments=high, channel="whatsapp", **bought),
        offer("X2", 20, segments={"value_class": "low"}, channel="website", outcome="declined"),
        offer("X3", 20, outcome="withheld", segments=high, channel="website"),
        offer("X4", 20, outcome="withheld", channel="website", **bought),
        offer("X5", 3, channel="website"),  # not ripe
        offer("X5", 25, asked=True, channel="website"),
        offer(None, 20, turn_id="nobody", outcome="never"),
    )

    found = await reported(sqlite_database)

    assert found.whole == Uplift(3, 1, 2, 1)
    assert found.by["segment"] == {
        "size:big": Uplift(2, 1, 1, 0),
        "value_class:high": Uplift(2, 1, 1, 0),
        "value_class:low": Uplift(1, 0, 0, 0),
    }
    assert found.by["channel"]["website"] == Uplift(2, 0, 2, 1)
    assert found.by["offer"] == {"SHOES": Uplift(3, 1, 2, 1)}
    assert found.products["SHOES"] == ("shoes (id)", "shoes (en)")
    assert found.funnel["all"] == {
        "shown": 7, "opened": 1, "accepted": 1, "declined": 1, "never": 1, "bought": 2,
    }  # fmt: skip
    assert found.funnel["asked"]["shown"] == 1
    assert (await reported(sqlite_database, days=1)).whole == Uplift(0, 0, 0, 0)
