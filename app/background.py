"""Work beside the requests, for as long as a block lasts."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any


@asynccontextmanager
async def at_work(jobs: Iterable[Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Run `jobs` inside the block; at its end they are cancelled and waited for, in their order."""
    workers = [asyncio.create_task(job) for job in jobs]
    try:
        yield
    finally:
        for worker in workers:
            worker.cancel()
        for worker in workers:
            with suppress(asyncio.CancelledError):
                await worker
