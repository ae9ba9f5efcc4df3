"""What runs beside the requests: turns as they become due, and deliveries."""

import asyncio

import structlog

from conversation.bus import Bus
from conversation.turn import Turns

log = structlog.get_logger()


class TurnWorker:
    """Runs turns as they become due, several conversations at once."""

    def __init__(self, turns: Turns, bus: Bus, *, at_once: int = 16, sweep_s: float = 1.0) -> None:
        """Listen to the topic `work`, and look for forgotten turns every `sweep_s`."""
        self._turns = turns
        self._bus = bus
        self._room = asyncio.Semaphore(at_once)
        self._sweep_s = sweep_s
        self._tasks: set[asyncio.Task[None]] = set()
        self._queued: set[str] = set()  # woken, and not yet begun: waking them again adds nothing
        self._leaving = False

    def _wake(self, conversation_id: str) -> None:
        if conversation_id in self._queued:
            return
        if self._room.locked():  # busy here; another process may have room
            self._bus.pass_on("work", {"conversation": conversation_id})
        self._queued.add(conversation_id)
        task = asyncio.create_task(self._take(conversation_id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def run(self) -> None:
        """Work until cancelled; then finish the turns under way, and leave others to others."""
        loop = asyncio.get_running_loop()
        swept_at = float("-inf")
        try:
            with self._bus.subscribe("work") as wishes:
                while True:
                    if loop.time() - swept_at >= self._sweep_s:
                        await self._sweep()
                        swept_at = loop.time()
                    event = await wishes.next(self._sweep_s)
                    if event is not None:
                        self._wake(event["conversation"])
        finally:
            self._leaving = True
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _sweep(self) -> None:
        try:
            due = await self._turns.due()
        except Exception:
            log.exception("cannot look for turns")
            return
        for conversation_id in due:
            self._wake(conversation_id)

    async def _take(self, conversation_id: str) -> None:
        async with self._room:
            self._queued.discard(conversation_id)
            if self._leaving:
                self._bus.pass_on("work", {"conversation": conversation_id})
                return
            try:
                await self._turns.take(conversation_id)
            except Exception:
                log.exception("cannot run turn", conversation=conversation_id)
