"""Who writes next on SQLite, which lets one write at a time."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class WriteLine:
    """Two lines before one desk: what somebody outside waits for, and what can wait."""

    def __init__(self) -> None:
        """Let the first one through at once."""
        self._busy = False
        self._lines: tuple[deque[asyncio.Future[None]], deque[asyncio.Future[None]]] = (
            deque(),
            deque(),
        )

    @asynccontextmanager
    async def turn(self, *, urgent: bool = False) -> AsyncIterator[None]:
        """Hold the desk in the block; who is `urgent` goes before all who are not."""
        if self._busy:
            await self._wait(self._lines[0 if urgent else 1])
        self._busy = True
        try:
            yield
        finally:
            self._call_next()

    async def _wait(self, line: deque[asyncio.Future[None]]) -> None:
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line.append(called)
        try:
            await called
        except asyncio.CancelledError:
            if called.done() and not called.cancelled():  # called and cancelled at once
                self._call_next()
            raise

    def _call_next(self) -> None:
        """Hand the desk on; it stays busy until whoever is called has gone."""
        for line in self._lines:
            while line:
                called = line.popleft()
                if not called.done():
                    called.set_result(None)
                    return
        self._busy = False
