"""How fast a vendor lets us send: in all, and to one customer with a burst that is paid back.

Counted in this process only; where several share an account the vendor's own refusals do the rest.
"""

import time
from collections.abc import Callable

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

    def spend(self, address: str) -> None:
        """Count one message to `address`. Raises DeliveryFailed when it has to wait."""
        moment = self._clock()
        self._forget_the_idle(moment)
        each = max(self._each.get(address, moment), moment)
        every = max(self._all, moment)
        wait_s = max(
            each - moment - self._each_every_s * (self._each_burst - 1),
            every - moment - self._every_s * (self._burst - 1),
        )
        if wait_s > _ROUNDING_S:
            raise DeliveryFailed("our own rate limit", counts=False, retry_after_s=wait_s)
        self._each[address] = each + self._each_every_s
        self._all = every + self._every_s

    def _forget_the_idle(self, moment: float) -> None:
        if moment > self._swept_at + _SWEEP_S:
            self._swept_at = moment
            self._each = {one: whole for one, whole in self._each.items() if whole > moment}
