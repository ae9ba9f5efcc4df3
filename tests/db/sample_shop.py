"""Read the committed CSV files of the demo shop once for all tests that look into them."""

import csv
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path

from db.sample import content

Row = dict[str, str]
FOLDER = Path(content.__file__).parent
NAMES = [
    "products",
    "customers",
    "orders",
    "order_lines",
    "shipments",
    "shipment_events",
    "invoices",
    "promotions",
]


def read(name: str) -> list[Row]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


SHOP = {name: read(name) for name in NAMES}
PRODUCTS = {row["sku"]: row for row in SHOP["products"]}
ORDERS = {row["number"]: row for row in SHOP["orders"]}
CUSTOMERS = {row["id"]: row for row in SHOP["customers"]}
SHIPMENTS = {row["id"]: row for row in SHOP["shipments"]}


def baskets() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for line in SHOP["order_lines"]:
        found[line["order_number"]].add(line["sku"])
    return found


def lift(pairs: set[tuple[str, str]]) -> float:
    """How much more often the pairs stand in one order than if buying were by chance."""
    orders = baskets().values()
    sold = Counter(sku for skus in orders for sku in skus)
    together = sum(pair in pairs for skus in orders for pair in combinations(sorted(skus), 2))
    return together * len(orders) / sum(sold[a] * sold[b] for a, b in pairs)


def complement_pairs(first: str, second: str) -> set[tuple[str, str]]:
    """Complements from the skus that start with `first` to those that start with `second`."""
    return {
        (min(sku, other), max(sku, other))
        for sku, row in PRODUCTS.items()
        for other in filter(None, row["complements"].split("|"))
        if sku.startswith(first) and other.startswith(second)
    }
