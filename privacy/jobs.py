"""What of this runs by itself beside the app."""

import asyncio
import random

import structlog

from privacy.requests import ErasureRequests
from privacy.retention import Retention

log = structlog.get_logger()


async def keep_promises(requests: ErasureRequests, retention: Retention) -> None:
    """See to wishes to be forgotten within a minute, and to what is too old once an hour."""
    async with asyncio.TaskGroup() as group:
        group.create_task(requests.run())
        group.create_task(_forget_the_old(retention))


async def _forget_the_old(retention: Retention, every_s: float = 3600.0) -> None:
    while True:
        # Not at the start, when everything else begins; and several processes not all at once.
        await asyncio.sleep(every_s * random.uniform(0.9, 1.1))  # noqa: S311
        try:
            await retention.once()
        except Exception:
            log.exception("retention stopped for now")
