"""The demo shop's CSV files: complete, consistent, alike in every run."""

import os
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from pathlib import Path

import phonenumbers
import pytest

from db.sample import days
from tests.db.sample_shop import (
    CUSTOMERS,
    FOLDER,
    NAMES,
    ORDERS,
    PRODUCTS,
    SHIPMENTS,
    SHOP,
    Row,
    baskets,
)


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_every_run_writes_the_committed_bytes(tmp_path: Path, hash_seed: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "db.sample.generate", str(tmp_path)],
        cwd=FOLDER.parents[1],
        env=os.environ | {"PYTHONHASHSEED": hash_seed},
        check=True,
    )

    written = {name: (tmp_path / f"{name}.csv").read_bytes() for name in NAMES}
    assert written == {name: (FOLDER / f"{name}.csv").read_bytes() for name in NAMES}


def test_the_shop_is_as_large_as_promised() -> None:
    counts = {name: len(SHOP[name]) for name in ("products", "customers", "orders")}

    assert counts == {"products": 142, "customers": 300, "orders": 2500}
    assert len({row["category"] for row in SHOP["products"]}) == 10


def test_the_files_together_stay_under_three_megabytes() -> None:
    assert sum((FOLDER / f"{name}.csv").stat().st_size for name in NAMES) < 3_000_000


def test_the_first_columns_are_the_agreed_ones() -> None:
    agreed = {
        "products": "sku,name_id,name_en,category,price_idr,cost_idr,stock,complements,"
        "refill_days,description_id,description_en,active",
        "customers": "id,name,phone,email,city,lang,since,segment,consent_offers,consent_at",
        "orders": "number,customer_id,ordered_at,status,total_idr,payment_method,channel,city",
        "order_lines": "order_number,line,sku,quantity,unit_price_idr",
        "shipments": "id,order_number,courier,tracking_number,shipped_at,eta,delivered_at,status",
        "shipment_events": "shipment_id,at,code,city,note",
        "invoices": "number,customer_id,plan_sku,issued_at,due_at,amount_idr,status,paid_at",
        "promotions": "id,kind,sku,category,percent_off,amount_off_idr,min_total_idr,"
        "starts_at,ends_at,title_id,title_en",
    }

    for name, columns in agreed.items():
        expected = columns.split(",")
        assert list(SHOP[name][0])[: len(expected)] == expected


@pytest.mark.parametrize(
    "key",
    [
        "products.sku",
        "customers.id",
        "customers.phone",
        "customers.email",
        "orders.number",
        "shipments.id",
        "shipments.order_number",
        "shipments.tracking_number",
        "invoices.number",
        "promotions.id",
    ],
)
def test_no_key_occurs_twice(key: str) -> None:
    name, column = key.split(".")
    repeated = [k for k, n in Counter(row[column] for row in SHOP[name]).items() if n > 1]

    assert repeated == []


@pytest.mark.parametrize(
    ("name", "column", "known"),
    [
        ("orders", "customer_id", CUSTOMERS),
        ("order_lines", "order_number", ORDERS),
        ("order_lines", "sku", PRODUCTS),
        ("shipments", "order_number", ORDERS),
        ("shipment_events", "shipment_id", SHIPMENTS),
        ("invoices", "customer_id", CUSTOMERS),
        ("invoices", "plan_sku", PRODUCTS),
        ("promotions", "sku", PRODUCTS | {"": {}}),
    ],
)
def test_every_reference_is_answered(name: str, column: str, known: dict[str, Row]) -> None:
    assert {row[column] for row in SHOP[name]} - set(known) == set()


def test_every_complement_and_upgrade_is_a_product() -> None:
    named = {c for row in SHOP["products"] for c in row["complements"].split("|")}
    named |= {row["upgrade_to"] for row in SHOP["products"]}

    assert named - set(PRODUCTS) == {""}


def test_people_have_possible_phones_with_different_last_digits() -> None:
    phones = [row["phone"] for row in SHOP["customers"]]

    assert len({phone[-4:] for phone in phones}) == len(phones)
    assert {phone[:-4] for phone in phones} == {"+62811000"}
    assert all(phonenumbers.is_possible_number(phonenumbers.parse(p)) for p in phones)
    assert {row["email"].partition("@")[2] for row in SHOP["customers"]} == {"example.com"}


def test_a_total_is_the_sum_of_its_parts() -> None:
    lines: Counter[str] = Counter()
    for line in SHOP["order_lines"]:
        lines[line["order_number"]] += int(line["quantity"]) * int(line["unit_price_idr"])

    wrong = [
        number
        for number, row in ORDERS.items()
        if int(row["total_idr"])
        != lines[number] + int(row["shipping_idr"]) + int(row["fee_idr"]) - int(row["discount_idr"])
    ]
    assert wrong == []


