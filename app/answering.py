"""Answer as soon as what answers is loaded; until then messages are accepted, stored and wait."""

import asyncio
import ctypes
import gc
import signal
from contextlib import suppress

import structlog

from app.assembly import Parts
from app.leaving import Leaving
from language import phrases

log = structlog.get_logger()

_YOUNG = 10_000  # objects made before the collector looks; some turns


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
    _settle()
    await asyncio.gather(parts.turn_worker.run(), parts.faq.run())


def _settle() -> None:
    """Take what was loaded out of the garbage collector's sight, and return what loading freed.

    It stays as long as the process; to go through its million objects again and again took time
    of turns. glibc would keep the freed memory, about 65 MB.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 10, 10)
    with suppress(OSError, AttributeError):  # another C library has no such call
        ctypes.CDLL(None).malloc_trim(0)
