"""What a product costs while promotions hold."""

from collections.abc import Iterable
from dataclasses import dataclass

from crm.offering.goods import Goods, Running


@dataclass(frozen=True, slots=True)
class Price:
    """The best price now; `promotion` is what lowered it from `was_idr`."""

    price_idr: int
    was_idr: int | None = None
    promotion: Running | None = None


def best_price(product: Goods, promotions: Iterable[Running]) -> Price:
    """Return the lowest price that one of `promotions` gives; they do not add up."""
    best = Price(product.price_idr)
    for promotion in promotions:
        price_idr = _reduced(product, promotion)
        if price_idr is not None and price_idr < best.price_idr:
            best = Price(price_idr, product.price_idr, promotion)
    return best


def _reduced(product: Goods, promotion: Running) -> int | None:
    if promotion.sku is not None and promotion.sku != product.sku:
        return None
    if promotion.category is not None and promotion.category != product.category:
        return None
    if product.price_idr < (promotion.min_total_idr or 0):
        return None
    if promotion.percent_off is not None:
        return product.price_idr * (100 - promotion.percent_off) // 100
    return max(product.price_idr - (promotion.amount_off_idr or 0), 0)
