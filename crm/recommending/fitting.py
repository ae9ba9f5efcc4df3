"""Find what fits somebody's purchases in what the orders taught; a few milliseconds."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from sqlalchemy import Connection, Table, func, select

from crm.recommending.learning import fashion
from crm.recommending.store import LESSON
from crm.recommending.tables import Demand, Fit, Lesson
from crm.tables import Product

_FEW = 5  # customers; bought together by fewer may be chance
_HISTORY = 50  # products bought that are looked at, the first of those given
_MOST = 20
_CERTAINTY = 1.96  # standard deviations: 95 %, both sides


# Statements are written once: building one takes longer than SQLite takes to answer it.
_fits: Table = Fit.__table__  # type: ignore[assignment]
_demands: Table = Demand.__table__  # type: ignore[assignment]
_lessons: Table = Lesson.__table__  # type: ignore[assignment]
_products: Table = Product.__table__  # type: ignore[assignment]
_strength = (func.sum(_fits.c.weight) + _demands.c.anybody) * fashion(
    _demands.c.recent, _demands.c.buyers
)
_BEST = (
    select(_fits.c.sku, (1.0 * _demands.c.buyers / _lessons.c.customers).label("usual"))
    .join(_demands, _demands.c.sku == _fits.c.sku)
    .join(_lessons, _lessons.c.id == LESSON)
    .group_by(
        _fits.c.sku,
        _demands.c.buyers,
        _demands.c.recent,
        _demands.c.anybody,
        _lessons.c.customers,
    )
    .order_by(_strength.desc(), _fits.c.sku)
    .limit(_MOST)
)
_SPEAKING = (
    select(_fits.c.sku, _fits.c.because, _fits.c.customers, _demands.c.buyers)
    .join(_demands, _demands.c.sku == _fits.c.because)
    .order_by(_fits.c.weight.desc(), _fits.c.because)
)
_LIKED = (
    select(_demands.c.sku)
    .join(_products, _products.c.sku == _demands.c.sku)
    .where(_products.c.shippable)
    .order_by(_demands.c.recent.desc(), _demands.c.sku)
    .limit(_MOST)
)


@dataclass(frozen=True, slots=True)
class Fitting:
    """A product that fits; `together` of the `buyers` of `because` bought it as well."""

    sku: str
    because: str
    together: int
    buyers: int


def fitting(connection: Connection, bought: Sequence[str]) -> list[Fitting]:
    """Return what fits the products in `bought` and is not among them, best first."""
    looked_at = list(dict.fromkeys(bought))[:_HISTORY]
    if not looked_at:
        return []
    best = connection.execute(
        _BEST.where(_fits.c.because.in_(looked_at), _fits.c.sku.not_in(bought))
    )
    shares = {row.sku: row.usual for row in best}  # of all customers
    if not shares:
        return []
    speaking = connection.execute(
        _SPEAKING.where(_fits.c.sku.in_(shares), _fits.c.because.in_(looked_at))
    )
    reasons: dict[str, Fitting] = {}
    for row in speaking:
        if row.sku not in reasons and no_chance(row.customers, row.buyers, shares[row.sku]):
            reasons[row.sku] = Fitting(row.sku, row.because, row.customers, row.buyers)
    return [reasons[sku] for sku in shares if sku in reasons]


def best_sellers(connection: Connection, category: str | None = None) -> list[str]:
    """Return the SKUs that most customers bought lately, of `category` only if given."""
    query = _LIKED if category is None else _LIKED.where(_products.c.category == category)
    return list(connection.scalars(query))


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
