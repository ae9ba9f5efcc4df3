"""Make an event of each of Telegram's updates, without reading what it says.

Source: core.telegram.org/bots/api, "Getting updates".
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from channels.event import RawEvent
from channels.text import clean

log = structlog.get_logger()

CHANNEL = "telegram"
KINDS = ("message", "edited_message", "callback_query", "my_chat_member")
# Telegram keeps updates for a day; keys of what we took are kept for 8. What is older is a replay.
_TOO_OLD = timedelta(days=8)
_LONGEST_KEY = 300
_LONGEST_UNREADABLE = 4_096
# Updates are numbered as they happened, while dates have whole seconds and a tap has none: the
# number, as microseconds from here on, is what orders a lane.
_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
_LARGEST_NUMBER = 2**52

Item = Mapping[str, Any]


def event_of(update: object, moment: datetime) -> RawEvent | None:
    """Give the event of an update that came at `moment`; None for what concerns nobody.

    What has not the form of an update becomes an event that nobody will be able to read: so it
    is parked and seen, and not sent to us again and again.
    """
    if not isinstance(update, dict):
        return unreadable(json.dumps(update).encode(), moment)
    for kind in KINDS:
        item = update.get(kind)
        if isinstance(item, dict):
            return _event(kind, item, _ordered(update, moment), moment)
    log.info("update ignored", channel=CHANNEL, fields=[str(name)[:40] for name in update][:5])
    return None


def unreadable(body: bytes, moment: datetime) -> RawEvent:
    """Keep what is no JSON object, once, to be looked at."""
    digest = hashlib.sha256(body).hexdigest()
    text = body[:_LONGEST_UNREADABLE].decode("utf-8", "replace")
    return RawEvent(f"body:{digest}", "body", moment, {"kind": "unreadable", "body": text})


def number_of(update: object) -> int | None:
    """Give the number of an update, where it has one."""
    number = update.get("update_id") if isinstance(update, dict) else None
    return number if isinstance(number, int) and 0 <= number < _LARGEST_NUMBER else None


def chat_of(kind: str, item: Item) -> Item:
    """Give the chat that an update is from; empty where it names none."""
    around = item.get("message") if kind == "callback_query" else item
    chat = around.get("chat") if isinstance(around, dict) else None
    return chat if isinstance(chat, dict) else {}


def is_private(chat: Item) -> bool:
    """Whether a chat is with one customer; one that is not named comes from a button."""
    return str(chat.get("type", "private")) == "private"


def written_at(item: Item, moment: datetime) -> datetime:
    """Read when something was written or changed; what is missing, broken or to come is now."""
    try:
        found = datetime.fromtimestamp(int(item.get("edit_date") or item["date"]), UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return moment
    return min(found, moment)


def _event(kind: str, item: Item, order: datetime, moment: datetime) -> RawEvent | None:
    if kind != "callback_query" and written_at(item, moment) <= moment - _TOO_OLD:
        log.warning("update of long ago ignored", channel=CHANNEL)
        return None
    chat = chat_of(kind, item)
    sender = item.get("from")
    user = sender.get("id") if isinstance(sender, dict) else None
    lane = f"user:{user}" if is_private(chat) else f"chat:{chat.get('id')}"
    raw = {"kind": kind, "item": item}
    return RawEvent(_key(_source_id(kind, item, chat)), _key(lane), order, raw)


def _source_id(kind: str, item: Item, chat: Item) -> str:
    """Name what happened by what it is, not by the update: numbers begin anew after idle weeks."""
    if kind == "callback_query":
        return f"tap:{item.get('id')}"
    if kind == "my_chat_member":
        return f"member:{chat.get('id')}:{item.get('date')}:{_status(item)}"
    if not is_private(chat):  # however many are written there, one refusal is enough
        return f"group:{chat.get('id')}"
    written = message_key(chat.get("id"), item.get("message_id"))
    return written if kind == "message" else f"{written}:{item.get('edit_date')}:{_digest(item)}"


def message_key(chat_id: object, message_id: object) -> str:
    """Name a message; its corrections find it by that."""
    return f"{chat_id}:{message_id}"


def _status(item: Item) -> str:
    found = item.get("new_chat_member")
    return str(found.get("status")) if isinstance(found, dict) else ""


def _digest(item: Item) -> str:
    """Tell two corrections of one second apart."""
    return hashlib.sha256(json.dumps(item, sort_keys=True).encode()).hexdigest()[:16]


def _ordered(update: Item, moment: datetime) -> datetime:
    number = number_of(update)
    return moment if number is None else _FIRST + timedelta(microseconds=number)


def _key(text: str) -> str:
    return clean(text)[:_LONGEST_KEY]
