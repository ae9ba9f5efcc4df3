"""How fast a vendor lets us send: in all, and to one customer with a burst that is paid back.

Several processes of one account tell each other what they send; for what crosses on its way, the
vendor's own refusals do the rest.
"""

import time
from collections.abc import Callable
from hashlib import blake2b

from channels.message import DeliveryFailed

_SWEEP_S = 600.0
_ROUNDING_S = 1e-6


class Rates:
    """Counts what was sent; one per account."""

    def __init__(
        self,
        per_second: int,
        *,
        each_every_s: float,
        each_burst: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """To each customer `each_burst` messages at once, and then one in `each_every_s`."""
        self._every_s = 1.0 / per_second
        self._burst = per_second
        self._each_every_s = each_every_s
        self._each_burst = each_burst
        self._clock = clock
        # When each budget is whole again (generic cell rate algorithm, ITU-T I.371).
        self._all = clock()
        self._each: dict[str, float] = {}
        self._swept_at = clock()
        self._tell: Callable[[str], None] | None = None

    def share(self, tell: Callable[[str], None]) -> None:
        """Count together with others: `tell` is called with each address, made unreadable."""
        self._tell = tell

    def note(self, key: str) -> None:
        """Count one that somebody else sent, by the key that they told."""
        self._count(key, self._clock())

    def spend(self, address: str) -> None:
        """Count one message to `address`. Raises DeliveryFailed when it has to wait."""
        moment = self._clock()
        self._forget_the_idle(moment)
        key = address
        if self._tell is not None:
            key = blake2b(address.encode(), digest_size=16).hexdigest()
        each = max(self._each.get(key, moment), moment)
        every = max(self._all, moment)
        wait_s = max(
            each - moment - self._each_every_s * (self._each_burst - 1),
            every - moment - self._every_s * (self._burst - 1),
        )
        if wait_s > _ROUNDING_S:
            raise DeliveryFailed("our own rate limit", counts=False, retry_after_s=wait_s)
        self._count(key, moment)
        if self._tell is not None:
            self._tell(key)

    def _count(self, key: str, moment: float) -> None:
        self._each[key] = max(self._each.get(key, moment), moment) + self._each_every_s
        self._all = max(self._all, moment) + self._every_s

    def _forget_the_idle(self, moment: float) -> None:
        if moment > self._swept_at + _SWEEP_S:
            self._swept_at = moment
            self._each = {one: whole for one, whole in self._each.items() if whole > moment}
