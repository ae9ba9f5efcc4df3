"""Whether vendors wait too long to be told that their events are stored.

Storing takes a millisecond, taking in and answering twenty; without this a burst of webhooks is
answered only as fast as all the rest is done, and vendors that wait for seconds send again.
"""

import asyncio

_SLOW_S = 0.03  # on average; Meta asks for 0.25
_WEIGHT = 0.2  # of the newest in the average
_FRESH_S = 0.2  # so long after the last event its time says something
_LONGEST_S = 0.5  # of one event
_PATIENCE_S = 2.0  # what has waited so long waits for nobody: load that lasts must be worked off
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

    async def give_way(self, waited_s: float) -> None:
        """Return at once if nobody waits for long, else once that is so or after half a second.

        `waited_s` is how long ago was stored what gives way; after 2 s it does so no more.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + min(_LONGEST_S, _PATIENCE_S - waited_s)
        while self._is_high(loop.time()) and loop.time() < until:  # noqa: ASYNC110 - time ends it
            await asyncio.sleep(_LOOK_EVERY_S)

    def _is_high(self, moment: float) -> bool:
        return self._average_s > _SLOW_S and moment - self._noted_at < _FRESH_S
