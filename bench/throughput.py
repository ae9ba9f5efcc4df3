"""The same conversations through Sapa and through stock Rasa, side by side, in one run.

Both run at once; the measured one takes turns with the other in short stretches, so that what else
the machine does falls on both. Only ratios of one run say anything about a busy machine.

Customers ask the same things again and again, and Sapa remembers what it found for them. With
`distinct` every message is new to it: a name is added that nobody had before.
"""

import asyncio
import os
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np

from bench.dialogues import dialogues
from bench.serving import Serving, free_port
from bench.sides import RestTalk, Side, Talk, WidgetTalk
from bench.stock.project import trained
from bench.stock.serving import StockServing

CROWDS = (1, 10, 50)
_SYLLABLES = ("ba", "di", "ka", "lu", "ma", "ni", "ra", "si", "ti", "wa")
_DIALOGUES = 5  # a conversation: about six messages
_LONG = 200  # turns of one conversation
_ENDS = 40  # of it, compared
_SOCKETS = 2_000
_WITHOUT_LIMITS = {"SAPA_MESSAGES_PER_10S": "1000000", "SAPA_SESSIONS_PER_MINUTE": "1000000"}


@dataclass(slots=True)
class Load:
    """What one side did under one crowd."""

    times_ms: list[float] = field(default_factory=list)
    wall_s: float = 0.0
    cpu_s: float = 0.0

    @property
    def per_second(self) -> float:
        """Turns a second."""
        return len(self.times_ms) / self.wall_s

    @property
    def cpu_ms(self) -> float:
        """CPU time of one turn, of all processes of the side."""
        return self.cpu_s / len(self.times_ms) * 1_000


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured."""

    rasas: int = 1  # Rasa processes of Sapa
    distinct: bool = False  # no message twice
    stretch_s: float = 8.0
    stretches: int = 3  # of each side at each crowd, in turn
    to_the_end: bool = True  # the long conversation and the open sockets too


def compare(cache: Path, plan: Plan) -> None:
    """Measure Sapa against the stock model kept in `cache`; print."""
    model = trained(cache)
    with tempfile.TemporaryDirectory(prefix="sapa-bench-") as folder:
        ports = [free_port() for _ in range(plan.rasas)]
        urls = ",".join(f"http://127.0.0.1:{port}" for port in ports)
        sapa = Serving(Path(folder) / "sapa", extra={**_WITHOUT_LIMITS, "SAPA_RASA_URL": urls})
        sapa.prepare()
        stock = StockServing(model, Path(folder) / "stock", sapa.data_dir / "sapa.db")
        try:
            stock.begin()
            sapa.start()
            stock.wait()
            assert sapa.process is not None
            ours = Side(
                f"Sapa, {plan.rasas} Rasa", partial(WidgetTalk.begin, sapa.url), (sapa.process.pid,)
            )
            theirs = Side(
                "stock Rasa",
                partial(RestTalk.begin, stock.url),
                tuple(one.pid for one in stock.processes),
            )
            asyncio.run(_compare(ours, theirs, plan))
        finally:
            if sapa.process is not None:
                sapa.stop()
            stock.stop()


async def _compare(ours: Side, theirs: Side, plan: Plan) -> None:
    sides = (ours, theirs)
    for side in sides:
        await _stretch(side, 2, Load(), plan, seed=0)
    told = "no message twice" if plan.distinct else "the same messages again and again"
    print(f"{told}; ", end="")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, both sides and the bench")
    print(
        f"{'conversations':>13} {'':14} {'turns/s':>8} {'p50 ms':>7} {'p95 ms':>7} {'p99 ms':>7}"
        f" {'CPU ms':>6}"
    )
    for crowd in CROWDS:
        loads = {side.name: Load() for side in sides}
        for number in range(plan.stretches):
            for side in sides:
                await _stretch(side, crowd, loads[side.name], plan, seed=number)
        for name, load in loads.items():
            p50, p95, p99 = np.percentile(load.times_ms, [50, 95, 99])
            print(
                f"{crowd:13} {name:14} {load.per_second:8.1f} {p50:7.0f} {p95:7.0f} {p99:7.0f}"
                f" {load.cpu_ms:6.0f}"
            )
        mine, other = (loads[side.name] for side in sides)
        print(
            f"{'':13} ratio: {mine.per_second / other.per_second:.2f} times the turns a second, "
            f"p50 {_median(mine.times_ms) / _median(other.times_ms):.2f}, "
            f"CPU {mine.cpu_ms / other.cpu_ms:.2f}; load {os.getloadavg()[0]:.1f}"
        )
    print("memory: " + ", ".join(f"{side.name} {side.memory_mb()} MB" for side in sides))
    if plan.to_the_end:
        await _to_the_end(sides)


async def _to_the_end(sides: tuple[Side, Side]) -> None:
    for side in sides:
        first, last = await _long(side)
        print(
            f"{side.name}: a conversation of {_LONG} turns, p50 of the last {_ENDS} against the "
            f"first {_ENDS}: {last:.0f} / {first:.0f} ms = {last / first:.2f}"
        )
    print(f"turns that stock Rasa answered with nothing: {RestTalk.silent}")
    print(await _sockets(sides[0]))


async def _stretch(side: Side, crowd: int, load: Load, plan: Plan, *, seed: int) -> None:
    """Let `crowd` visitors talk, each in conversations of their own, until the time is over."""
    talks = [await side.begin() for _ in range(crowd)]
    cpu, begun = side.cpu_s(), perf_counter()
    until = begun + plan.stretch_s
    await asyncio.gather(
        *(
            _visit(side, talk, load.times_ms, until, _said(plan, seed * 1_000 + number))
            for number, talk in enumerate(talks)
        )
    )
    load.wall_s += perf_counter() - begun
    load.cpu_s += side.cpu_s() - cpu


async def _visit(
    side: Side, talk: Talk, times_ms: list[float], until: float, said: Iterator[list[str]]
) -> None:
    for texts in said:
        for text in texts:
            if perf_counter() > until:
                await talk.end()
                return
            times_ms.append(await talk.says(text))
        await talk.end()
        talk = await side.begin()


def _said(plan: Plan, seed: int) -> Iterator[list[str]]:
    """Give what is said in one conversation after the other."""
    chance = random.Random(seed)
    while True:
        some = chance.sample(dialogues(), _DIALOGUES)
        texts = [text for _, texts in some for text in texts]
        yield [f"{text} kak {_name(chance)}" for text in texts] if plan.distinct else texts


def _name(chance: random.Random) -> str:
    return "".join(chance.choices(_SYLLABLES, k=5))


async def _long(side: Side) -> tuple[float, float]:
    """Return p50 of the first and of the last turns of one long conversation, in ms."""
    questions = [texts[0] for kind, texts in dialogues() if kind == "faq"]
    talk = await side.begin()
    times = [await talk.says(questions[number % len(questions)]) for number in range(_LONG)]
    await talk.end()
    return _median(times[:_ENDS]), _median(times[-_ENDS:])


async def _sockets(side: Side) -> str:
    """Tell what open, silent sockets of the widget take."""
    before, begun = side.memory_mb(), perf_counter()
    talks: list[Talk] = []
    while len(talks) < _SOCKETS:
        talks += await asyncio.gather(*(side.begin() for _ in range(50)))
    taken_s, after = perf_counter() - begun, side.memory_mb()
    answered = await talks[-1].says("halo")
    for talk in talks:
        await talk.end()
    return (
        f"{_SOCKETS} open sockets: {(after - before) * 1_000 / _SOCKETS:.0f} KB each, opened in "
        f"{taken_s:.0f} s; a turn among them {answered:.0f} ms"
    )


def _median(times_ms: Sequence[float]) -> float:
    return float(np.median(times_ms))
