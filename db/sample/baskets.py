"""Fill shopping baskets the way people do: things that belong together are bought together."""

import math
from collections import defaultdict
from datetime import date
from random import Random

from db.sample.content import Content, Product
from db.sample.people import Person

# The chance of one more complement, and of one more unrelated product, by what is already there.
COMPLEMENT_CHANCE = (0.55, 0.35, 0.2)
STRAY_CHANCE = 0.22
RETURN_FOR_COMPLEMENT_CHANCE = 0.3
FAVOURITE_WEIGHT = 4.0
SERVICE_WEIGHT = 0.15
OLD_MODELS_UNTIL = date(2026, 1, 1)
OLD_PRICE_SHARE = 0.95
CHEAP_IDR = 100_000

Basket = dict[str, int]  # sku -> quantity


class Baskets:
    """Chooses what each customer buys, remembering what they bought before."""

    def __init__(self, rng: Random, content: Content) -> None:
        """Give every product a popularity; cheap things sell more often."""
        self._rng = rng
        self._content = content
        self._bought: dict[str, set[str]] = defaultdict(set)
        self._popularity = {sku: self._popular(p) for sku, p in content.products.items()}

    def fill(self, person: Person, day: date) -> Basket:
        """Return what `person` buys on `day`."""
        skus = [self._first(person, day)]
        for chance in COMPLEMENT_CHANCE:
            options = self._complements(skus, day)
            if not options or self._rng.random() >= chance:
                break
            skus.append(self._rng.choice(options))
        if self._rng.random() < STRAY_CHANCE:
            stray = self._any(person, day)
            if stray not in skus:
                skus.append(stray)
        self._bought[person.id].update(skus)
        return {sku: self._quantity(sku) for sku in skus}

    def price(self, sku: str, day: date) -> int:
        """Return the price in IDR on `day`: goods were a little cheaper until 2026."""
        product = self._content.products[sku]
        if not product.shippable or day >= OLD_MODELS_UNTIL:
            return product.price_idr
        return round(product.price_idr * OLD_PRICE_SHARE / 1000) * 1000

    def _first(self, person: Person, day: date) -> str:
        missing = self._complements(sorted(self._bought[person.id]), day)
        missing = [sku for sku in missing if sku not in self._bought[person.id]]
        if missing and self._rng.random() < RETURN_FOR_COMPLEMENT_CHANCE:
            return self._rng.choice(missing)
        return self._any(person, day)

    def _any(self, person: Person, day: date) -> str:
        products = [p for p in self._content.products.values() if self._is_sold(p, day)]
        weights = [
            self._popularity[p.sku] * (FAVOURITE_WEIGHT if p.category in person.tastes else 1.0)
            for p in products
        ]
        return self._rng.choices(products, weights)[0].sku

    def _complements(self, skus: list[str], day: date) -> list[str]:
        products = self._content.products
        found = [c for sku in skus for c in products[sku].complements if c not in skus]
        return [c for c in dict.fromkeys(found) if self._is_sold(products[c], day)]

    def _is_sold(self, product: Product, day: date) -> bool:
        # Plans and what belongs to them are sold by subscriptions.py.
        if product.sku in self._content.plans or self._content.plans & set(product.complements):
            return False
        return product.active or day < OLD_MODELS_UNTIL

    def _popular(self, product: Product) -> float:
        taste = self._rng.lognormvariate(0, 0.6)
        weight = taste * math.pow(200_000 / product.price_idr, 0.35)
        return weight if product.shippable else weight * SERVICE_WEIGHT

    def _quantity(self, sku: str) -> int:
        product = self._content.products[sku]
        if product.price_idr >= CHEAP_IDR or not product.shippable:
            return 1
        return self._rng.choices([1, 2, 3], [75, 20, 5])[0]
