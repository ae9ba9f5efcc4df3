from datetime import timedelta

import pytest

from crm.orders import (
    OrderEvent,
    OrderItem,
    OrderLookup,
    OrderNotFound,
    OrderView,
    SqlOrders,
    is_late,
)
from crm.proofs import Attempt, Lockout, LookupLocked, Verified
from crm.tables import Order, OrderLine, Shipment, ShipmentEvent
from db.engine import Database
from tests.crm.shop import BUDI_ORDER, NOON, SARI_ORDER, add, at_noon, fill

SARIS = OrderView(
    number=SARI_ORDER,
    customer_id="C0001",
    city="Bandung",
    ordered_at=NOON - timedelta(days=3),
    status="shipped",
    total_idr=590_000,
    courier="JNE",
    tracking_number="JNE123",
    eta=NOON + timedelta(days=1),
    late=False,
    events=(
        OrderEvent(NOON - timedelta(days=2), "picked_up", "Bandung"),
        OrderEvent(NOON - timedelta(days=1), "in_transit", "Jakarta"),
    ),
    lines=(
        OrderItem("NECKLACE", "necklace (id)", "necklace (en)", 1),
        OrderItem("SERUM", "serum (id)", "serum (en)", 1),
    ),
)


@pytest.mark.parametrize(
    "proof",
    [
        "1111",
        " 11 11 ",
        "4 angka terakhirnya 1111 kak",
        "sari@example.com",
        "SARI@Example.COM ",
        "0812-0000-1111",
        "+62 812 0000 1111",
        Verified("C0001"),
    ],
)
async def test_an_order_is_shown_to_whoever_proves_it_is_theirs(
    database: Database, proof: str | Verified
) -> None:
    await fill(database)
    orders = SqlOrders(database, at_noon)

    assert await orders.find(SARI_ORDER, proof) == SARIS


@pytest.mark.parametrize(
    "proof",
    [
        "2222",
        "111",
        "11111",
        "",
        "1111 2222",
        "1111 atau 1112",
        "sari",
        "0812",
        "budi@example.com",
        "None",
        "sari@example.com.evil.com",
        "081200002222",
        "¹¹¹¹",
        "\x00",
        "\ud800",
        Verified("C0002"),
    ],
)
async def test_a_wrong_proof_gets_the_same_error_as_an_unknown_number(
    database: Database, proof: str | Verified
) -> None:
    await fill(database)
    orders = SqlOrders(database, at_noon)

    with pytest.raises(OrderNotFound) as wrong_proof:
        await orders.find(SARI_ORDER, proof)
    with pytest.raises(OrderNotFound) as wrong_number:
        await orders.find("TL-000000-0000", proof)

    assert type(wrong_proof.value) is type(wrong_number.value)


@pytest.mark.parametrize(
    "typed",
    ["tl-261115-0001", " TL-261115-0001. ", "TL- 261115 -0001", "TL–261115–0001"],
)
async def test_a_number_is_understood_as_people_type_it(database: Database, typed: str) -> None:
    await fill(database)

    assert (await SqlOrders(database, at_noon).find(typed, "1111")).number == SARI_ORDER


@pytest.mark.parametrize("typed", ["", "\x00", "\ud800", "'; DROP TABLE orders; --", "x" * 5_000])
async def test_a_strange_number_is_only_an_unknown_number(database: Database, typed: str) -> None:
    with pytest.raises(OrderNotFound):
        await SqlOrders(database).find(typed, "1111")


async def test_a_customer_sees_only_their_own_orders(database: Database) -> None:
    await fill(database)
    orders = SqlOrders(database, at_noon)

    assert [order.number for order in await orders.of_customer("C0001")] == [SARI_ORDER]
    assert [order.number for order in await orders.of_customer("C0002")] == [BUDI_ORDER]
    assert await orders.of_customer("C9999") == []


def test_an_order_is_late_when_its_promised_day_has_passed() -> None:
    ordered = NOON - timedelta(days=10)

    assert is_late("shipped", ordered, NOON - timedelta(hours=1), NOON)
    assert not is_late("shipped", ordered, NOON + timedelta(hours=1), NOON)
    assert not is_late("delivered", ordered, NOON - timedelta(hours=1), NOON)
    assert is_late("paid", ordered, None, NOON)
    assert not is_late("paid", NOON - timedelta(days=1), None, NOON)
    assert not is_late("pending", ordered, None, NOON)


async def test_of_several_orders_each_has_its_own_lines_and_parcel_the_newest_first(
    database: Database,
) -> None:
    await fill(database)
    later = NOON - timedelta(days=1)
    await add(
        database,
        Order(number="TL-2", customer_id="C0001", ordered_at=later, status="shipped", total_idr=7),
    )
    sent = {"order_number": "TL-2", "courier": "SiCepat", "status": "shipped"}
    await add(
        database,
        OrderLine(order_number="TL-2", line=2, sku="SERUM", quantity=3, unit_price_idr=1),
        OrderLine(order_number="TL-2", line=1, sku="NECKLACE", quantity=2, unit_price_idr=1),
        Shipment(id="Z1", delivered_at=later, **sent),
        Shipment(id="Z2", tracking_number="SC2", **sent),
    )
    await add(
        database,
        ShipmentEvent(shipment_id="Z1", at=later, code="delivered"),
        ShipmentEvent(shipment_id="Z2", at=NOON, code="in_transit", city="Solo"),
        ShipmentEvent(shipment_id="Z2", at=later, code="picked_up", city="Solo"),
    )

    second, first = await SqlOrders(database, at_noon).of_customer("C0001")

    assert first == SARIS
    assert (second.number, second.tracking_number) == ("TL-2", "SC2")
    assert [event.code for event in second.events] == ["picked_up", "in_transit"]
    assert [(line.sku, line.quantity) for line in second.lines] == [("NECKLACE", 2), ("SERUM", 3)]


async def test_only_the_newest_orders_are_shown(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm.orders._MOST", 1)
    await fill(database)
    later = NOON - timedelta(days=1)
    await add(
        database,
        Order(number="TL-2", customer_id="C0001", ordered_at=later, status="paid", total_idr=7),
    )

    (shown,) = await SqlOrders(database, at_noon).of_customer("C0001")
    assert (shown.number, shown.lines, shown.courier) == ("TL-2", (), None)


async def test_a_verified_customer_sees_an_order_at_which_others_guessed(
    database: Database,
) -> None:
    await fill(database)
    lookup = OrderLookup(SqlOrders(database, at_noon), Lockout(database, clock=at_noon))
    for guess in range(10):
        with pytest.raises(OrderNotFound):
            await lookup.find(Attempt(f"attacker {guess}", "t"), SARI_ORDER, "0000")
    with pytest.raises(LookupLocked):
        await lookup.find(Attempt("new conversation", "t"), SARI_ORDER, "1111")

    assert await lookup.find(Attempt("hers", "t"), SARI_ORDER, Verified("C0001")) == SARIS
