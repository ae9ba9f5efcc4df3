import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from crm.importing.problems import FilesRefused
from crm.importing.woocommerce import import_woocommerce
from crm.tables import Customer, Order, OrderLine, Product, Promotion
from db.base import now
from db.engine import Database

PAYLOADS = Path(__file__).parent / "woocommerce"
FILES = [PAYLOADS / f"{name}.json" for name in ("orders", "customers", "products")]  # any order

Change = Callable[[Any], None]


async def test_a_shops_export_is_taken_in_whole_and_a_second_time_changes_nothing(
    database: Database,
) -> None:
    first = await import_woocommerce(database, FILES)
    again = await import_woocommerce(database, FILES)

    assert [str(report) for report in first.reports] == [
        "products: 3 inserted, 0 updated, 0 unchanged",
        "customers: 2 inserted, 0 updated, 0 unchanged",
        "orders: 2 inserted, 0 updated, 0 unchanged",
        "order_lines: 2 inserted, 0 updated, 0 unchanged",
        "promotions: 1 inserted, 0 updated, 0 unchanged",
    ]
    assert [report.unchanged for report in again.reports] == [3, 2, 2, 2, 1]
    assert first.remarks == (
        "orders.json:2: refunds: Rp100000 refunded; counted off the total",
        "products.json:2: cross_sell_ids: product 99 is not in the files; left out",
    )
    async with database.read() as session:
        necklace = await session.get_one(Product, "KLG-1")
        polish = await session.get_one(Product, "WC-13")
        dewi = await session.get_one(Customer, "WC-26")
        refunded = await session.get_one(Order, "727")
        guests = await session.get_one(Order, "728")
        guest = await session.get_one(Customer, guests.customer_id)
        line = await session.get_one(OrderLine, ("727", 1))
        sale = (await session.scalars(select(Promotion))).one()
    assert (necklace.complements, necklace.price_idr, necklace.stock) == (["ANT-1"], 250_000, 12)
    assert necklace.description_id == "Kalung Perak & kotaknya"
    assert (polish.shippable, polish.stock) == (False, 100)
    assert (dewi.name, dewi.phone, dewi.city) == ("Dewi Lestari", "+6281234567890", "Bandung")
    assert dewi.consent_offers is False
    assert (refunded.total_idr, refunded.status) == (415_000, "delivered")
    assert refunded.ordered_at == datetime(2026, 11, 3, 7, 30, tzinfo=UTC)
    assert (guest.name, guest.email, guests.status) == ("Rina Putri", "rina@example.com", "paid")
    assert (line.sku, line.quantity, line.unit_price_idr) == ("KLG-1", 2, 250_000)
    assert (sale.sku, sale.amount_off_idr) == ("ANT-1", 25_000)


def _of(kind: str, number: int, change: Change) -> tuple[str, int, Change]:
    return kind, number, change


def _later(found: Any) -> None:
    found["date_created_gmt"] = (now() + timedelta(days=40)).isoformat()[:19]
    found["date_created"] = found["date_created_gmt"]


BAD = {
    "in dollars": (
        _of("orders", 1, lambda o: o.update(currency="USD")),
        "currency: 'USD': amounts must be IDR",
    ),
    "with cents": (
        _of("products", 0, lambda p: p.update(regular_price="15.99")),
        "regular_price: 15.99 is not whole rupiah: another currency?",
    ),
    "a sum in another currency": (
        _of("orders", 0, lambda o: o.update(total="51")),
        "total: 51, but its lines sum to 515000: a currency mixed up?",
    ),
    "an unknown customer": (
        _of("orders", 0, lambda o: o.update(customer_id=999)),
        "customer_id: unknown id WC-999",
    ),
    "a guest without any contact": (
        _of("orders", 1, lambda o: o["billing"].update(email="", phone="")),
        "customer_id: unknown customer: no account, no e-mail and no phone",
    ),
    "a negative quantity": (
        _of("orders", 1, lambda o: o["line_items"][0].update(quantity=-1)),
        "line_items[0].quantity: -1 is not above 0",
    ),
    "a refund above the order": (
        _of("orders", 0, lambda o: o["refunds"][0].update(total="-900000")),
        "refunds: 900000 refunded of an order of 515000",
    ),
    "a refund that adds": (
        _of("orders", 0, lambda o: o["refunds"][0].update(total="100000")),
        "refunds: '100000' is not negative, as refunds are",
    ),
    "day and month mixed up": (
        _of("orders", 0, lambda o: o.update(date_created="2026-03-11T14:30:00")),
        "2026-03-11T14:30:00 and 2026-11-03T07:30:00 are no time zone apart",
    ),
    "an order still to come": (_of("orders", 0, _later), "is still to come"),
    "a sale that ends before it begins": (
        _of("products", 1, lambda p: p.update(date_on_sale_to_gmt="2026-10-01T00:00:00")),
        "ends_at: ends before it starts",
    ),
    "its own complement": (
        _of("products", 0, lambda p: p.update(cross_sell_ids=[11])),
        "cross_sell_ids: Kalung Perak is its own complement",
    ),
    "two products of one code": (
        _of("products", 1, lambda p: p.update(sku="KLG-1")),
        "sku: KLG-1 is already in products.json:2",
    ),
    "an unknown state": (
        _of("orders", 0, lambda o: o.update(status="lost")),
        "status: 'lost' is none of pending,",
    ),
    "a product nobody knows": (
        _of("orders", 1, lambda o: o["line_items"][0].update(product_id=77, sku="XXX")),
        "sku: unknown sku XXX",
    ),
}


@pytest.mark.parametrize("case", BAD)
async def test_what_is_wrong_is_refused_with_file_line_and_reason_and_nothing_is_taken_in(
    sqlite_database: Database, tmp_path: Path, case: str
) -> None:
    (kind, number, change), reason = BAD[case]
    files = [
        _changed(file, tmp_path, number, change if kind == file.stem else None) for file in FILES
    ]
    wrong = next(file for file in files if file.stem == kind)
    starts = [n for n, line in enumerate(wrong.read_text().splitlines(), 1) if line == "  {"]

    with pytest.raises(FilesRefused) as refused:
        await import_woocommerce(sqlite_database, files)

    problems = refused.value.problems[wrong]
    assert problems[0].line == starts[number]
    assert reason in f"{problems[0].column}: {problems[0].reason}"
    assert f"{kind}.json:{starts[number]}: " in str(refused.value)
    assert list(refused.value.problems) == [wrong]
    async with sqlite_database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Product)) == 0


def _changed(file: Path, folder: Path, number: int, change: Change | None) -> Path:
    content = json.loads(file.read_text(encoding="utf-8"))
    if change is not None:
        change(content[number])
    copy = folder / file.name
    copy.write_text(json.dumps(content, indent=2, ensure_ascii=False), encoding="utf-8")
    return copy


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ('[\n{"id": 1,\n}]', 3, "is no JSON from here on"),
        ('[\n\n{"code": "woocommerce_rest_cannot_view"}]', 3, "is no product, customer or order"),
        ('[{"id": 1, "regular_price": "1000", "name": "x"}', 1, "the list has no end"),
        ("[1]", 1, "an object is expected"),
    ],
)
async def test_what_is_no_export_is_refused(
    sqlite_database: Database, tmp_path: Path, text: str, line: int, reason: str
) -> None:
    file = tmp_path / "x.json"
    file.write_text(text)

    with pytest.raises(FilesRefused) as refused:
        await import_woocommerce(sqlite_database, [file])

    assert refused.value.problems[file][0].line == line
    assert reason in refused.value.problems[file][0].reason