def test_order_numbers_carry_the_date_and_rise_with_time() -> None:
    times = [datetime.fromisoformat(row["ordered_at"]) for row in SHOP["orders"]]

    assert sorted(ORDERS) == list(ORDERS)
    assert sorted(times) == times
    assert [f"{t:%y%m%d}" for t in times] == [number[3:9] for number in ORDERS]
    assert times[0].date() >= days.FIRST_DAY
    assert times[-1] <= days.NOW


def test_nobody_orders_before_becoming_a_customer() -> None:
    early = [
        number
        for number, row in ORDERS.items()
        if row["ordered_at"][:10] < CUSTOMERS[row["customer_id"]]["since"]
    ]

    assert early == []


def test_every_status_occurs_and_fits_the_age_of_the_order() -> None:
    ages: dict[str, list[timedelta]] = defaultdict(list)
    for row in SHOP["orders"]:
        ages[row["status"]].append(days.NOW - datetime.fromisoformat(row["ordered_at"]))

    assert sorted(ages) == [
        "cancelled",
        "delivered",
        "packed",
        "paid",
        "pending",
        "returned",
        "shipped",
    ]
    assert max(ages["pending"]) <= timedelta(hours=24)
    assert max(ages["paid"] + ages["packed"]) <= timedelta(days=7)
    assert max(ages["shipped"]) <= timedelta(days=35)


def test_nothing_has_happened_after_the_last_moment_of_the_data() -> None:
    columns = {
        "orders": ("ordered_at", "paid_at"),
        "shipments": ("shipped_at", "delivered_at"),
        "shipment_events": ("at",),
        "invoices": ("issued_at", "paid_at"),
        "customers": ("consent_at",),
    }

    latest = max(row[c] for name, names in columns.items() for row in SHOP[name] for c in names)
    assert datetime.fromisoformat(latest) <= days.NOW


def test_shipped_goods_and_only_they_have_a_shipment() -> None:
    shippable = {sku for sku, row in PRODUCTS.items() if row["shippable"] == "true"}
    sent = {
        number
        for number, skus in baskets().items()
        if skus & shippable and ORDERS[number]["status"] in {"shipped", "delivered", "returned"}
    }

    assert {row["order_number"] for row in SHOP["shipments"]} == sent


def test_events_run_forward_and_end_in_the_status_of_the_shipment() -> None:
    events: dict[str, list[Row]] = defaultdict(list)
    for event in SHOP["shipment_events"]:
        events[event["shipment_id"]].append(event)

    for key, shipment in SHIPMENTS.items():
        times = [event["at"] for event in events[key]]
        assert times == sorted(times)
        assert times[0] == shipment["shipped_at"]
        assert events[key][-1]["code"] == shipment["status"]
        assert shipment["delivered_at"] == (times[-1] if shipment["status"] == "delivered" else "")
        assert shipment["shipped_at"] > ORDERS[shipment["order_number"]]["ordered_at"]


def test_some_parcels_are_late_now() -> None:
    late = [
        row["order_number"]
        for row in SHOP["shipments"]
        if row["eta"] < days.NOW.date().isoformat()
        and row["status"] not in {"delivered", "returned_to_sender"}
    ]

    assert "TL-261110-0077" in late
    assert len(late) > 1


def test_invoices_are_issued_on_the_5th_and_due_on_the_20th() -> None:
    days_of_month = {(row["issued_at"][8:10], row["due_at"][8:10]) for row in SHOP["invoices"]}
    statuses = Counter(row["status"] for row in SHOP["invoices"])

    assert days_of_month == {("05", "20")}
    assert set(statuses) == {"paid", "due", "overdue"}
    assert statuses["paid"] > 0.9 * len(SHOP["invoices"])
    assert all((row["status"] == "paid") == bool(row["paid_at"]) for row in SHOP["invoices"])


def test_every_day_until_april_has_one_deal() -> None:
    deals = [row["starts_at"][:10] for row in SHOP["promotions"] if row["kind"] == "deal_of_day"]
    first = date(2026, 11, 1)

    assert deals == [(first + timedelta(days=n)).isoformat() for n in range(151)]


def test_a_promotion_takes_off_either_a_share_or_an_amount() -> None:
    both_or_none = [
        row["id"]
        for row in SHOP["promotions"]
        if bool(row["percent_off"]) == bool(row["amount_off_idr"])
    ]

    assert both_or_none == []
