"""Find what fits somebody's purchases in what the orders taught; a few milliseconds."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.recommending.learning import fashion
from crm.recommending.store import LESSON
from crm.recommending.tables import Demand, Fit, Lesson
from crm.tables import Product

_FEW = 5  # customers; bought together by fewer may be chance
_HISTORY = 50  # products bought that are looked at, the first of those given
_MOST = 20
_CERTAINTY = 1.96  # standard deviations: 95 %, both sides


@dataclass(frozen=True, slots=True)
class Fitting:
    """A product that fits; `together` of the `buyers` of `because` bought it as well."""

    sku: str
    because: str
    together: int
    buyers: int


async def fitting(session: AsyncSession, bought: Sequence[str]) -> list[Fitting]:
    """Return what fits the products in `bought` and is not among them, best first."""
    looked_at = list(dict.fromkeys(bought))[:_HISTORY]
    if not looked_at:
        return []
    fit = (func.sum(Fit.weight) + Demand.anybody) * fashion(Demand.recent, Demand.buyers)
    usual = 1.0 * Demand.buyers / Lesson.customers
    best = await session.execute(
        select(Fit.sku, usual.label("usual"))
        .join(Demand, Demand.sku == Fit.sku)
        .join(Lesson, Lesson.id == LESSON)
        .where(Fit.because.in_(looked_at), Fit.sku.not_in(bought))
        .group_by(Fit.sku, Demand.buyers, Demand.recent, Demand.anybody, Lesson.customers)
        .order_by(fit.desc(), Fit.sku)
        .limit(_MOST)
    )
    shares = {row.sku: row.usual for row in best}  # of all customers
    if not shares:
        return []
    speaking = await session.execute(
        select(Fit.sku, Fit.because, Fit.customers, Demand.buyers)
        .join(Demand, Demand.sku == Fit.because)
        .where(Fit.sku.in_(shares), Fit.because.in_(looked_at))
        .order_by(Fit.weight.desc(), Fit.because)
    )
    reasons: dict[str, Fitting] = {}
    for row in speaking:
        if row.sku not in reasons and no_chance(row.customers, row.buyers, shares[row.sku]):
            reasons[row.sku] = Fitting(row.sku, row.because, row.customers, row.buyers)
    return [reasons[sku] for sku in shares if sku in reasons]


async def best_sellers(session: AsyncSession, category: str | None = None) -> list[str]:
    """Return the SKUs that most customers bought lately, of `category` only if given."""
    query = (
        select(Demand.sku)
        .join(Product, Product.sku == Demand.sku)
        .where(Product.shippable)
        .order_by(Demand.recent.desc(), Demand.sku)
        .limit(_MOST)
    )
    if category is not None:
        query = query.where(Product.category == category)
    return list(await session.scalars(query))


def no_chance(together: int, buyers: int, usual: float) -> bool:
    """Say whether `together` of `buyers` is surely more than the share `usual` of all customers.

    That is, whether the lower bound of the lift is above 1 (Wilson 1927, 95 %).
    """
    return together >= _FEW and wilson_lower(together, buyers) > usual


def wilson_lower(together: int, buyers: int) -> float:
    """Return the lower end of the 95 % interval of the share `together` of `buyers`, 0 to 1."""
    share, z2 = together / buyers, _CERTAINTY**2
    middle = share + z2 / (2 * buyers)
    spread = _CERTAINTY * sqrt(share * (1 - share) / buyers + z2 / (4 * buyers**2))
    return (middle - spread) / (1 + z2 / buyers)
