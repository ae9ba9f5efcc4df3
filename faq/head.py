"""Learn which article a question belongs to from all its wordings together.

A logistic regression on centred, scaled vectors, one class per article and one for questions from
other worlds, without which the head is sure of an article for whatever is asked. With three or
more wordings per article it is the largest gain there is over the nearest neighbour.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

MIN_WORDINGS = 3  # per article in the median; with fewer the nearest neighbour is as good
_MOST_WORK = 20_000_000  # articles x wordings; fitting grows with both: minutes above this
_SCALE = 8.0  # centred unit vectors are small; this is the regulariser's strength in disguise


class Head:
    """A fitted classifier over the articles that have wordings."""

    def __init__(
        self,
        weights: NDArray[np.float32],
        bias: NDArray[np.float32],
        rows: NDArray[np.int64],
        n_articles: int,
    ) -> None:
        """Class i, with `weights[i]` (d,) and `bias[i]`, is the article in row `rows[i]`.

        Row `n_articles` stands for none of them.
        """
        self._weights, self._bias = weights, bias
        self._rows, self._n_articles = rows, n_articles

    @staticmethod
    def pays(rows: Sequence[int]) -> bool:
        """Return whether there are enough wordings, and few enough articles, to learn from."""
        articles, counts = np.unique(np.asarray(rows), return_counts=True)
        affordable = len(articles) * len(rows) <= _MOST_WORK
        return bool(len(articles) > 1 and affordable and np.median(counts) >= MIN_WORDINGS)

    @classmethod
    def fit(
        cls,
        vectors: NDArray[np.float32],
        rows: Sequence[int],
        strangers: NDArray[np.float32],
        n_articles: int,
    ) -> "Head":
        """Learn from the wordings' centred `vectors` (n, d) of length 1, and from strangers'."""
        # Needed to learn, not to serve.
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

        target = np.concatenate([np.asarray(rows), np.full(len(strangers), n_articles)])
        fitted = LogisticRegression(C=1.0, max_iter=300, tol=1e-3)
        fitted.fit(_SCALE * np.concatenate([vectors, strangers]), target)
        return cls(
            fitted.coef_.astype(np.float32),
            fitted.intercept_.astype(np.float32),
            fitted.classes_.astype(np.int64),
            n_articles,
        )

    def probabilities(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (questions, articles) for centred vectors of length 1.

        A row sums to 1 less the probability of none of them.
        """
        logits = _SCALE * vectors @ self._weights.T + self._bias
        likely = np.exp(logits - logits.max(axis=1, keepdims=True))
        spread = np.zeros((len(vectors), self._n_articles + 1), dtype=np.float32)
        spread[:, self._rows] = likely / likely.sum(axis=1, keepdims=True)
        return spread[:, : self._n_articles]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return what `from_arrays` takes, ready for an .npz file."""
        return {
            "weights": self._weights,
            "bias": self._bias,
            "rows": self._rows,
            "n_articles": np.array(self._n_articles),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "Head":
        """Read back what `arrays` gave."""
        return cls(
            arrays["weights"],
            arrays["bias"],
            arrays["rows"],
            int(arrays["n_articles"]),
        )
