from datetime import datetime, timedelta
from typing import Any

import pytest

from crm.recommending.arrivals import learn_new
from crm.segments.picture import Picture, Standings
from crm.segments.rules import load_segment_rules
from crm.segments.store import place_all, place_buyers
from crm.segments.tables import Standing
from crm.tables import Customer, Invoice, Order, OrderLine, Ticket
from crm.value.contacts import Talks
from db.engine import Database
from tests.crm.shop import BUDI_ORDER, NOON, Clock, add, at_noon, buy, customer, fill, product

RULES = load_segment_rules()


async def placed(database: Database, **talks: Talks) -> None:
    async def count(*_: Any) -> dict[str, Talks]:
        return talks

    await place_all(database, RULES, count, at_noon)


async def standing(database: Database, who: str) -> Standing:
    async with database.read() as session:
        return await session.get_one(Standing, who)


async def picture(database: Database, who: str, lang: str = "en") -> Picture:
    found = await Standings(database, RULES, "Asia/Jakarta", at_noon).of(who, lang)
    assert found is not None
    return found


def bill(number: str, due: datetime, **fields: Any) -> Invoice:
    return Invoice(
        **{
            "number": number,
            "customer_id": "C0002",
            "issued_at": due - timedelta(days=15),
            "due_at": due,
            "amount_idr": 299_000,
            "status": "due",
            **fields,
        }
    )


@pytest.fixture
async def shop(database: Database) -> Database:
    await fill(database)
    return database


async def test_profit_is_margin_less_what_the_contacts_cost(shop: Database) -> None:
    async with shop.write() as session:
        order = await session.get_one(Order, BUDI_ORDER)
        order.discount_idr = 10_000
    await add(
        shop,
        Ticket(
            turn_id="t", customer_id="C0002", category="other", priority="low", status="open",
            description="", contact="", lang="id", due_at=NOON, created_at=NOON,
        ),
    )  # fmt: skip
    await buy(shop, "C0002", "SHOES", status="returned", at=NOON - timedelta(days=5))

    await placed(shop, C0002=Talks(bot_days=3, people=2))

    found = await standing(shop, "C0002")
    costs = RULES.costs_idr
    assert found.revenue_idr == 390_000
    assert found.margin_idr == 390_000 - 280_000  # its cost is not known: 70 % of the price
    assert found.service_idr == (
        costs.ticket + costs.returned_order + 3 * costs.bot_day + 2 * costs.person
    )
    assert found.profit_idr == found.margin_idr - found.service_idr
    assert found.contacts == 6
    assert (found.orders, found.line, found.trend) == (1, "shoes", "rising")


@pytest.mark.parametrize(
    ("days", "activity"),
    [(1, "active"), (90, "active"), (91, "passive"), (270, "passive"), (271, "lapsed")],
)
async def test_activity_goes_by_the_days_since_the_last_order(
    sqlite_database: Database, days: int, activity: str
) -> None:
    await add(sqlite_database, customer("A"), product("P", "shoes"))
    await buy(sqlite_database, "A", "P", at=NOON - timedelta(days=days))

    await placed(sqlite_database)

    assert (await standing(sqlite_database, "A")).activity == activity


async def test_a_bad_debtor_is_one_whose_bill_is_long_overdue_or_who_owes_two(
    sqlite_database: Database,
) -> None:
    late = NOON - timedelta(days=31)
    soon = NOON - timedelta(days=2)
    await add(sqlite_database, *(customer(name) for name in "ABCD"))
    await add(
        sqlite_database,
        bill("I1", late, customer_id="A", status="overdue"),
        bill("I2", soon, customer_id="B"),
        bill("I3", soon, customer_id="C"),
        bill("I4", soon - timedelta(days=1), customer_id="C"),
        bill("I5", late, customer_id="D", status="paid", paid_at=late),
    )

    await placed(sqlite_database)

    found = {name: (await standing(sqlite_database, name)).activity for name in "ABCD"}
    assert found == {"A": "bad_debtor", "B": "new", "C": "bad_debtor", "D": "new"}
    assert (await picture(sqlite_database, "C", "id")).why[:2] == (
        "Tagihan I4 lewat jatuh tempo sejak 15 November 2026.",
        "2 tagihan lewat jatuh tempo, paling lama 3 hari.",
    )


