"""How long somebody in line still waits: a band that holds four times in five.

Who is k-th beyond the free places waits for k conversations to end. While all places are taken,
conversations end as a Poisson process of rate places / AHT and those ahead give up at a rate of
their own, so the wait is a sum of k exponential times, an Erlang distribution where nobody gives up
(M/M/c+M, "Erlang A": Garnett, Mandelbaum and Reiman 2002, doi:10.1287/msom.4.3.208.7753). AHT is
known from few conversations only; that makes the gamma's quantiles those of an F distribution.
To this comes the time until a CSR with a free place takes somebody.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, variance

_INSIDE = 0.8  # of the real waits, between the band's ends
_FEWEST = 3  # conversations that ended; below that a mean says nothing
_DOUBTED = 4.0  # conversations' worth of belief that handling times are exponential
_PICK_UP_S = 20.0  # until a free CSR takes somebody, while fewer than _FEWEST are known
_MINUTE = 60
_STEPS = ((10, 1), (60, 5), (math.inf, 15))  # minutes: up to, in steps of


@dataclass(frozen=True, slots=True)
class Seen:
    """What the desk saw in the last hours; times in seconds."""

    handled: Sequence[float] = ()  # how long each conversation that ended took
    under_way: Sequence[float] = ()  # since when each of the others is being helped
    picked_up: Sequence[float] = ()  # how long they waited who found a free place
    gave_up: int = 0  # left while they waited
    waited: float = 0.0  # all waiting together, with and without success


@dataclass(frozen=True, slots=True)
class Places:
    """How many conversations the CSRs who are there can help at once."""

    all: int
    free: int


@dataclass(frozen=True, slots=True)
class Band:
    """From and to, in seconds; `to_s` is never less than `from_s`."""

    from_s: int
    to_s: int

    def rounded(self) -> tuple[int, int]:
        """Give whole minutes as one tells them, outwards: (0, 1) is less than a minute."""
        low, high = _minutes(self.from_s, math.floor), _minutes(self.to_s, math.ceil)
        return (low, max(high, low + 1, 1))


def expected_wait(ahead: int, places: Places, seen: Seen) -> Band | None:
    """Say how long the customer with `ahead` others before them waits, or None: nobody can say.

    That is so with nobody there, and while all places are taken and too few conversations ended.
    """
    if places.all < 1:
        return None
    beyond = ahead + 1 - places.free
    if beyond < 1:
        low, high = _pick_up(seen)
        return Band(math.floor(low), math.ceil(high))
    ended = len(seen.handled)
    if ended < _FEWEST:
        return None
    # Those under way count as time without an end: leaving them out would prefer the short.
    rate = places.all * ended / (sum(seen.handled) + sum(seen.under_way))
    impatience = seen.gave_up / seen.waited if seen.waited else 0.0
    steps = [1 / (rate + others * impatience) for others in range(beyond)]
    mean, spread = sum(steps), sum(step * step for step in steps) * _regularity(seen.handled)
    low, high = _quantiles(mean, mean * mean / spread, ended)
    pick_up = _mean_pick_up(seen)
    return Band(math.floor(low + pick_up), math.ceil(high + pick_up))


def _quantiles(mean: float, shape: float, ended: int) -> tuple[float, float]:
    # scipy.stats has the same, and takes half a second to import while everybody waits.
    from scipy.special import fdtri  # noqa: PLC0415 - nothing at the start needs it

    tail = (1 - _INSIDE) / 2
    low, high = (fdtri(2 * shape, 2 * ended, share) for share in (tail, 1 - tail))
    return float(mean * low), float(mean * high)


def _regularity(handled: Sequence[float]) -> float:
    """Give the squared coefficient of variation of handling times, held near 1 while few."""
    squared = variance(handled) / fmean(handled) ** 2 if fmean(handled) else 1.0
    return (len(handled) * squared + _DOUBTED) / (len(handled) + _DOUBTED)


def _mean_pick_up(seen: Seen) -> float:
    return fmean(seen.picked_up) if len(seen.picked_up) >= _FEWEST else _PICK_UP_S


def _pick_up(seen: Seen) -> tuple[float, float]:
    """Of an exponential time whose mean is known from few."""
    known = seen.picked_up if len(seen.picked_up) >= _FEWEST else [_PICK_UP_S] * _FEWEST
    return _quantiles(fmean(known), 1.0, len(known))


def _minutes(seconds: int, whole: Callable[[float], int]) -> int:
    minutes = seconds / _MINUTE
    step = next(step for most, step in _STEPS if minutes <= most)
    return whole(minutes / step) * step
