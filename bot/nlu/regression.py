"""Logistic regression over dense and sparse columns together, in seconds on one core.

scikit-learn takes one matrix: the 512 dense columns stored as sparse ones make it ten times slower.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

_MAX_STEPS = 300
_SMALL_STEP = 1e-6  # of the loss, relative; then it has settled


@dataclass(frozen=True)
class Weights:
    """What each column says for each of k classes."""

    dense: np.ndarray  # (d, k)
    sparse: np.ndarray  # (s, k)
    bias: np.ndarray  # (k,)

    def scores(self, dense: np.ndarray, sparse: csr_matrix) -> np.ndarray:
        """Return the scores (n, k) of n rows; their softmax is the confidence."""
        result: np.ndarray = dense @ self.dense + sparse @ self.sparse + self.bias
        return result


def fit(
    dense: np.ndarray, sparse: csr_matrix, classes: np.ndarray, c: float, balance: float = 0.0
) -> Weights:
    """Fit to `dense` (n, d), `sparse` (n, s) and `classes` (n,) from 0 to k-1.

    `c` is the inverse of the regularisation, as in scikit-learn; the bias is not regularised.
    `balance` gives rows of rare classes more weight: 0 for none, 1 for all classes the same.
    """
    rarity = (1.0 / np.bincount(classes)[classes]) ** balance
    heavy = (rarity / rarity.mean()).astype(np.float32)
    rows, width, k = len(classes), dense.shape[1], int(classes.max()) + 1
    columns = width + sparse.shape[1]
    transposed = sparse.T.tocsr()
    here = np.arange(rows)

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights = flat.reshape(columns + 1, k).astype(np.float32)
        scores = dense @ weights[:width] + sparse @ weights[width:-1] + weights[-1]
        scores -= scores.max(axis=1, keepdims=True)
        odds = np.exp(scores)
        sums = odds.sum(axis=1, keepdims=True)
        value = (heavy * (np.log(sums[:, 0]) - scores[here, classes])).sum()
        wrong = odds / sums
        wrong[here, classes] -= 1
        wrong *= heavy[:, None]
        slope = np.vstack([dense.T @ wrong, transposed @ wrong, wrong.sum(axis=0)[None]])
        slope[:-1] += weights[:-1] / c
        value += np.square(weights[:-1], dtype=np.float64).sum() / (2 * c)
        return float(value) / rows, slope.ravel().astype(np.float64) / rows

    options = {"maxiter": _MAX_STEPS, "ftol": _SMALL_STEP}
    start = np.zeros((columns + 1) * k)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options=options)
    weights = found.x.reshape(columns + 1, k).astype(np.float32)
    return Weights(weights[:width], weights[width:-1], weights[-1])


def temperature(scores: np.ndarray, classes: np.ndarray) -> float:
    """Return the divisor of `scores` (n, k) at which a confidence of .8 is right 8 times in 10.

    Source: Guo et al. 2017, On Calibration of Modern Neural Networks (arXiv:1706.04599).
    """

    def loss(heat: float) -> float:
        odds = scores / heat
        top = odds.max(axis=1)
        total = top + np.log(np.exp(odds - top[:, None]).sum(axis=1))
        return float((total - odds[np.arange(len(classes)), classes]).mean())

    return float(min(np.arange(0.3, 3.0, 0.05), key=loss))
