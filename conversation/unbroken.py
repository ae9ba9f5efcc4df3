"""Finish what must not be left half done when the process is told to end."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

_Result = TypeVar("_Result")


async def unbroken(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Await `work` to its end, also when cancelled meanwhile; the cancellation then goes on."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
