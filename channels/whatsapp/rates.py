"""How fast Meta lets us send, per number and per customer.

Source: developers.facebook.com, WhatsApp Business Platform, "Throughput".
"""

import time
from collections.abc import Callable

from channels.rates import Rates

_PAIR_EVERY_S = 6.0
_PAIR_BURST = 45


def whatsapp_rates(per_second: int, clock: Callable[[], float] = time.monotonic) -> Rates:
    """Count for one number that sends up to `per_second` messages."""
    return Rates(per_second, each_every_s=_PAIR_EVERY_S, each_burst=_PAIR_BURST, clock=clock)
