"""Learn which products are bought by the same customers, and how much each says about another.

A product's buyers are predicted from the products most often bought with it, by a ridge regression
of its own over those neighbours: what two of them say in common counts once, which co-purchase
counts or lift cannot do. It is EASE (Steck 2019, arXiv:1905.03375) cut down to neighbours as in
SLIM (Ning and Karypis 2011): sparse, seconds instead of a dense inverse, and every weight stands
beside the count it came from. How its constants were chosen: docs/offers.md.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from crm.recommending.purchases import Purchases

if TYPE_CHECKING:
    from scipy import sparse

NEIGHBOURS = 100
SHRINK = 200.0  # customers; a pair that few have bought says little
HALF_LIFE_DAYS = 15.0  # of a purchase, for what sells now
ANYBODY = 0.08  # what the tenth best seller weighs with a customer of whom nothing is known
_TENTH = 10
_FEW = 0.5  # customers, so that a product with one buyer is not taken for a fashion


@dataclass(frozen=True, slots=True)
class Learned:
    """What the orders taught; products are columns of the purchases."""

    skus: list[str]
    customers: int
    buyers: NDArray[np.float64]  # (products,) customers who bought it
    recent: NDArray[np.float64]  # (products,) the same, older purchases counting less
    anybody: NDArray[np.float64]  # (products,) its weight with everybody
    weights: "sparse.csr_matrix"  # (bought, offered), positive
    together: "sparse.csr_matrix"  # (bought, offered) customers who bought both, where weights are

    @property
    def fashion(self) -> NDArray[np.float64]:
        """How much more or less each product (products,) sells now than it did; above 0."""
        found: NDArray[np.float64] = fashion(self.recent, self.buyers)
        return found


def learn(purchases: Purchases) -> Learned:
    """Learn from all purchases. Takes seconds for a million."""
    from scipy import sparse  # noqa: PLC0415 - slow to import, and needed to learn only

    bought = purchases.matrix()
    both = sparse.csc_matrix(bought.T @ bought, dtype=np.float32)
    buyers = np.asarray(both.diagonal(), dtype=np.float64)
    weights, together = _weights(both, buyers)
    return Learned(
        skus=list(purchases.products),
        customers=len(purchases.customers),
        buyers=buyers,
        recent=purchases.recent(HALF_LIFE_DAYS),
        anybody=_anybody(buyers),
        weights=weights,
        together=together,
    )


def fashion(recent: Any, buyers: Any) -> Any:
    """Return how much more or less products sell now than they did, of arrays or SQL columns."""
    return (recent + _FEW) / (buyers + 2 * _FEW)


def first_weight(together: int, buyers: int) -> float:
    """Return the weight of a pair as if it were the only one, until all is learned anew."""
    return together / (buyers + SHRINK)


def _anybody(buyers: NDArray[np.float64]) -> NDArray[np.float64]:
    if not len(buyers):
        return buyers
    tenth = np.sort(buyers)[-_TENTH] if len(buyers) >= _TENTH else buyers.max()
    found: NDArray[np.float64] = ANYBODY * buyers / tenth
    return found


def _weights(
    both: "sparse.csc_matrix", buyers: NDArray[np.float64]
) -> "tuple[sparse.csr_matrix, sparse.csr_matrix]":
    from scipy import sparse  # noqa: PLC0415 - as in `learn`

    rows, columns, weights, counts = [], [], [], []
    for offered in range(len(buyers)):
        part = slice(both.indptr[offered], both.indptr[offered + 1])
        others, count = both.indices[part], both.data[part].astype(np.float64)
        others, count = others[others != offered], count[others != offered]
        nearest = np.argsort(-count / np.sqrt(buyers[others]), kind="stable")[:NEIGHBOURS]
        others, count = others[nearest], count[nearest]
        among = both[:, others][others].toarray().astype(np.float64)
        among[np.diag_indices_from(among)] += SHRINK
        weight = np.linalg.solve(among, count)
        kept = weight > 0
        rows.append(others[kept])
        columns.append(np.full(int(kept.sum()), offered))
        weights.append(weight[kept])
        counts.append(count[kept])
    if not rows:
        empty = sparse.csr_matrix((0, 0))
        return empty, empty
    at = (np.concatenate(rows), np.concatenate(columns))
    shape = (len(buyers), len(buyers))
    return (
        sparse.csr_matrix((np.concatenate(weights), at), shape=shape),
        sparse.csr_matrix((np.concatenate(counts), at), shape=shape),
    )
