"""Measure turns over the web API of a whole Sapa: time to the reply, CPU time and memory.

Run it with `make bench`. Times depend on the machine and on what else runs there, so the same run
also gives what they can be compared with: a message that nobody answers, and a turn asked of Rasa
directly. CPU time is what a busy neighbour changes least.
"""

import argparse
import asyncio
import os
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import uuid4

import httpx
import numpy as np

from bench.dialogues import dialogues
from bench.serving import Serving
from bench.throughput import Plan, compare
from bench.visitor import TimingVisitor

_CROWD = 10
_PAUSE_S = (0.5, 1.5)  # between a visitor's messages; people take longer
_LONGEST_STAGE_S = 40  # then no dialogue is begun any more, so that a busy machine ends too
_PATIENCE = httpx.Timeout(30)
_WITHOUT_LIMITS = {"SAPA_MESSAGES_PER_10S": "10000", "SAPA_SESSIONS_PER_MINUTE": "10000"}
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Stage:
    """The times of all messages of one kind of load."""

    name: str
    answered_ms: dict[str, list[float]] = field(default_factory=dict)
    accepted_ms: list[float] = field(default_factory=list)
    wall_s: float = 0.0
    app_cpu_s: float = 0.0
    rasa_cpu_s: float = 0.0

    def rows(self) -> list[str]:
        """Return the lines of the table."""
        kinds = {**self.answered_ms, "all": self.all_ms}
        return [_row(self.name, kind, times) for kind, times in kinds.items()]

    @property
    def all_ms(self) -> list[float]:
        """The times to the reply, of every kind."""
        return [one for times in self.answered_ms.values() for one in times]

    @property
    def turns(self) -> int:
        """How many messages were answered."""
        return len(self.all_ms)


def main() -> None:
    """Measure a Sapa alone, or with --stock against stock Rasa, and print what was found."""
    parser = argparse.ArgumentParser(prog="bench.turns")
    parser.add_argument("--stock", type=Path, help="folder that keeps the stock model; minutes")
    parser.add_argument("--rasas", type=int, default=1, help="Rasa processes of ours, with --stock")
    parser.add_argument("--distinct", action="store_true", help="with --stock: no message twice")
    parser.add_argument("--stretch", type=float, default=8, help="seconds; with --stock")
    parser.add_argument("--stretches", type=int, default=3, help="of each side; with --stock")
    parser.add_argument(
        "--crowds-only", action="store_true", help="no long conversation, no sockets"
    )
    wish = parser.parse_args()
    if wish.stock:
        plan = Plan(wish.rasas, wish.distinct, wish.stretch, wish.stretches, not wish.crowds_only)
        compare(wish.stock, plan)
    else:
        _alone()


def _alone() -> None:
    with tempfile.TemporaryDirectory(prefix="sapa-bench-") as folder:
        sapa = Serving(Path(folder), extra=_WITHOUT_LIMITS)
        sapa.prepare()
        begun = perf_counter()
        sapa.start()
        print(f"ready after {perf_counter() - begun:.1f} s; load {os.getloadavg()[0]:.1f}")
        try:
            asyncio.run(_measure(sapa))
        finally:
            sapa.stop()


async def _measure(sapa: Serving) -> None:
    app, rasa = (_pid(sapa, words) for words in ("uvicorn", "rasa run"))
    print(f"memory idle: app {_memory_mb(app)} MB, Rasa {_memory_mb(rasa)} MB")
    async with httpx.AsyncClient(base_url=sapa.url, timeout=_PATIENCE) as http:
        await _stage(http, "warm-up", 1, (app, rasa), pause_s=(0, 0))
        stages = [
            await _stage(http, "1 visitor", 1, (app, rasa), rounds=3, pause_s=(0, 0)),
            await _stage(http, f"{_CROWD} visitors", _CROWD, (app, rasa), pause_s=_PAUSE_S),
            await _stage(http, f"{_CROWD}, no pause", _CROWD, (app, rasa), pause_s=(0, 0)),
        ]
        unanswered = await _unanswered(http, sapa)
    rasa_alone = await _rasa_alone(sapa)
    print(f"{'load':15} {'kind':10} {'n':>5} {'p50 ms':>7} {'p95 ms':>7} {'p99 ms':>7}")
    print("\n".join(row for stage in stages for row in stage.rows()))
    print(_row("1 visitor", "accepted", stages[0].accepted_ms))
    print(_row("1 visitor", "unanswered", unanswered))
    print(_row("Rasa alone", "all", rasa_alone))
    for stage in stages:
        print(
            f"{stage.name}: CPU per turn app {stage.app_cpu_s / stage.turns * 1_000:.0f} ms, "
            f"Rasa {stage.rasa_cpu_s / stage.turns * 1_000:.0f} ms; "
            f"{stage.turns / stage.wall_s:.1f} turns a second"
        )
    alone = stages[0].all_ms
    print(f"ratios at p50: turn / unanswered {_ratio(alone, unanswered):.1f}, ", end="")
    print(f"Rasa's share of the turn {_ratio(rasa_alone, alone):.2f}")
    print(f"memory after: app {_memory_mb(app)} MB, Rasa {_memory_mb(rasa)} MB; ", end="")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


