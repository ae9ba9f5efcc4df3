"""How fast one visitor may go before being asked to wait."""

import math
import time
from collections import deque
from collections.abc import Callable
from hashlib import blake2b

from channels.problem import Problem


class Pace:
    """At most `amount` of something in any `seconds`, per key."""

    def __init__(
        self, amount: int, seconds: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`clock` never goes back, so that setting the machine's time locks nobody out."""
        self._amount = amount
        self._seconds = seconds
        self._clock = clock
        self._hits: dict[str, deque[float]] = {}
        self._swept_at = clock()
        self._tell: Callable[[str], None] | None = None

    def share(self, tell: Callable[[str], None]) -> None:
        """Count together with others: `tell` is called with each key, made unreadable."""
        self._tell = tell

    def note(self, key: str) -> None:
        """Count one that somebody else let pass, by the key that they told."""
        self._hits.setdefault(key, deque(maxlen=self._amount)).append(self._clock())

    async def hit(self, key: str) -> None:
        """Count one. Raises Problem 429 with Retry-After when there were too many."""
        moment = self._clock()
        self._forget_the_idle(moment)
        if self._tell is not None:
            key = blake2b(key.encode(), digest_size=16).hexdigest()
        hits = self._hits.setdefault(key, deque())
        while hits and hits[0] <= moment - self._seconds:
            hits.popleft()
        if len(hits) >= self._amount:
            wait_s = max(1, math.ceil(hits[0] + self._seconds - moment))
            raise Problem("too-fast", 429, headers={"Retry-After": str(wait_s)}, seconds=wait_s)
        hits.append(moment)
        if self._tell is not None:
            self._tell(key)

    def _forget_the_idle(self, moment: float) -> None:
        """Drop the keys that count no more, once per period, so that memory does not grow."""
        if moment < self._swept_at + self._seconds:
            return
        self._swept_at = moment
        self._hits = {
            key: hits for key, hits in self._hits.items() if hits[-1] > moment - self._seconds
        }
