"""What a product costs while promotions hold."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.tables import Product, Promotion


@dataclass(frozen=True, slots=True)
class Price:
    """The best price now; `promotion` is what lowered it from `was_idr`."""

    price_idr: int
    was_idr: int | None = None
    promotion: Promotion | None = None


async def holding(session: AsyncSession, at: datetime) -> list[Promotion]:
    """Return the promotions that hold at `at` for everybody, the biggest reductions first.

    Vouchers to type in are left out: whether somebody may use one is decided at the checkout.
    """
    rows = await session.scalars(
        select(Promotion)
        .where(Promotion.starts_at <= at, Promotion.ends_at >= at, Promotion.code.is_(None))
        .order_by(Promotion.percent_off.desc(), Promotion.amount_off_idr.desc(), Promotion.id)
    )
    return list(rows)


def best_price(product: Product, promotions: Iterable[Promotion]) -> Price:
    """Return the lowest price that one of `promotions` gives; they do not add up."""
    best = Price(product.price_idr)
    for promotion in promotions:
        price_idr = _reduced(product, promotion)
        if price_idr is not None and price_idr < best.price_idr:
            best = Price(price_idr, product.price_idr, promotion)
    return best


def _reduced(product: Product, promotion: Promotion) -> int | None:
    if promotion.sku is not None and promotion.sku != product.sku:
        return None
    if promotion.category is not None and promotion.category != product.category:
        return None
    if product.price_idr < (promotion.min_total_idr or 0):
        return None
    if promotion.percent_off is not None:
        return product.price_idr * (100 - promotion.percent_off) // 100
    return max(product.price_idr - (promotion.amount_off_idr or 0), 0)