async def _stage(
    http: httpx.AsyncClient,
    name: str,
    visitors: int,
    processes: tuple[int, int],
    *,
    rounds: int = 1,
    pause_s: tuple[float, float],
) -> Stage:
    """Let `visitors` say everything at once, each in an order of its own."""
    stage = Stage(name)
    before = [_cpu_s(pid) for pid in processes]
    begun = perf_counter()
    await asyncio.gather(
        *(_visit(http, stage, rounds, pause_s, random.Random(one)) for one in range(visitors))
    )
    stage.wall_s = perf_counter() - begun
    stage.app_cpu_s, stage.rasa_cpu_s = (
        _cpu_s(pid) - spent for pid, spent in zip(processes, before, strict=True)
    )
    return stage


async def _visit(
    http: httpx.AsyncClient,
    stage: Stage,
    rounds: int,
    pause_s: tuple[float, float],
    chance: random.Random,
) -> None:
    until = perf_counter() + _LONGEST_STAGE_S
    for _ in range(rounds):
        said = dialogues()
        chance.shuffle(said)
        for kind, texts in said:
            if perf_counter() > until:
                return
            visitor = await TimingVisitor.begin(http)
            for text in texts:
                await asyncio.sleep(chance.uniform(*pause_s))
                timing = await visitor.says(text)
                stage.answered_ms.setdefault(kind, []).append(timing.answered_ms)
                stage.accepted_ms.append(timing.accepted_ms)
            await visitor.end()


async def _unanswered(http: httpx.AsyncClient, sapa: Serving) -> list[float]:
    """Time messages to a conversation that a CSR has taken: stored, but no turn."""
    visitor = await TimingVisitor.begin(http)
    await visitor.says("mau bicara dengan orang")
    password = (sapa.data_dir / "demo_csr_password").read_text().strip()
    async with httpx.AsyncClient(base_url=sapa.url, headers={"Origin": sapa.url}) as desk:
        login = {"login": "demo", "password": password}
        (await desk.post("/api/console/login", json=login)).raise_for_status()
        taken = f"/api/console/conversations/{visitor.conversation_id}/take"
        (await desk.post(taken)).raise_for_status()
    said = [text for _, texts in dialogues() for text in texts]
    timings = [await visitor.says(text, answered=False) for text in said * 3]
    await visitor.end()
    return [timing.accepted_ms for timing in timings]


async def _rasa_alone(sapa: Serving) -> list[float]:
    """Time the same turns asked of Rasa, which calls the app's actions; nothing is stored."""
    token = (sapa.data_dir / "rasa_token").read_text().strip()
    headers = {"Authorization": f"Bearer {token}"}
    url = f"http://127.0.0.1:{sapa.rasa_port}"
    times = []
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=_PATIENCE) as rasa:
        for _, texts in dialogues() * 3:
            conversation_id = uuid4().hex
            dialogue: dict[str, Any] = {}
            for text in texts:
                turn: dict[str, Any] = {
                    "conversation_id": conversation_id, "turn_id": uuid4().hex, "text": text,
                    "choice": None, "language": "id", "dialogue": dialogue,
                }  # fmt: skip
                begun = perf_counter()
                answer = await rasa.post("/webhooks/sapa/turn", json=turn)
                times.append((perf_counter() - begun) * 1_000)
                dialogue = answer.raise_for_status().json()["dialogue"]
    return times


def _row(load: str, kind: str, times_ms: Sequence[float]) -> str:
    p50, p95, p99 = np.percentile(times_ms, [50, 95, 99])
    return f"{load:15} {kind:10} {len(times_ms):5} {p50:7.1f} {p95:7.1f} {p99:7.1f}"


def _ratio(these_ms: Sequence[float], those_ms: Sequence[float]) -> float:
    return float(np.median(these_ms) / np.median(those_ms))


def _pid(sapa: Serving, words: str) -> int:
    (pid,) = sapa.pids(words)
    return pid


def _memory_mb(pid: int) -> int:
    """Return the resident memory."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6)


def _cpu_s(pid: int) -> float:
    """Return the CPU time used so far, of all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


if __name__ == "__main__":
    main()
