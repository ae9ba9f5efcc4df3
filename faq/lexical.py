"""Match questions by their letters: what sentence vectors miss in names, slang and typos.

Character n-grams (2 to 4, inside words) weighted by TF-IDF. They are hashed, so that an index
is two sparse arrays and no vocabulary has to be stored. A question is compared with each wording,
and with all that an article says, by a multinomial naive Bayes over the same weighted n-grams:
Rennie et al. 2003, "Tackling the poor assumptions of naive Bayes text classifiers".
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Sparse: TypeAlias = Any  # scipy's csr_array, which has no types

_BUCKETS = 2**18
_MAX_CHARS = 1_000
_COMMON = 0.3  # of the articles; chosen on the development folds
_COMMON_BOUNDS = (3, 2_000)  # articles
_SMOOTHING = 0.05  # pseudo-count of an n-gram in an article that does not have it


class LetterIndex:
    """Character n-grams of the wordings, and of each article as a whole."""

    def __init__(
        self,
        idf: NDArray[np.float32],
        wordings: Sparse,
        articles: Sparse,
        floor: NDArray[np.float32],
        rows: NDArray[np.int64],
    ) -> None:
        """Hold `wordings`, sparse (buckets, n) with columns of length 1, of the articles `rows`.

        `articles` (buckets, articles) is how much likelier each n-gram is than one the article
        does not have, whose log probability is `floor` (articles,).
        """
        self._idf, self._rows = idf, rows
        self._wordings, self._articles, self._floor = wordings, articles, floor

    @classmethod
    def fit(
        cls,
        wordings: Sequence[str],
        rows: Sequence[int],
        answers: Sequence[tuple[int, str]],
        n: int,
    ) -> "LetterIndex":
        """Index `wordings` of the articles `rows`, and all that each of `n` articles says."""
        from scipy import sparse  # noqa: PLC0415 - see `_counts`

        texts = [*wordings, *(text for _, text in answers)]
        of_article = np.asarray([*rows, *(row for row, _ in answers)])
        counted = _counts(texts)
        ones = np.ones(len(texts), dtype=np.float32)
        gather = sparse.csr_array(
            (ones, (of_article, np.arange(len(texts)))), shape=(n, len(texts))
        )
        seen = np.asarray((gather @ counted > 0).sum(axis=0), dtype=np.float32).ravel()
        # An n-gram never seen says nothing, one of many articles little, and it costs most time:
        # weight 0, as if it were not in the question.
        told = (seen > 0) & (seen <= np.clip(_COMMON * n, *_COMMON_BOUNDS))
        idf = np.where(told, np.log((1 + n) / (1 + seen)) + 1, 0).astype(np.float32)
        weighted = _weighted(counted, idf)
        weighted.eliminate_zeros()
        said = sparse.csr_array(gather @ weighted)
        amount = np.asarray(said.sum(axis=1)).ravel() + _SMOOTHING * np.count_nonzero(told)
        said.data = np.log1p(said.data / _SMOOTHING)
        return cls(
            idf,
            weighted[: len(wordings)].T.tocsr(),
            said.T.tocsr(),
            np.log(_SMOOTHING / np.maximum(amount, _SMOOTHING)).astype(np.float32),
            np.asarray(rows, dtype=np.int64),
        )

    def scores(self, questions: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the cosine (0 to 1) with each article's nearest wording, and how likely it is

        that the article as a whole says this: log probability per n-gram, at most 0.
        Both are (questions, articles).
        """
        asked = _weighted(_counts(questions), self._idf)
        by_wording = (asked @ self._wordings).toarray()
        nearest = np.zeros((len(questions), len(self._floor)), dtype=np.float32)
        for number, row in enumerate(by_wording):
            np.maximum.at(nearest[number], self._rows, row)
        weight = np.asarray(asked.sum(axis=1)).reshape(-1, 1)
        above = (asked @ self._articles).toarray() / np.maximum(weight, 1e-6)
        return nearest, (above + self._floor).astype(np.float32)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return what `from_arrays` takes, ready for an .npz file."""
        arrays: dict[str, NDArray[Any]] = {"idf": self._idf, "floor": self._floor}
        arrays["rows"] = self._rows
        for name, matrix in (("wordings", self._wordings), ("articles", self._articles)):
            arrays |= {f"{name}_data": matrix.data, f"{name}_indices": matrix.indices}
            arrays |= {f"{name}_indptr": matrix.indptr, f"{name}_shape": np.array(matrix.shape)}
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "LetterIndex":
        """Read back what `arrays` gave."""
        from scipy import sparse  # noqa: PLC0415 - see `_counts`

        def matrix(name: str) -> Sparse:
            parts = tuple(arrays[f"{name}_{part}"] for part in ("data", "indices", "indptr"))
            return sparse.csr_array(parts, shape=tuple(arrays[f"{name}_shape"]))

        return cls(
            arrays["idf"], matrix("wordings"), matrix("articles"), arrays["floor"], arrays["rows"]
        )


def _counts(texts: Sequence[str]) -> Sparse:
    # Slow to import; an app accepts messages before it can answer them.
    from scipy import sparse  # noqa: PLC0415
    from sklearn.feature_extraction.text import HashingVectorizer  # noqa: PLC0415

    hashing = HashingVectorizer(
        analyzer="char_wb",
        ngram_range=(2, 4),
        n_features=_BUCKETS,
        alternate_sign=False,
        norm=None,
        strip_accents="unicode",
        dtype=np.float32,
    )
    clean = [text[:_MAX_CHARS].encode("utf-8", "ignore").decode("utf-8") for text in texts]
    return sparse.csr_array(hashing.transform(clean))


def _weighted(counts: Sparse, idf: NDArray[np.float32]) -> Sparse:
    """Return log counts times `idf`, each row of length 1."""
    weighted = counts.copy()
    weighted.data = (1 + np.log(weighted.data)) * idf[weighted.indices]
    lengths = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    per_value = np.repeat(lengths, np.diff(weighted.indptr))
    weighted.data = (weighted.data / np.maximum(per_value, 1e-12)).astype(np.float32)
    return weighted
