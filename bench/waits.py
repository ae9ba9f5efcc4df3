"""Whether real waits fall inside the band that customers are told, in simulated queues.

    .venv/bin/python -m bench.waits [--situations 400] [--seed 1]

Each situation is a desk of its own: number of CSRs and of conversations each helps at once, load,
handling times (lognormal), patience and how fast a free CSR takes somebody are drawn. It runs for
hours; then one customer after the other is told a band on what the desk saw in the last four
hours, and their real wait is looked at. They are patient: a wait that ends otherwise has no length.
"""

import argparse
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import fmean, median

import simpy
from scipy.stats import binomtest

from desk.expected_wait import Band, Places, Seen, expected_wait

_SEEN_S = 4 * 3600.0
_WARM_S = 3 * 3600.0
_PROBES = 10
_BETWEEN_PROBES_S = 1800.0


@dataclass(frozen=True, slots=True)
class Desk:
    """One situation; times in seconds."""

    csrs: int
    capacity: int
    load: float  # what arrives, as a share of what can be helped
    handling: float
    variation: float  # coefficient of variation of the handling time
    patience: float  # mean; infinite: nobody gives up
    pick_up: float


def situation(chance: random.Random) -> Desk:
    """Draw a desk of a small or middle shop."""
    return Desk(
        csrs=chance.randint(1, 12),
        capacity=chance.randint(1, 3),
        load=chance.uniform(0.7, 1.25),
        handling=chance.uniform(120, 900),
        variation=chance.uniform(0.5, 1.3),
        patience=chance.choice([math.inf, chance.uniform(600, 3600)]),
        pick_up=chance.uniform(5, 40),
    )


@dataclass(frozen=True, slots=True)
class Told:
    """What one customer was told, and their real wait in seconds."""

    is_free: bool  # a place was free for them
    band: Band | None
    wait: float


@dataclass(slots=True)
class Day:
    """What happens at one desk."""

    desk: Desk
    chance: random.Random
    clock: simpy.Environment = field(default_factory=simpy.Environment)
    told: list[Told] = field(default_factory=list)
    _handled: list[tuple[float, float]] = field(default_factory=list)  # (ended at, took)
    _picked_up: list[tuple[float, float]] = field(default_factory=list)
    _gave_up: list[float] = field(default_factory=list)
    _waits: list[tuple[float, float]] = field(default_factory=list)  # (ended at, waited)
    _under_way: dict[int, float] = field(default_factory=dict)
    _line: dict[int, float] = field(default_factory=dict)
    _people: Iterator[int] = field(default_factory=lambda: iter(range(10**9)))

    def run(self) -> list[Told]:
        """Give each probe's band and its real wait."""
        places = simpy.Resource(self.clock, self.desk.csrs * self.desk.capacity)
        self.clock.process(self._arrivals(places))
        self.clock.process(self._probes(places))
        until = _WARM_S + _PROBES * _BETWEEN_PROBES_S
        self.clock.run(until)
        while len(self.told) < _PROBES:
            until += 3600
            self.clock.run(until)
        return self.told

    def _arrivals(self, places: simpy.Resource) -> Iterator[simpy.Event]:
        rate = self.desk.load * places.capacity / (self.desk.handling + self.desk.pick_up)
        while True:
            yield self.clock.timeout(self.chance.expovariate(rate))
            mean = self.desk.patience
            patience = math.inf if math.isinf(mean) else self.chance.expovariate(1 / mean)
            self.clock.process(self._customer(places, patience))

    def _probes(self, places: simpy.Resource) -> Iterator[simpy.Event]:
        yield self.clock.timeout(_WARM_S)
        for _ in range(_PROBES):
            yield self.clock.timeout(self.chance.expovariate(1 / _BETWEEN_PROBES_S))
            free = places.capacity - places.count
            band = expected_wait(len(self._line), Places(places.capacity, free), self._seen())
            self.clock.process(self._customer(places, math.inf, (band,)))

    def _customer(
        self,
        places: simpy.Resource,
        patience: float,
        probed: tuple[Band | None] | None = None,
    ) -> Iterator[simpy.Event]:
        me, came = next(self._people), self.clock.now
        found_free = places.count < places.capacity
        self._line[me] = came
        with places.request() as place:
            if math.isinf(patience):
                yield place
            else:
                yield place | self.clock.timeout(patience)
            if not place.triggered:
                del self._line[me]
                self._gave_up.append(self.clock.now)
                self._waits.append((self.clock.now, self.clock.now - came))
                return
            del self._line[me]
            yield self.clock.timeout(self.chance.expovariate(1 / self.desk.pick_up))
            taken = self.clock.now
            self._waits.append((taken, taken - came))
            if found_free:
                self._picked_up.append((taken, taken - came))
            if probed:
                self.told.append(Told(found_free, *probed, taken - came))
            self._under_way[me] = taken
            yield self.clock.timeout(self._handling())
            del self._under_way[me]
            self._handled.append((self.clock.now, self.clock.now - taken))

    def _handling(self) -> float:
        spread = math.log(1 + self.desk.variation**2)
        return self.chance.lognormvariate(
            math.log(self.desk.handling) - spread / 2, math.sqrt(spread)
        )

    def _seen(self) -> Seen:
        moment = self.clock.now
        since = moment - _SEEN_S
        waited = sum(wait for at, wait in self._waits if at > since)
        return Seen(
            handled=[took for at, took in self._handled if at > since],
            under_way=[moment - began for began in self._under_way.values()],
            picked_up=[wait for at, wait in self._picked_up if at > since],
            gave_up=sum(at > since for at in self._gave_up),
            waited=waited + sum(moment - came for came in self._line.values()),
        )


def main() -> None:
    """Simulate and print the share of waits inside, as computed and as told in minutes."""
    parser = argparse.ArgumentParser(prog="bench.waits", description=__doc__.splitlines()[0])
    parser.add_argument("--situations", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    wish = parser.parse_args()
    chance = random.Random(wish.seed)
    told = [one for _ in range(wish.situations) for one in Day(situation(chance), chance).run()]
    print(f"{wish.situations} situations, {_PROBES} customers each, seed {wish.seed}")
    _print("all", told)
    _print("found a free place", [one for one in told if one.is_free])
    _print("waited in line", [one for one in told if not one.is_free])


def _print(name: str, told: Sequence[Told]) -> None:
    known = [(one.band, one.wait) for one in told if one.band]
    minutes = [(*(60 * end for end in band.rounded()), wait) for band, wait in known]
    inside = sum(low <= wait <= high for low, high, wait in minutes)
    sure = binomtest(inside, len(minutes)).proportion_ci(method="wilson")
    print(
        f"{name:20} told {len(known)} of {len(told)}; inside as told {inside / len(minutes):.3f}"
        f" [{sure.low:.3f}, {sure.high:.3f}], shorter"
        f" {sum(wait < low for low, _, wait in minutes) / len(minutes):.3f}, longer"
        f" {sum(wait > high for _, high, wait in minutes) / len(minutes):.3f};"
        f" before rounding {fmean(band.from_s <= wait <= band.to_s for band, wait in known):.3f};"
        f" median band {median(high - low for low, high, _ in minutes) / 60:.0f} min,"
        f" median wait {median(wait for *_, wait in minutes) / 60:.1f} min"
    )


if __name__ == "__main__":
    main()
