"""How far a share or a mean of few observations can be trusted: 95 % intervals.

Sources: Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference" (JASA
22:209), recommended for small samples by Brown, Cai and DasGupta 2001 (Statistical Science 16:2);
Student 1908, "The Probable Error of a Mean", for means.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, stdev

_LEVEL = 0.95
_Z = NormalDist().inv_cdf(0.5 + _LEVEL / 2)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, its 95 % interval, and of how many it is; None where nothing can be said."""

    value: float | None
    low: float | None
    high: float | None
    count: int


def share(part: int, whole: int) -> Estimate:
    """Give `part` of `whole`, 0 to 1, with Wilson's score interval."""
    if whole < 1:
        return Estimate(None, None, None, 0)
    p, square = part / whole, _Z * _Z
    centre = (p + square / (2 * whole)) / (1 + square / whole)
    half = _Z / (1 + square / whole) * math.sqrt(p * (1 - p) / whole + square / (4 * whole**2))
    return Estimate(p, max(0.0, centre - half), min(1.0, centre + half), whole)


def mean(values: Sequence[float], low: float = -math.inf, high: float = math.inf) -> Estimate:
    """Give the mean with Student's interval, within the scale's ends; one value has no interval."""
    if not values:
        return Estimate(None, None, None, 0)
    middle = fmean(values)
    if len(values) == 1:
        return Estimate(middle, None, None, 1)
    # scipy.stats has the same, and takes half a second to import while everybody waits.
    from scipy.special import stdtrit  # noqa: PLC0415 - nothing at the start needs it

    half = float(stdtrit(len(values) - 1, 0.5 + _LEVEL / 2)) * stdev(values) / len(values) ** 0.5
    return Estimate(middle, max(low, middle - half), min(high, middle + half), len(values))
