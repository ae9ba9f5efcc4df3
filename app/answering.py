"""Answer as soon as what answers is loaded; until then messages are accepted, stored and wait."""

import asyncio
import ctypes
import signal
from contextlib import suppress

import structlog

from app.assembly import Parts
from app.leaving import Leaving
from language import phrases

log = structlog.get_logger()


async def answer(parts: Parts, leaving: Leaving) -> None:
    """Load, which takes seconds of CPU in a thread, then run turns until cancelled.

    A process that cannot load what it answers from ends, as it would be of no use.
    """
    try:
        # A message of somebody who waits for a person is read when it is stored: these come first.
        await asyncio.to_thread(phrases.load)
        await parts.faq.begin()
    except Exception as error:
        log.exception("cannot answer")
        leaving.because = error
        signal.raise_signal(signal.SIGTERM)
        return
    _give_freed_memory_back()
    await asyncio.gather(parts.turn_worker.run(), parts.faq.run())


def _give_freed_memory_back() -> None:
    """Return to the system what loading took and freed, about 65 MB; glibc would keep it."""
    with suppress(OSError, AttributeError):  # another C library has no such call
        ctypes.CDLL(None).malloc_trim(0)
