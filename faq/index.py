"""Find the passages that mean the same as the customer's words.

Vectors are scaled to length 1, so the inner product FAISS returns is the cosine.
Source: Sentence-BERT (arXiv:1908.10084) for the vectors, FAISS (arXiv:1702.08734), and for large
bases its graph search HNSW (arXiv:1603.09320).
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import faiss
import numpy as np
from numpy.typing import NDArray

_FULL_PRECISION_UP_TO = 2_000  # passages; then half the memory is read in a fourth of the time
_EXACT_UP_TO = 50_000  # passages; then comparing with every one takes longer than the encoder
_NEAREST = 500  # passages looked at then; the articles of all others rank below
_NEAREST_BY_GRAPH = 256
_LINKS = 32  # per passage in the graph


class Passages(Protocol):
    """The passages of all articles, wherever they are kept."""

    def best(self, questions: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the cosine of each article's nearest passage, (questions, articles)."""

    def graph(self) -> NDArray[np.uint8] | None:
        """Return what saves building the index again; None where there is nothing to keep."""


# Makes an index of (articles, vectors, number of articles) outside this process.
Opener = Callable[[Sequence[int], NDArray[np.float32], int], Passages]


class PassageIndex:
    """The passages of all articles, in memory; very many are searched by a graph."""

    def __init__(
        self,
        articles: Sequence[int],
        vectors: NDArray[np.float32],
        n_articles: int,
        graph: NDArray[np.uint8] | None = None,
    ) -> None:
        """Index `vectors` (n, d); row i is a passage of the article in row `articles[i]`.

        `graph` saves the minutes of building it again: what `graph()` returned for these passages.
        Raises ValueError if articles and vectors differ in length, or are empty.
        """
        if not 0 < len(articles) == len(vectors):
            raise ValueError(f"{len(articles)} passages for {len(vectors)} vectors")
        self._articles = np.asarray(articles, dtype=np.int64)
        self._n_articles = n_articles
        # One question is too small to share out; idle threads would only spin.
        faiss.omp_set_num_threads(1)
        if graph is not None:
            self._index = faiss.deserialize_index(graph)
        else:
            self._index = _empty(len(vectors), vectors.shape[1])
            self._index.add(unit(vectors))
        exactly = len(vectors) <= _FULL_PRECISION_UP_TO
        self._nearest = len(vectors) if exactly else _NEAREST
        if isinstance(self._index, faiss.IndexHNSW):
            self._nearest = _NEAREST_BY_GRAPH

    def best(self, questions: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the cosine of each article's nearest passage, (questions, articles).

        An article whose passages are not among the nearest gets the last score found.
        """
        scores, rows = self._index.search(unit(questions), self._nearest)
        best = np.empty((len(scores), self._n_articles), dtype=np.float32)
        for number, found in enumerate(rows >= 0):  # a graph may find fewer than were asked for
            articles = self._articles[rows[number, found]]
            best[number] = spread(articles, scores[number, found], self._n_articles)
        return best

    def graph(self) -> NDArray[np.uint8] | None:
        """Return the graph to store; None where there is none."""
        if not isinstance(self._index, faiss.IndexHNSW):
            return None
        stored: NDArray[np.uint8] = faiss.serialize_index(self._index)
        return stored


def spread(
    articles: NDArray[np.int64], scores: NDArray[np.float32], n_articles: int
) -> NDArray[np.float32]:
    """Return each article's best score (n_articles,), where it has none the lowest found."""
    best: NDArray[np.float32] = np.full(n_articles, scores.min(), dtype=np.float32)
    np.maximum.at(best, articles, scores)
    return best


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale each row (n, d) to length 1; an all-zero row stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = np.ascontiguousarray(
        vectors / np.maximum(lengths, 1e-12), dtype=np.float32
    )
    return scaled


def _empty(n: int, d: int) -> faiss.Index:
    if n > _EXACT_UP_TO:
        index = faiss.IndexHNSWFlat(d, _LINKS, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efSearch = _NEAREST_BY_GRAPH
        return index
    if n > _FULL_PRECISION_UP_TO:
        half = faiss.ScalarQuantizer.QT_fp16
        return faiss.IndexScalarQuantizer(d, half, faiss.METRIC_INNER_PRODUCT)
    return faiss.IndexFlatIP(d)
