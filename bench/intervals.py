"""How far a figure would move, had other questions of the same kind been asked."""

import numpy as np

from faq.figures import Outcomes, figures

_RESAMPLES, _SEED = 1_000, 1
_INNER = (2.5, 97.5)  # per cent: the 95 % interval

Interval = tuple[float, float, float]  # the figure, and the ends of its interval


def with_intervals(outcomes: Outcomes) -> dict[str, Interval | None]:
    """Return each figure with its percentile bootstrap interval, the same at every run.

    Source: Efron 1979; questions are drawn with replacement, the search is not fitted again.
    """
    chance = np.random.default_rng(_SEED)
    n = len(outcomes.known)
    drawn = [figures(outcomes.take(chance.integers(n, size=n))) for _ in range(_RESAMPLES)]
    found: dict[str, Interval | None] = {}
    for name, value in figures(outcomes).items():
        values = [one[name] for one in drawn if one[name] is not None]
        low, high = np.percentile(np.array(values, dtype=np.float64), _INNER) if values else (0, 0)
        found[name] = None if value is None else (value, float(low), float(high))
    return found
