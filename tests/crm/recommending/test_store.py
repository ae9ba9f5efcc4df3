from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from crm.recommending.arrivals import learn_new
from crm.recommending.fitting import Fitting, fitting
from crm.recommending.store import learn_all
from crm.recommending.tables import Demand, Fit, Lesson
from crm.tables import Order, OrderLine
from db.engine import Database
from tests.crm.shop import NOON, add, at_noon, buy, customer, product

BUYERS = 12


@pytest.fixture
async def shop(database: Database) -> Database:
    """Twelve customers bought shoes, eight of them a belt; thirty others bought lamps."""
    names = [f"C{n:02}" for n in range(BUYERS)]
    others = [f"L{n:02}" for n in range(30)]
    await add(database, *(customer(name) for name in [*names, *others, "NEW"]))
    await add(database, *(product(sku, "any") for sku in ("SHOES", "BELT", "LAMP", "SOCKS")))
    for n, name in enumerate(names):
        await buy(database, name, *(["SHOES", "BELT"] if n < 8 else ["SHOES"]))
    for name in others:
        await buy(database, name, "LAMP")
    return database


async def fits(database: Database, *bought: str) -> list[Fitting]:
    return await database.ask(lambda connection: fitting(connection, bought))


async def kept(database: Database) -> dict[str, Any]:
    """Return all that was learned, without what only a whole lesson can tell."""
    async with database.read() as session:
        pairs = await session.scalars(select(Fit).order_by(Fit.because, Fit.sku))
        demands = await session.scalars(select(Demand).order_by(Demand.sku))
        lesson = await session.get_one(Lesson, 1)
        return {
            "pairs": [(row.because, row.sku, row.customers) for row in pairs],
            "demands": [(row.sku, row.buyers, round(row.recent, 6)) for row in demands],
            "customers": lesson.customers,
        }


async def test_what_fits_is_told_with_its_counts(shop: Database) -> None:
    report = await learn_all(shop, at_noon)

    assert await fits(shop, "SHOES") == [Fitting("BELT", "SHOES", 8, 12)]
    assert await fits(shop, "LAMP") == []
    assert await fits(shop) == []
    assert (report.customers, report.products, report.pairs) == (42, 3, 2)


async def test_before_anything_was_learned_nothing_fits(shop: Database) -> None:
    assert await fits(shop, "SHOES") == []


async def test_what_the_customer_has_does_not_fit(shop: Database) -> None:
    await learn_all(shop, at_noon)

    assert await fits(shop, "SHOES", "BELT") == []


async def test_learning_anew_changes_nothing_where_nothing_is_new(shop: Database) -> None:
    await learn_all(shop, at_noon)
    before = await kept(shop)
    await learn_all(shop, at_noon)

    assert await kept(shop) == before
    assert await learn_new(shop, [], at_noon) == 0
    assert await kept(shop) == before


@pytest.mark.parametrize(
    "orders", [[["SHOES", "BELT"]], [["SHOES"], ["BELT", "SOCKS"]], [["SOCKS"]]]
)
async def test_new_orders_counted_in_give_what_learning_anew_gives(
    shop: Database, orders: list[list[str]]
) -> None:
    await learn_all(shop, at_noon)
    numbers = [
        await buy(shop, "NEW", *skus, at=NOON + timedelta(hours=n)) for n, skus in enumerate(orders)
    ]
    assert await learn_new(shop, numbers, at_noon) == len(orders)
    counted_in = await kept(shop)
    await learn_all(shop, at_noon)

    assert counted_in == await kept(shop)


async def test_an_order_is_counted_once(shop: Database) -> None:
    await learn_all(shop, at_noon)
    new = [await buy(shop, "NEW", "SHOES", "BELT")]

    assert [await learn_new(shop, new, at_noon), await learn_new(shop, new, at_noon)] == [1, 0]
    assert await fits(shop, "SHOES") == [Fitting("BELT", "SHOES", 9, 13)]


async def test_what_was_bought_before_counts_once_more_when_bought_again(shop: Database) -> None:
    await learn_all(shop, at_noon)
    before = await kept(shop)
    number = await buy(shop, "C00", "SHOES")

    assert await learn_new(shop, [number], at_noon) == 1
    assert await kept(shop) == before


async def test_the_first_order_of_a_shop_is_learned(database: Database) -> None:
    await add(database, customer("A"), product("SHOES", "any"))
    number = await buy(database, "A", "SHOES")

    assert await learn_new(database, [number], at_noon) == 1
    assert (await kept(database))["demands"] == [("SHOES", 1, 1.0)]


async def test_a_shop_without_orders_learns_nothing(database: Database) -> None:
    report = await learn_all(database, at_noon)

    assert (report.customers, report.products, report.pairs) == (0, 0, 0)
    assert await learn_new(database, [], at_noon) == 0


async def test_returns_and_impossible_quantities_teach_nothing_and_are_reported(
    shop: Database,
) -> None:
    await learn_all(shop, at_noon)
    before = await kept(shop)
    numbers = [
        await buy(shop, "NEW", "SHOES", "LAMP", status="returned"),
        await buy(shop, "NEW", "SHOES", "LAMP", status="cancelled"),
        await buy(shop, "NEW", "SHOES", quantity=-1),
    ]

    assert await learn_new(shop, [*numbers, "UNKNOWN"], at_noon) == 0
    report = await learn_all(shop, at_noon)
    assert await kept(shop) == before
    assert (report.undone_orders, report.bad_lines) == (2, 1)


async def test_an_order_returned_later_is_forgotten_when_all_is_learned_anew(
    shop: Database,
) -> None:
    await learn_all(shop, at_noon)
    before = await kept(shop)
    number = await buy(shop, "NEW", "SHOES", "SOCKS")
    await learn_new(shop, [number], at_noon)
    async with shop.write() as session:
        (await session.get_one(Order, number)).status = "returned"
    await learn_all(shop, at_noon)

    assert await kept(shop) == before


async def test_one_name_under_two_codes_is_reported(shop: Database) -> None:
    twin = product("BELT-2", "any")
    twin.name_id = "Belt  (ID)"
    await add(shop, twin)
    report = await learn_all(shop, at_noon)

    assert report.same_name == (("BELT", "BELT-2"),)
    assert "several codes, each learned by itself: BELT, BELT-2" in str(report)


async def test_many_new_orders_are_learned_with_all_the_others(shop: Database) -> None:
    await learn_all(shop, at_noon)
    many = [f"M{n}" for n in range(201)]
    await add(shop, *(customer(name) for name in many))
    numbers = [await buy(shop, name, "SHOES", "SOCKS") for name in many]

    assert await learn_new(shop, numbers, at_noon) == 201
    assert (await fits(shop, "SHOES"))[0] == Fitting("SOCKS", "SHOES", 201, 213)


async def test_an_order_that_was_learned_may_be_erased(shop: Database) -> None:
    number = await buy(shop, "NEW", "SHOES", "SOCKS")
    await learn_all(shop, at_noon)
    async with shop.write() as session:
        await session.execute(delete(OrderLine).where(OrderLine.order_number == number))
        await session.execute(delete(Order).where(Order.number == number))
    await learn_all(shop, at_noon)

    assert [sku for sku, *_ in (await kept(shop))["demands"]] == ["BELT", "LAMP", "SHOES"]
