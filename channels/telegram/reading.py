"""Read one event of Telegram's. Telegram's JSON ends here.

Source: core.telegram.org/bots/api, "Message", "CallbackQuery" and "ChatMemberUpdated".
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from channels.event import Correction, Happening, Reachability, Uninvited, Unreadable
from channels.message import AttachmentKind, Inbound, Lang, Sender
from channels.telegram.envelope import (
    CHANNEL,
    Item,
    chat_of,
    is_private,
    message_key,
    written_at,
)
from channels.text import clean

_LONGEST_TEXT = 4_096
_LONGEST_NAME = 200
# What a command asks for. Only what changes nothing by itself: nobody was offered it.
_COMMANDS = {
    "start": "greet",
    "help": "ask_capabilities",
    "human": "request_human",
    "stop": "stop",
}
_COMMAND = re.compile(r"/([a-z]+)(?:@\w+)?(?:\s+([A-Za-z0-9_-]{1,64}))?\s*")
# A field of a message that holds a file, and what it counts as.
_FILES: Mapping[str, tuple[AttachmentKind, str]] = {
    "animation": ("video", "video/mp4"),  # before document, which comes beside it
    "audio": ("audio", "audio/mpeg"),
    "document": ("document", ""),
    "sticker": ("sticker", "image/webp"),
    "video": ("video", "video/mp4"),
    "video_note": ("video", "video/mp4"),
    "voice": ("audio", "audio/ogg"),
}
# What Telegram itself reports in a private chat; nobody wrote it.
_REPORTS = {
    "boost_added",
    "chat_background_set",
    "connected_website",
    "delete_chat_photo",
    "message_auto_delete_timer_changed",
    "new_chat_photo",
    "new_chat_title",
    "paid_message_price_changed",
    "pinned_message",
    "proximity_alert_triggered",
    "write_access_allowed",
}


def read(raw: Mapping[str, Any], sent_at: datetime) -> Happening | None:
    """Say what happened; None for what concerns nobody. Raises Unreadable."""
    del sent_at  # orders the lane, and is no time of day
    kind, item = str(raw.get("kind")), raw.get("item")
    reader = _READERS.get(kind)
    if reader is None or not isinstance(item, dict):
        raise Unreadable("no JSON object")
    try:
        return reader(item)
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
        # Only the kind of fault: its text could hold what a customer wrote.
        raise Unreadable(f"{kind}: {type(error).__name__}") from None


def _message(item: Item) -> Happening | None:
    if not is_private(item["chat"]):
        return Uninvited(str(int(item["chat"]["id"])))
    if item["from"].get("is_bot") or not _is_written(item):
        return None
    return Inbound(
        channel=CHANNEL,
        source_id=message_key(item["chat"]["id"], item["message_id"]),
        address=_address(item["from"]),
        sender=_sender(item["from"]),
        sent_at=_when(item),
        **_content(item),
    )


def _edited(item: Item) -> Happening | None:
    """What was written before in other words; a place that moves is no correction."""
    if not is_private(item["chat"]) or item["from"].get("is_bot") or "location" in item:
        return None
    if not _is_written(item):
        return None
    content = _content(item)
    return Correction(
        channel=CHANNEL,
        of=message_key(item["chat"]["id"], item["message_id"]),
        address=_address(item["from"]),
        sender=_sender(item["from"]),
        text=content["text"],
        data=content.get("data", {}),
        sent_at=_when(item),
    )


def _tap(item: Item) -> Happening | None:
    """A button below a message of ours; its label is what the customer says."""
    if not is_private(chat_of("callback_query", item)):
        return None
    label = next(
        (
            str(button["text"])
            for row in _keyboard(item)
            for button in row
            if button.get("callback_data") == item["data"]
        ),
        "",
    )
    return Inbound(
        channel=CHANNEL,
        source_id=f"tap:{item['id']}",
        address=_address(item["from"]),
        sender=_sender(item["from"]),
        choice=_short(item["data"]),
        text=_words(label),
    )


def _keyboard(item: Item) -> list[list[dict[str, Any]]]:
    """Give the buttons of the tapped message; of a very old one Telegram tells nothing."""
    markup = (item.get("message") or {}).get("reply_markup") or {}
    rows: list[list[dict[str, Any]]] = markup.get("inline_keyboard") or []
    return rows


def _member(item: Item) -> Happening | None:
    """The bot was blocked, let in again, or added to where it does not belong."""
    chat, status = item["chat"], item["new_chat_member"]["status"]
    if is_private(chat):
        on = status not in ("kicked", "left")
        return Reachability(_address(item["from"]), on=on, at=_when(item))
    if status in ("left", "kicked"):
        return None
    by = _address(item["from"]) if chat["type"] == "channel" else None
    return Uninvited(str(int(chat["id"])), by)


_READERS: Mapping[str, Callable[[Item], Happening | None]] = {
    "message": _message,
    "edited_message": _edited,
    "callback_query": _tap,
    "my_chat_member": _member,
}


def _content(item: Item) -> dict[str, Any]:
    if "text" in item:
        return _command(str(item["text"])) or {"text": _words(item["text"])}
    attachment = _attachment(item) | {"caption": _words(item.get("caption") or "")}
    return {"text": attachment["caption"], "data": {"attachment": attachment}}


def _command(text: str) -> dict[str, Any] | None:
    """Read "/start", also with the site that a link named: t.me/shop_bot?start=SITE."""
    found = _COMMAND.fullmatch(text)
    choice = _COMMANDS.get(found[1]) if found else None
    if found is None or choice is None:
        return None
    site = found[2] or "" if found[1] == "start" else ""
    return {"text": f"/{found[1]}", "choice": choice, "is_command": True, "site": site}


def _attachment(item: Item) -> dict[str, Any]:
    """Say what came without words; photos come in several sizes, the largest last."""
    if photos := item.get("photo"):
        return _file("image", photos[-1], "image/jpeg")
    for field, (kind, mime) in _FILES.items():
        if found := item.get(field):
            return _file(kind, found, mime)
    if found := item.get("venue"):
        place = found["location"]
        return _described("location", found.get("title"), found.get("address"), _point(place))
    if found := item.get("location"):
        return _described("location", _point(found))
    if found := item.get("contact"):
        names = [found.get("first_name"), found.get("last_name"), found["phone_number"]]
        return {"kind": "contacts", "name": _short(" ".join(str(one) for one in names if one))}
    return _described("unsupported")


def _file(kind: AttachmentKind, found: Item, mime: str) -> dict[str, Any]:
    """Name a file; of stickers only a still picture is one that we keep."""
    name = found.get("emoji") if kind == "sticker" else found.get("file_name")
    described = {"kind": kind, "name": _short(name)}
    if found.get("is_animated") or found.get("is_video"):
        return described
    declared = found.get("mime_type") or mime
    return {**described, "media_id": _short(found["file_id"]), "mime": _short(declared)}


def _described(kind: AttachmentKind, *names: object) -> dict[str, Any]:
    return {"kind": kind, "name": _short(", ".join(str(one) for one in names if one))}


def _point(place: Item) -> str:
    return f"{float(place['latitude']):.5f}, {float(place['longitude']):.5f}"


def _is_written(item: Item) -> bool:
    return not _REPORTS & item.keys()


def _address(user: Item) -> str:
    """Give the customer's id, which fits into 52 bits and is also that of their private chat."""
    return str(int(user["id"]))


def _sender(user: Item) -> Sender:
    name = " ".join(str(user[part]) for part in ("first_name", "last_name") if user.get(part))
    return Sender(name=_short(name), lang=_lang(user.get("language_code")))


def _lang(code: object) -> Lang | None:
    """Read which language the customer's app is in, as far as we speak it."""
    tag = str(code or "").lower()[:2]
    if tag in ("id", "ms", "jv", "su"):
        return "id"
    return "en" if tag else None


def _when(item: Item) -> datetime:
    return written_at(item, datetime.now(UTC))


def _words(text: object) -> str:
    return clean(str(text))[:_LONGEST_TEXT]


def _short(text: object) -> str:
    return clean(str(text or ""))[:_LONGEST_NAME]
