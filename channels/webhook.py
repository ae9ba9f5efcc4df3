"""The door of every webhook: what is not right is counted, and named without personal data."""

import hmac
from typing import Literal

import structlog
from fastapi import Request
from prometheus_client import Counter

from channels.problem import Problem

log = structlog.get_logger()

Ignorance = Literal["old", "other-account", "field", "shape"]

_LONGEST_NAME = 40
_REFUSED = Counter("sapa_webhook_refused", "Webhooks refused at the door.", ["channel", "reason"])
_IGNORED = Counter(
    "sapa_webhook_ignored", "Proven parts of webhooks that are not for us.", ["channel", "reason"]
)
_UNKNOWN = Counter("sapa_webhook_unknown", "Events of a type we do not know.", ["channel"])
_EVENTS = Counter("sapa_webhook_events", "Events that vendors brought, repeats too.", ["channel"])


def is_equal(given: str, wanted: str) -> bool:
    """Compare a proof in constant time; an empty secret equals nothing."""
    return bool(wanted) and hmac.compare_digest(given.encode(), wanted.encode())


async def body_of(request: Request, channel: str, largest: int) -> bytes:
    """Read up to `largest` bytes; the declared length may be missing, or wrong. Raises Problem."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest:
            raise refused(channel, "too-large")
    return bytes(body)


def refused(channel: str, reason: str) -> Problem:
    """Give the problem to raise; `reason` says for what, never what they sent."""
    _REFUSED.labels(channel, reason).inc()
    log.warning("webhook refused", channel=channel, reason=reason)
    if reason == "too-large":
        return Problem("too-large", 413)
    return Problem("webhook-refused", 403)


def ignored(channel: str, reason: Ignorance, field: str = "") -> None:
    """Note a part that changes nothing; `field` is the vendor's name of it."""
    _IGNORED.labels(channel, reason).inc()
    log.warning("webhook ignored", channel=channel, reason=reason, field=_name(field))


def unknown(channel: str, kind: str, name: object) -> None:
    """Note an event whose type `name` we do not know."""
    _UNKNOWN.labels(channel).inc()
    log.warning("webhook of unknown type", channel=channel, kind=kind, type=_name(str(name)))


def took(channel: str, events: int) -> None:
    """Count events that are stored."""
    _EVENTS.labels(channel).inc(events)


def _name(field: str) -> str:
    """A vendor's names are short and plain; anything else could be somebody's words."""
    return field if field.replace("_", "").isalpha() and len(field) <= _LONGEST_NAME else ""
