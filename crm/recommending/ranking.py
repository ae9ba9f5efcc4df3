"""Rank products for what somebody has bought, and name what speaks for each the most."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from crm.recommending.learning import Learned


@dataclass(frozen=True, slots=True)
class Ranked:
    """A product that fits; `together` of the `buyers` of `because` bought it as well."""

    sku: str
    score: float
    because: str | None  # None: it sells well at the moment, nothing more is known
    together: int
    buyers: int


def scores(learned: Learned, bought: sparse.csr_matrix) -> NDArray[np.float64]:
    """Return how well each product fits (customers, products), for `bought` of the same shape."""
    found: NDArray[np.float64] = (
        np.asarray((bought @ learned.weights).todense()) + learned.anybody
    ) * learned.fashion
    return found


def rank(learned: Learned, skus: Sequence[str], most: int = 10) -> Iterator[Ranked]:
    """Give the `most` products that fit best what was bought, and are not among it."""
    columns = {sku: column for column, sku in enumerate(learned.skus)}
    bought = np.array([columns[sku] for sku in skus if sku in columns], dtype=np.int64)
    history = sparse.csr_matrix(
        (np.ones(len(bought)), (np.zeros(len(bought), dtype=np.int64), bought)),
        shape=(1, len(learned.skus)),
    )
    fit = scores(learned, history)[0]
    fit[bought] = -np.inf
    for offered in np.argsort(-fit, kind="stable")[:most]:
        if np.isfinite(fit[offered]):
            yield _ranked(learned, bought, int(offered), float(fit[offered]))


def _ranked(learned: Learned, bought: NDArray[np.int64], offered: int, score: float) -> Ranked:
    says = learned.weights[bought, offered]
    weights = np.asarray(says.todense()).ravel() if sparse.issparse(says) else np.ravel(says)
    if not len(bought) or weights.max() <= 0:
        return Ranked(learned.skus[offered], score, None, 0, 0)
    because = int(bought[int(weights.argmax())])
    return Ranked(
        learned.skus[offered],
        score,
        learned.skus[because],
        int(learned.together[because, offered]),
        int(learned.buyers[because]),
    )
