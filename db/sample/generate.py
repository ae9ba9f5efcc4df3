"""Make the CSV files of the demo shop: `python -m db.sample.generate [FOLDER]`.

Every part draws from a generator of its own, so a change in one leaves the others alone.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from db.sample import content as content_files
from db.sample import offers, parcels, people, rows, segments, subscriptions
from db.sample.baskets import Baskets
from db.sample.content import Content
from db.sample.orders import Sale, Shop, Slots
from db.sample.people import Person
from db.sample.subscriptions import PlanOrder

SEED = "toko-laras"
ORDERS = 2500

Files = dict[str, Sequence[Any]]  # file name without .csv -> its rows


def make() -> Files:
    """Return the rows of every file."""
    content = content_files.load()
    crowd = people.invent(_rng("people"), content)
    subscribed, plan_orders = subscriptions.invent(_rng("subscriptions"), content, crowd)
    sales = _sales(content, crowd, plan_orders)
    shipments = [
        parcels.rows(sale.parcel, f"S{number:05d}", sale.order.number)
        for number, sale in enumerate((s for s in sales if s.parcel), start=1)
        if sale.parcel
    ]
    everyone = subscriptions.known(content, crowd) + subscribed
    return {
        "products": list(content.products.values()),
        "customers": segments.customers(_rng("segments"), crowd, (s.order for s in sales)),
        "orders": [sale.order for sale in sales],
        "order_lines": [line for sale in sales for line in sale.lines],
        "shipments": [shipment for shipment, _ in shipments],
        "shipment_events": [event for _, events in shipments for event in events],
        "invoices": subscriptions.invoices(_rng("invoices"), content, everyone),
        "promotions": offers.promotions(_rng("promotions"), content),
    }


def main(folder: Path) -> None:
    """Write the CSV files into `folder`."""
    for name, found in make().items():
        rows.write(folder / f"{name}.csv", found)


def _sales(content: Content, crowd: list[Person], plan_orders: list[PlanOrder]) -> list[Sale]:
    by_id = {person.id: person for person in crowd}
    known = content.known["orders"]
    slots = Slots(_rng("slots"), crowd, {entry["number"] for entry in known})
    planned = [(slots.on(p.day, p.person), p.basket) for p in plan_orders]
    free = slots.draw(ORDERS - len(known) - len(planned))
    rng = _rng("orders")
    shop = Shop(rng, content, Baskets(_rng("baskets"), content))
    sales = [shop.sell_known(entry, by_id[entry["customer_id"]]) for entry in known]
    to_sell = [*planned, *((slot, None) for slot in free)]
    # In order of time, for a customer's first order is the one with the welcome voucher.
    for slot, basket in sorted(to_sell, key=lambda pair: pair[0].order_number):
        sales.append(shop.sell(slot, basket))
    return sorted(sales, key=lambda sale: sale.order.number)


def _rng(part: str) -> Random:
    return Random(f"{SEED}/{part}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else content_files.FOLDER)
