"""What an error of the Bot API means for a message: try again, when, or never.

Source: core.telegram.org/bots/api, "Making requests" and "ResponseParameters"; the texts of
github.com/tdlib/telegram-bot-api, Client.cpp.
"""

from collections.abc import Mapping
from typing import Any

from channels.message import DeliveryFailed
from channels.text import without_numbers

BAD_REQUEST = 400
UNAUTHORISED = 401
FORBIDDEN = 403  # blocked by the customer, thrown out of a group, account deleted
UNKNOWN_TOKEN = 404  # of a form that no token has
CONFLICT = 409  # somebody else polls, or a webhook is set
TOO_MANY = 429
_SERVER = 500

AGAIN_S = 5.0
_OWNERS_PAUSE_S = 300.0
_CONFLICT_PAUSE_S = 30.0


def failure_of(answer: Mapping[str, Any], status: int) -> DeliveryFailed:
    """Read an answer that is not ok, with the HTTP status it came with."""
    code = int(_number(answer.get("error_code"), status))
    title = str(answer.get("description") or "no reason given")[:100]
    reason = f"Telegram {code}: {without_numbers(title)}"
    if code == TOO_MANY:
        parameters = answer.get("parameters")
        wait_s = parameters.get("retry_after") if isinstance(parameters, dict) else None
        pause_s = _number(wait_s, AGAIN_S)
        return DeliveryFailed(reason, code=code, counts=False, retry_after_s=pause_s)
    if code in (UNAUTHORISED, UNKNOWN_TOKEN):  # the owner has to mend it; messages wait
        return DeliveryFailed(reason, code=code, counts=False, retry_after_s=_OWNERS_PAUSE_S)
    if code == CONFLICT:
        return DeliveryFailed(reason, code=code, counts=False, retry_after_s=_CONFLICT_PAUSE_S)
    if code >= _SERVER:
        return DeliveryFailed(reason, code=code, retry_after_s=AGAIN_S)
    return DeliveryFailed(reason, code=code, permanent=True)


def unknown(reason: str) -> DeliveryFailed:
    """It may have been sent. Telegram tells nobody, so a duplicate is risked, not silence."""
    return DeliveryFailed(reason, retry_after_s=AGAIN_S)


def _number(value: object, otherwise: float) -> float:
    return value if isinstance(value, int) and not isinstance(value, bool) else otherwise
