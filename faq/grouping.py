"""Group questions that mean the same, with no number set by hand.

How far apart two questions with one meaning may be is learned from the articles in use: the
distance at which grouping their wordings gives back the articles best (adjusted Rand index), with
sentences from other worlds as groups of their own. So it fits any encoder and any shop.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.metrics import adjusted_rand_score

from faq.build import Built
from faq.corpus import rows_of

MOST = 4_000  # vectors; every pair is compared: 128 MB
_MOST_TAUGHT = 1_500
_DISTANCES = np.geomspace(0.02, 0.95, 25)  # cosine; some encoders put all texts close together


def meant_alike(built: Built) -> float:
    """Return the cosine distance, 0 to 1, up to which questions mean the same."""
    material = built.material
    rows = np.asarray(rows_of(material.corpus.wordings))
    step = max(1, round(len(rows) / _MOST_TAUGHT))
    kept = np.flatnonzero(rows % step == 0)[:MOST]  # whole articles
    strangers = material.strangers
    vectors = np.concatenate([material.wordings[kept], strangers])
    right = np.concatenate([rows[kept], rows.max(initial=0) + 1 + np.arange(len(strangers))])
    tree = _tree(vectors)
    agreement = [adjusted_rand_score(right, _labels(tree, each)) for each in _DISTANCES]
    return float(_DISTANCES[int(np.argmax(agreement))])


def groups(vectors: NDArray[np.float32], distance: float) -> list[list[int]]:
    """Return rows of `vectors` (n, d), n at most MOST, by group; the most central row first."""
    if len(vectors) == 0:
        return []
    labels: Sequence[int] = [0]
    if len(vectors) > 1:
        labels = _labels(_tree(vectors), distance).tolist()
    members = defaultdict[int, list[int]](list)
    for row, label in enumerate(labels):
        members[label].append(row)
    return [_from_the_centre(vectors, rows) for rows in members.values()]


def _tree(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    # One tree serves every distance; it is what takes the time.
    tree: NDArray[np.float64] = linkage(_without_zeros(vectors), "average", "cosine")
    return tree


def _labels(tree: NDArray[np.float64], distance: float) -> NDArray[np.int64]:
    labels: NDArray[np.int64] = fcluster(tree, distance, "distance")
    return labels


def _without_zeros(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    # What could not be encoded has no direction, and no cosine with anything.
    empty = np.all(vectors == 0, axis=1)
    if np.any(empty):
        vectors = np.concatenate([vectors, np.asarray(empty, dtype=np.float32)[:, None]], axis=1)
    return vectors


def _from_the_centre(vectors: NDArray[np.float32], rows: list[int]) -> list[int]:
    near = vectors[rows] @ vectors[rows].mean(axis=0)
    return [rows[each] for each in np.argsort(-near, kind="stable")]
