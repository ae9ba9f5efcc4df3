"""How many orders a customer will still place, and whether they have left: BG/NBD.

A customer buys at a rate of their own and may leave for good after any purchase; rate and
probability to leave differ between customers (gamma, beta). Needed of each customer are only the
repeat purchases, the time of the last one and the time observed.
Source: Fader, Hardie, Lee, "Counting Your Customers" the Easy Way, Marketing Science 24 (2005).
"""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

_MOST_FITTED = 50_000  # customers, drawn with a seed; more change no digit that is shown
_FEWEST_FITTED = 30
_PENALTY = (
    0.005  # on the logarithms' squares, of the whole likelihood: keeps few customers sensible
)


@dataclass(frozen=True, slots=True)
class BgNbd:
    """The four parameters; `r`, `alpha` shape the rates, `a`, `b` the chance to leave."""

    r: float
    alpha: float
    a: float
    b: float

    def as_json(self) -> dict[str, float]:
        """Give the parameters by name."""
        return asdict(self)

    def alive(self, repeats: Numbers, last: Numbers, age: Numbers) -> Numbers:
        """Return the probability (n,) that each has not left; 1 for who never came back.

        `last` and `age` count from the first purchase, in one unit of time, 0 <= last <= age.
        """
        x = np.asarray(repeats, dtype=np.float64)
        with np.errstate(over="ignore"):
            odds = (self.a / (self.b + np.maximum(x, 1) - 1)) * np.exp(
                (self.r + x) * np.log((self.alpha + age) / (self.alpha + last))
            )
        found: Numbers = np.where(x > 0, 1 / (1 + odds), 1.0)
        return found

    def silent(self, repeats: Numbers, last: Numbers, age: Numbers, ahead: float) -> Numbers:
        """Return the probability (n,) of no purchase in the time `ahead`."""
        alive = self.alive(repeats, last, age)
        waits = ((self.alpha + age) / (self.alpha + age + ahead)) ** (self.r + repeats)
        found: Numbers = 1 - alive + alive * waits
        return found

    def expected(self, repeats: Numbers, last: Numbers, age: Numbers, ahead: float) -> Numbers:
        """Return the expected purchases (n,) in the time `ahead`.

        The paper's equation 10, its hypergeometric function turned by Euler's transformation
        (Abramowitz and Stegun 15.3.3): with many purchases the original overflows.
        """
        from scipy.special import hyp2f1  # noqa: PLC0415 - slow to import

        a = self.a if abs(self.a - 1) > 1e-6 else 1 + 1e-6  # noqa: PLR2004 - the formula's pole
        x = np.asarray(repeats, dtype=np.float64)
        z = ahead / (self.alpha + age + ahead)
        series = hyp2f1(a + self.b - 1 - self.r, a - 1, a + self.b + x - 1, z)
        kept = 1 - (1 - z) ** (a - 1) * series
        found: Numbers = (a + self.b + x - 1) / (a - 1) * kept * self.alive(x, last, age)
        return np.maximum(found, 0.0)


def fit(repeats: Numbers, last: Numbers, age: Numbers, start: BgNbd | None = None) -> BgNbd | None:
    """Return the most likely parameters for these customers (n,), None if they are too few.

    `start`: those of last time, near which the search begins.
    """
    from scipy.optimize import minimize  # noqa: PLC0415 - slow to import

    x, t, total = (np.asarray(part, dtype=np.float64) for part in (repeats, last, age))
    if len(x) < _FEWEST_FITTED or x.max() < 1:
        return None
    if len(x) > _MOST_FITTED:
        drawn = np.random.default_rng(1).choice(len(x), _MOST_FITTED, replace=False)
        x, t, total = x[drawn], t[drawn], total[drawn]
    rows, counts = np.unique(np.column_stack([x, t, total]), axis=0, return_counts=True)
    x, t, total = rows.T
    weights = counts / counts.sum()
    scale = total.max() or 1.0  # time in units of the whole, or the search is badly conditioned

    def cost(logs: Numbers) -> float:
        likely = _log_likelihood(np.exp(logs), x, t / scale, total / scale)
        return float(-(weights * likely).sum() + _PENALTY / counts.sum() * (logs**2).sum())

    first = start or BgNbd(0.5, 0.1 * scale, 0.8, 2.0)
    begin = np.log([first.r, first.alpha / scale, first.a, first.b])
    found = minimize(cost, begin, method="L-BFGS-B", bounds=[(-9, 9)] * 4)
    found = minimize(
        cost, found.x, method="Nelder-Mead", options={"xatol": 1e-5, "fatol": 1e-10, "maxiter": 800}
    )
    r, alpha, a, b = (float(value) for value in np.exp(found.x))
    return BgNbd(r, float(alpha * scale), a, b)


def _log_likelihood(parameters: Numbers, x: Numbers, last: Numbers, age: Numbers) -> Numbers:
    from scipy.special import betaln, gammaln  # noqa: PLC0415 - as above

    r, alpha, a, b = parameters
    bought = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    stayed = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + age)
    left = betaln(a + 1, b + np.maximum(x, 1) - 1) - betaln(a, b) - (r + x) * np.log(alpha + last)
    found: Numbers = bought + np.where(x > 0, np.logaddexp(stayed, left), stayed)
    return found
