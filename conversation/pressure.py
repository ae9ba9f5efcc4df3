"""Whether vendors wait too long to be told that their events are stored.

Storing takes a millisecond, taking in and answering twenty; without this a burst of webhooks is
answered only as fast as all the rest is done, and vendors that wait for seconds send again.
"""

import asyncio

_SLOW_S = 0.03  # on average; Meta asks for 0.25
_WEIGHT = 0.2  # of the newest in the average
_FRESH_S = 0.2  # so long after the last event its time says something
_LONGEST_S = 0.5  # so that what is stored is answered however long a burst lasts
_LOOK_EVERY_S = 0.01


class Pressure:
    """One per process."""

    def __init__(self) -> None:
        """Begin without any."""
        self._average_s = 0.0
        self._noted_at = float("-inf")

    def note(self, took_s: float) -> None:
        """Note how long somebody waited."""
        self._average_s += _WEIGHT * (took_s - self._average_s)
        self._noted_at = asyncio.get_running_loop().time()

    async def give_way(self) -> None:
        """Return at once if nobody waits for long, else once that is so or after half a second."""
        loop = asyncio.get_running_loop()
        until = loop.time() + _LONGEST_S
        while self._is_high(loop.time()) and loop.time() < until:  # noqa: ASYNC110 - time ends it
            await asyncio.sleep(_LOOK_EVERY_S)

    def _is_high(self, moment: float) -> bool:
        return self._average_s > _SLOW_S and moment - self._noted_at < _FRESH_S
