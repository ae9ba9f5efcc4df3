"""What the demo shop's customers buy together, and the well-known customers and orders."""

import pytest

from tests.db.sample_shop import CUSTOMERS, ORDERS, PRODUCTS, SHOP, baskets, complement_pairs, lift


@pytest.mark.parametrize(
    ("first", "second"),
    [("", ""), ("JWL", "JWL"), ("SHO", "BLT"), ("PHN", "ACC"), ("SVC-007", "NET")],
)
def test_complements_are_bought_together_far_more_often_than_by_chance(
    first: str, second: str
) -> None:
    assert lift(complement_pairs(first, second)) > 5


def test_other_products_are_not_bought_together_more_often_than_by_chance() -> None:
    skus = sorted(PRODUCTS)
    others = {(a, b) for a in skus for b in skus if a < b} - complement_pairs("", "")

    assert lift(others) < 1


def test_budi_has_shoes_on_the_way_no_belt_and_an_invoice_due() -> None:
    mine = {number for number, row in ORDERS.items() if row["customer_id"] == "C0001"}
    shipment = next(r for r in SHOP["shipments"] if r["order_number"] == "TL-261118-0042")
    bought = set().union(*(skus for number, skus in baskets().items() if number in mine))
    due = [
        r["number"]
        for r in SHOP["invoices"]
        if r["customer_id"] == "C0001" and r["status"] != "paid"
    ]

    assert CUSTOMERS["C0001"]["phone"] == "+628110004321"
    assert mine == {"TL-250714-0064", "TL-261020-0017", "TL-261118-0042"}
    assert (shipment["courier"], shipment["status"], shipment["eta"]) == (
        "JNE",
        "in_transit",
        "2026-11-24",
    )
    assert [sku for sku in bought if PRODUCTS[sku]["category"] == "belts"] == []
    assert due == ["INV-2611-0001"]


def test_sarah_has_a_necklace_and_a_late_parcel_and_reads_english() -> None:
    late = next(r for r in SHOP["shipments"] if r["order_number"] == "TL-261110-0077")

    assert CUSTOMERS["C0002"]["lang"] == "en"
    assert ORDERS["TL-261105-0101"]["status"] == "delivered"
    assert baskets()["TL-261105-0101"] == {"JWL-001", "SVC-001"}
    assert (late["courier"], late["eta"], late["delivered_at"]) == ("SiCepat", "2026-11-13", "")


def test_made_declined_offers_and_waits_for_a_paid_order() -> None:
    assert CUSTOMERS["C0003"]["consent_offers"] == "false"
    assert CUSTOMERS["C0003"]["consent_at"] != ""
    assert ORDERS["TL-261117-0008"]["status"] == "paid"