async def test_what_is_needed_next_is_told_in_time(shop: Database) -> None:
    year = timedelta(days=365)
    await add(shop, product("PHONE", "phones"), *(customer(name) for name in "ABC"))
    await buy(shop, "A", "PHONE", at=NOON - year + timedelta(days=20))
    await buy(shop, "B", "PHONE", at=NOON - year + timedelta(days=40))
    await buy(shop, "C", "SERUM", at=NOON - timedelta(days=28))
    await add(shop, bill("I1", NOON + timedelta(days=3)))

    await placed(shop)

    assert (await picture(shop, "A")).why[0] == (
        "The warranty of phone (en) ends on 8 December 2026."
    )
    assert (await picture(shop, "B")).need is None
    assert (await picture(shop, "C", "id")).why[0] == (
        "serum (id) mungkin habis sekitar 20 November 2026."
    )
    assert (await picture(shop, "C0002")).why[0] == "Bill I1 is due on 21 November 2026."


async def test_a_new_order_moves_its_customer_at_once_and_nobody_else(shop: Database) -> None:
    for n in range(40):
        await add(shop, customer(f"X{n}"))
        await buy(shop, f"X{n}", "SHOES", at=NOON - timedelta(days=100 + n))
        if n % 2:
            await buy(shop, f"X{n}", "SERUM", at=NOON - timedelta(days=95))
    await placed(shop, X1=Talks(people=4))
    before = await picture(shop, "X1")
    await add(shop, customer("NEW"))
    number = await buy(shop, "X1", "SHOES", "NECKLACE")
    first = await buy(shop, "NEW", "SHOES")

    await learn_new(shop, [number, first], at_noon)
    moved = await place_buyers(shop, [number, first], RULES, Clock())

    after = await picture(shop, "X1")
    assert moved == 2
    assert (before.segments["activity"], after.segments["activity"]) == ("passive", "active")
    assert after.expected_orders is not None
    assert before.expected_orders is not None
    assert after.expected_orders > before.expected_orders
    assert (await standing(shop, "X1")).people == 4  # conversations are counted at night
    assert (await picture(shop, "NEW")).churn is None
    assert (await picture(shop, "X2")).segments["activity"] == "passive"


async def test_somebody_who_never_bought_is_new_and_a_stranger_has_no_picture(
    shop: Database,
) -> None:
    await add(shop, Customer(id="C9", name="Nia", city="Atlantis"))
    await placed(shop)

    found = await picture(shop, "C9", "id")

    assert (found.value_class, found.value_name) == ("new", "pelanggan baru")
    assert found.names == {"activity": "belum pernah belanja", "region": "wilayah lain"}
    assert found.why == ("Belum ada pesanan.",)
    assert await Standings(shop, RULES, "Asia/Jakarta").of("nobody", "id") is None


async def test_a_quantity_of_zero_that_got_in_brings_nothing(shop: Database) -> None:
    await add(shop, customer("Z"))
    await buy(shop, "Z", "SHOES", quantity=-3)

    await placed(shop)

    found = await standing(shop, "Z")
    assert (found.orders, found.revenue_idr, found.activity) == (0, 0, "new")


async def test_who_is_erased_leaves_no_standing(shop: Database) -> None:
    await add(shop, customer("GONE"))
    await placed(shop)
    async with shop.write() as session:
        await session.delete(await session.get_one(Customer, "GONE"))

    async with shop.read() as session:
        assert await session.get(Standing, "GONE") is None


async def test_discounts_and_lines_of_one_order_count_once(shop: Database) -> None:
    await add(shop, customer("D"), product("PEN", "home", 10_000, cost_idr=4_000))
    number = await buy(shop, "D", "PEN", "SHOES")
    async with shop.write() as session:
        (await session.get_one(Order, number)).discount_idr = 1
        for line in (1, 2):
            row = await session.get_one(OrderLine, (number, line))
            row.quantity, row.unit_price_idr = 2, 10_000

    await placed(shop)

    found = await standing(shop, "D")
    assert (found.revenue_idr, found.orders) == (39_999, 1)
    assert found.margin_idr == 39_999 - 2 * 4_000 - 14_000
