"""What Meta's error codes mean for a message: try again, when, or never.

Codes, not titles, as Meta asks. Source: developers.facebook.com, WhatsApp Business Platform,
"Error codes" (2026-05-15) and "Throughput".
"""

from collections.abc import Mapping
from typing import Any

from channels.message import DeliveryFailed
from channels.text import without_numbers

WINDOW_CLOSED = 131047
PAIR_RATE = 131056

# Seconds to wait at least, by code; the outbox doubles them from try to try.
_AGAIN_AFTER_S = {
    1: 5,  # unknown error of the API
    2: 5,  # service down for the moment
    4: 60,  # calls of the app
    80007: 60,  # calls of the account
    130429: 5,  # messages of the number
    131000: 5,  # unknown error of the message
    131016: 10,  # service overloaded
    PAIR_RATE: 6,  # messages to this one customer
    131057: 60,  # the number is being moved to a faster tier
}
# The owner has to mend these; meanwhile messages wait, until the customer's window closes.
_THE_OWNERS = frozenset({0, 10, 190, 368, 131031, 131042, 133010, *range(200, 300)})
_OWNERS_PAUSE_S = 300


def failure_of(error: Mapping[str, Any]) -> DeliveryFailed:
    """Read an error object of Meta's; an unknown code is not tried again."""
    try:
        code = int(error.get("code", -1))
    except (TypeError, ValueError):
        code = -1
    title = str(error.get("title") or error.get("message") or "no reason given")[:100]
    reason = f"Meta {code}: {without_numbers(title)}"
    if code in _AGAIN_AFTER_S:
        return DeliveryFailed(reason, code=code, retry_after_s=_AGAIN_AFTER_S[code])
    if code in _THE_OWNERS:
        return DeliveryFailed(reason, code=code, counts=False, retry_after_s=_OWNERS_PAUSE_S)
    return DeliveryFailed(reason, code=code, permanent=True, shut=code == WINDOW_CLOSED)
