"""Break one thing after the other, and note how long it takes until messages are accepted again."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from time import monotonic

from bench.faults.app import POINTS
from bench.faults.options import Options
from bench.faults.record import Fault, Record
from bench.faults.world import World

_PASSES_WITHIN_S = 6.0  # else nobody comes past an armed point, and it is disarmed
_READY_WITHIN_S = 120.0
_DISK_FULL_S = 3.0
_JUMP_S = 3600
_JUMPED_S = 4.0


class Damage:
    """A seeded sequence of faults; every kind and every point once, then again in another order."""

    def __init__(self, options: Options, world: World, record: Record) -> None:
        """Choose the kinds of fault that fit this run."""
        self._options, self._world, self._record = options, world, record
        self._chance = random.Random(f"{options.seed} damage")
        kinds: dict[str, Callable[[], Awaitable[None]]] = {"kill-app": self._kill_app}
        for point in POINTS:
            kinds[point] = self._at_point(point)
        if options.assistant == "rasa":
            kinds["kill-rasa"] = self._kill_rasa
        if options.database == "postgresql":
            kinds["kill-postgresql"] = self._kill_postgres
        if world.has_disk:
            kinds["disk-full"] = self._fill_disk
        kinds["clock-ahead"] = self._jump(_JUMP_S)
        kinds["clock-back"] = self._jump(-_JUMP_S)
        if options.faults:
            kinds = {name: kinds[name] for name in options.faults}
        self._kinds = kinds

    async def run(self) -> None:
        """Break things until cancelled."""
        while True:
            names = list(self._kinds)
            self._chance.shuffle(names)
            for name in names:
                await asyncio.sleep(self._options.every_s * self._chance.uniform(0.5, 1.5))
                await self._kinds[name]()

    async def repair(self) -> None:
        """Undo what is left of a fault that was cut short."""
        for point in POINTS:
            (self._world.points / point).unlink(missing_ok=True)
        self._world.empty_disk()
        self._world.jump(0)
        await self._world.wait_until_ready(_READY_WITHIN_S)

    async def _kill_app(self) -> None:
        fault = self._note("kill-app", deadly=True)
        self._world.kill(self._world.app)
        await self._recovers(fault)

    def _at_point(self, point: str) -> Callable[[], Awaitable[None]]:
        async def kill() -> None:
            (self._world.points / point).touch()
            died = self._world.points / f"{point}.died"
            until = monotonic() + _PASSES_WITHIN_S
            while not died.exists() and monotonic() < until:  # noqa: ASYNC110 - another process's
                await asyncio.sleep(0.005)
            (self._world.points / point).unlink(missing_ok=True)
            if died.exists():
                died.unlink()
                await self._recovers(self._note(point, deadly=True))

        return kill

    async def _kill_rasa(self) -> None:
        self._note("kill-rasa", deadly=False)
        self._world.kill(self._world.rasa)

    async def _kill_postgres(self) -> None:
        fault = self._note("kill-postgresql", deadly=False)
        self._world.kill_postgres()
        await asyncio.to_thread(self._world.start_postgres)
        await self._recovers(fault)

    async def _fill_disk(self) -> None:
        fault = self._note("disk-full", deadly=False)
        await asyncio.to_thread(self._world.fill_disk)
        await asyncio.sleep(_DISK_FULL_S)
        self._world.empty_disk()
        fault.at = monotonic()
        await self._recovers(fault)

    def _jump(self, seconds: int) -> Callable[[], Awaitable[None]]:
        async def jump() -> None:
            self._note("clock-ahead" if seconds > 0 else "clock-back", deadly=False)
            self._world.jump(seconds)
            await asyncio.sleep(_JUMPED_S)
            self._world.jump(0)

        return jump

    def _note(self, kind: str, *, deadly: bool) -> Fault:
        fault = Fault(kind, monotonic(), deadly)
        self._record.faults.append(fault)
        return fault

    async def _recovers(self, fault: Fault) -> None:
        await asyncio.sleep(0.05)  # the port of a process that was just killed may answer once
        await self._world.wait_until_ready(_READY_WITHIN_S)
        fault.recovered_s = monotonic() - fault.at
