"""Take Meta's webhook apart into single events, without reading what they say.

One body carries entries, changes and in each several messages, statuses, echoes or errors; each
becomes an event of its own, so that a repeat in another body is still a repeat.
Source: developers.facebook.com, WhatsApp Business Platform, "messages webhook reference".
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from channels.event import RawEvent
from channels.text import clean
from channels.webhook import ignored

CHANNEL = "whatsapp"
# Meta tries for up to 7 days; keys of what we took are kept for 8. What is older would pass as new.
_TOO_OLD = timedelta(days=8)
_LONGEST_KEY = 300
_LONGEST_UNREADABLE = 4_096
_DEEPEST = 50  # levels; Meta's own examples have twelve


def split(body: bytes, phone_number_id: str, moment: datetime) -> list[RawEvent]:
    """Give the events of one signed body that are for the number `phone_number_id`.

    A body that is no JSON becomes one event, which nobody will be able to read: so it is parked
    and seen, and not sent to us for a week.
    """
    try:
        payload = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return [_unreadable(body, moment)]
    if _is_deeper(payload, _DEEPEST):  # than the store's own JSON may get
        return [_unreadable(body, moment)]
    changes = list(_dicts(payload, "entry", "changes"))
    if not changes:
        ignored(CHANNEL, "shape")
    events: list[RawEvent] = []
    for change in changes:
        events += _of_change(change, phone_number_id, moment)
    return [event for event in events if _is_recent(event, moment)]


def _no_number(name: str) -> None:
    """Python reads NaN and Infinity; JSON has neither, and PostgreSQL would not store them."""
    raise ValueError(f"{name} is no JSON")


def _is_deeper(found: object, levels: int) -> bool:
    layer = [found]
    for _ in range(levels):
        layer = [
            inner
            for one in layer
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not layer:
            return False
    return True


def _of_change(change: Mapping[str, Any], phone_number_id: str, moment: datetime) -> list[RawEvent]:
    value, field = change.get("value"), str(change.get("field"))
    metadata = value.get("metadata") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(metadata, dict):
        ignored(CHANNEL, "field", field)
        return []
    if str(metadata.get("phone_number_id")) != phone_number_id:
        ignored(CHANNEL, "other-account")
        return []
    events = list(_events(value, moment))
    if not events:
        ignored(CHANNEL, "field", field)
    return events


def _events(value: Mapping[str, Any], moment: datetime) -> Iterator[RawEvent]:
    contacts = list(_dicts(value, "contacts"))
    for item in _dicts(value, "messages"):
        contact = _contact_of(item, contacts)
        user = item.get("from_user_id") or contact.get("user_id") or item.get("from")
        yield _event("message", _id_of(item), f"user:{user}", item, moment, contact)
    for item in _dicts(value, "message_echoes"):
        user = item.get("to_user_id") or item.get("to")
        yield _event("echo", _id_of(item), f"user:{user}", item, moment)
    for item in _dicts(value, "statuses"):
        message = _id_of(item)
        source_id = f"{message}:{item.get('status')}"
        yield _event("status", source_id, f"status:{message}", item, moment)
    for item in _dicts(value, "errors"):
        yield _event("error", f"error:{_digest(item)}:{moment:%Y%m%d}", "error", item, moment)


def _id_of(item: Mapping[str, Any]) -> str:
    """Meta's id; two events without one are the same only if they are equal."""
    return str(item.get("id") or f"none:{_digest(item)}")


def _digest(item: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(item, sort_keys=True).encode()).hexdigest()


def _event(
    kind: str,
    source_id: str,
    lane: str,
    item: Mapping[str, Any],
    moment: datetime,
    contact: Mapping[str, Any] | None = None,
) -> RawEvent:
    raw = {"kind": kind, "item": item, "contact": contact or {}}
    return RawEvent(_key(source_id), _key(lane), _sent_at(item, moment), raw)


def _contact_of(item: Mapping[str, Any], contacts: list[dict[str, Any]]) -> dict[str, Any]:
    """Find who sent a message; a system message has no contact."""
    ids = {item.get("from"), item.get("from_user_id")} - {None}
    for contact in contacts:
        if {contact.get("wa_id"), contact.get("user_id")} & ids:
            return contact
    return contacts[0] if len(contacts) == 1 and not ids else {}


def _unreadable(body: bytes, moment: datetime) -> RawEvent:
    digest = hashlib.sha256(body).hexdigest()
    text = body[:_LONGEST_UNREADABLE].decode("utf-8", "replace")
    return RawEvent(f"body:{digest}", "body", moment, {"kind": "unreadable", "body": text})


def _dicts(found: object, *path: str) -> Iterator[dict[str, Any]]:
    """Walk into lists of objects, past everything that has another shape."""
    if not path:
        if isinstance(found, dict):
            yield found
        return
    inside = found.get(path[0]) if isinstance(found, dict) else None
    for one in inside if isinstance(inside, list) else ():
        yield from _dicts(one, *path[1:])


def _sent_at(item: Mapping[str, Any], moment: datetime) -> datetime:
    """Read Meta's seconds; what is missing, broken or in the future counts as sent now."""
    try:
        sent_at = datetime.fromtimestamp(int(str(item.get("timestamp"))), UTC)
    except (ValueError, OverflowError, OSError):
        return moment
    return min(sent_at, moment)


def _is_recent(event: RawEvent, moment: datetime) -> bool:
    if event.sent_at > moment - _TOO_OLD:
        return True
    ignored(CHANNEL, "old")
    return False


def _key(text: str) -> str:
    return clean(text)[:_LONGEST_KEY]
