"""Read the hand-edited YAML files from which the demo shop's CSV files are made."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent

# The files are ours and small; what is wrong in them shows as a KeyError with the missing name.
Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Product:
    """One thing the shop sells; the fields are the columns of products.csv."""

    sku: str
    name_id: str
    name_en: str
    category: str
    price_idr: int
    cost_idr: int
    stock: int
    complements: tuple[str, ...]
    refill_days: int | None
    description_id: str
    description_en: str
    active: bool
    shippable: bool
    upgrade_to: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """A city where customers live, and how the couriers reach it."""

    city: str
    zone: str  # java, outside or remote
    hub: str
    share: int
    larasnet: bool = False


@dataclass(frozen=True)
class Content:
    """All that people wrote for the demo shop."""

    products: dict[str, Product]
    places: dict[str, Place]
    names: list[Entry]
    promotions: Entry
    known: Entry

    @cached_property
    def plans(self) -> frozenset[str]:
        """Return the skus of the LarasNet plans: what can be upgraded or is an upgrade."""
        upgrades = [(p.sku, p.upgrade_to) for p in self.products.values() if p.upgrade_to]
        return frozenset(sku for pair in upgrades for sku in pair)


def load() -> Content:
    """Read the files. Raises ValueError where they name a sku that the catalogue lacks."""
    people = _read("people.yml")
    content = Content(
        products={p.sku: p for p in _products(_read("catalogue.yml"))},
        places={p["city"]: Place(**p) for p in people["places"]},
        names=people["names"],
        promotions=_read("promotions.yml"),
        known=_read("known.yml"),
    )
    _check_skus(content)
    return content


def moment(text: str) -> datetime:
    """Read an RFC 3339 time, which must carry its offset."""
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise ValueError(f"{text} has no offset")
    return value


def email_of(name: str, number: int = 1) -> str:
    """Make the address of `name`; the second person of that name gets a 2."""
    local = ".".join(name.lower().replace("-", "").split())
    return f"{local}{number if number > 1 else ''}@example.com"


def is_open(start: date, end: date | None, day: date) -> bool:
    """Tell whether `day` lies in the span, both ends included; no end means for ever."""
    return start <= day and (end is None or day <= end)


def _read(name: str) -> Entry:
    loaded: Entry = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    return loaded


def _products(catalogue: Entry) -> list[Product]:
    return [
        Product(
            sku=entry["sku"],
            name_id=entry["name"]["id"],
            name_en=entry["name"]["en"],
            category=category,
            price_idr=entry["price_idr"],
            cost_idr=round(entry["price_idr"] * section["cost_ratio"] / 500) * 500,
            stock=entry["stock"],
            complements=tuple(entry["complements"]),
            refill_days=entry.get("refill_days"),
            description_id=entry["description"]["id"],
            description_en=entry["description"]["en"],
            active=entry.get("active", True),
            shippable=entry.get("shippable", True),
            upgrade_to=entry.get("upgrade_to"),
        )
        for category, section in catalogue.items()
        for entry in section["products"]
    ]


def _check_skus(content: Content) -> None:
    used = {c for p in content.products.values() for c in p.complements} | content.plans
    used |= {line["sku"] for order in content.known["orders"] for line in order["lines"]}
    used |= {p["sku"] for p in content.promotions["promotions"] if "sku" in p}
    if missing := sorted(used - set(content.products)):
        raise ValueError(f"not in catalogue.yml: {', '.join(missing)}")
