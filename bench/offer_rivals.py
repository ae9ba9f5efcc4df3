"""Other ways to rank products, for comparison; each is given the same purchases and asked the same.

Ours takes also the dates of the purchases; none of the others has a place for them.
"""

from collections.abc import Callable

import numpy as np
from implicit.als import AlternatingLeastSquares
from implicit.nearest_neighbours import BM25Recommender
from numpy.typing import NDArray
from scipy import sparse

from crm.recommending.learning import learn
from crm.recommending.purchases import Purchases
from crm.recommending.ranking import scores

Scores = NDArray[np.float64]  # (customers asked, products)
Ask = Callable[[sparse.csr_matrix], Scores]
Rival = Callable[[Purchases], Ask]

# Chosen on the same earlier months as ours (docs/offers.md), the best of those tried.
_EASE_SHRINK = 300.0  # of 100, 300, 1000
_ALS_FACTORS = 64  # of 32, 64; fewer where there are few products
_PRODUCTS_A_FACTOR = 16
_SEED = 1


def ours(purchases: Purchases) -> Ask:
    """Learn as the shop does."""
    learned = learn(purchases)
    return lambda given: scores(learned, given)


def popularity(purchases: Purchases) -> Ask:
    """Rank by how many customers bought it."""
    buyers = np.asarray(purchases.matrix().sum(axis=0), dtype=np.float64)
    return lambda given: np.repeat(buyers, given.shape[0], axis=0)


def item_cosine(purchases: Purchases) -> Ask:
    """Rank by the sum of cosines with what was bought (Sarwar et al. 2001), all neighbours."""
    both = _both(purchases)
    buyers = np.sqrt(np.diag(both))
    np.fill_diagonal(both, 0)
    return _linear(both / np.outer(buyers, buyers))


def ease(purchases: Purchases) -> Ask:
    """Rank by EASE (Steck 2019)."""
    both = _both(purchases)
    both[np.diag_indices_from(both)] += _EASE_SHRINK
    inverse = np.linalg.inv(both)
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return _linear(weights)


def bm25(purchases: Purchases) -> Ask:
    """Rank by `implicit`'s BM25 between products, all neighbours."""
    bought = purchases.matrix()
    model = BM25Recommender(K=bought.shape[1], num_threads=1)
    model.fit(bought, show_progress=False)
    weights = model.similarity.tolil()
    weights.setdiag(0)
    kept = weights.tocsr()
    return lambda given: np.asarray((given @ kept).todense(), dtype=np.float64)


def als(purchases: Purchases) -> Ask:
    """Rank by `implicit`'s alternating least squares (Hu, Koren and Volinsky 2008)."""
    bought = purchases.matrix()
    factors = max(min(_ALS_FACTORS, bought.shape[1] // _PRODUCTS_A_FACTOR), 1)
    model = AlternatingLeastSquares(factors=factors, random_state=_SEED, num_threads=1)
    model.fit(bought, show_progress=False)

    def ask(given: sparse.csr_matrix) -> Scores:
        tastes = model.recalculate_user(np.arange(given.shape[0]), given)
        return np.asarray(tastes @ model.item_factors.T, dtype=np.float64)

    return ask


RIVALS: dict[str, Rival] = {
    "sapa": ours,
    "popularity": popularity,
    "item cosine": item_cosine,
    "ALS": als,
    "BM25": bm25,
    "EASE": ease,
}


def _both(purchases: Purchases) -> Scores:
    bought = purchases.matrix()
    return np.asarray((bought.T @ bought).todense(), dtype=np.float64)


def _linear(weights: Scores) -> Ask:
    return lambda given: np.asarray(given @ weights, dtype=np.float64)
