"""Read one event of Meta's webhook. Meta's JSON ends here.

Source: developers.facebook.com, WhatsApp Business Platform, "messages webhook reference",
"Business-scoped user IDs" and "System messages webhook reference" (changelog of 2026-08-11).
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from channels.attachment import kind_of
from channels.event import (
    DeliveryReceipt,
    Happening,
    NumberChange,
    OwnerMessage,
    Unreadable,
    VendorFault,
)
from channels.message import Inbound, Sender
from channels.text import clean
from channels.webhook import unknown
from channels.whatsapp.envelope import CHANNEL
from channels.whatsapp.faults import failure_of

Item = Mapping[str, Any]

_LONGEST_TEXT = 4_096  # of a message; a caption is shorter
_LONGEST_NAME = 200
_CHANGES = ("user_changed_number", "user_changed_user_id")


def read(raw: Mapping[str, Any], sent_at: datetime) -> Happening | None:
    """Say what happened; None for what concerns nobody. Raises Unreadable."""
    kind = raw.get("kind")
    item, contact = raw.get("item"), raw.get("contact")
    if kind == "unreadable" or not isinstance(item, dict) or not isinstance(contact, dict):
        raise Unreadable("no JSON object")
    try:
        if kind == "message":
            return _message(item, contact, sent_at)
        if kind == "echo":
            return _echo(item, sent_at)
        if kind == "status":
            return _status(item)
        return VendorFault(str(failure_of(item)))
    except Unreadable:
        raise
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
        # Only the kind of fault: its text could hold what a customer wrote.
        name = str(item.get("type"))
        name = name if name in _READERS else kind_of(name)
        raise Unreadable(f"{kind} {name}: {type(error).__name__}") from None


def _message(item: Item, contact: Item, sent_at: datetime) -> Happening | None:
    if item["type"] == "system":
        return _change(item)
    if not item.get("id"):
        raise Unreadable("message without an id")
    address = item.get("from_user_id") or contact.get("user_id") or item.get("from")
    if not address:
        raise Unreadable("message of nobody")
    inbound = _READERS.get(item["type"], _attached)(item)
    profile = contact.get("profile") or {}
    return Inbound(
        channel=CHANNEL,
        source_id=str(item["id"]),
        address=str(address),
        sender=Sender(_phone(item, contact), _short(profile.get("name"))),
        sent_at=sent_at,
        **inbound,
    )


def _phone(item: Item, contact: Item) -> str | None:
    """Give the digits of the sender's number; a username takes its place where it is hidden."""
    phone = contact.get("wa_id") or item.get("from")
    return str(phone) if phone and str(phone).isdigit() else None


def _text(item: Item) -> dict[str, Any]:
    return {"text": _words(item["text"]["body"])}


def _button(item: Item) -> dict[str, Any]:
    """A template's quick reply."""
    return _chosen(item["button"]["payload"], item["button"]["text"])


def _interactive(item: Item) -> dict[str, Any]:
    """A tapped button, or a row of a list; forms and other things count as not supported."""
    found = item["interactive"]
    reply = found.get(found["type"]) if found["type"] in ("button_reply", "list_reply") else None
    return _chosen(reply["id"], reply["title"]) if reply else _attached({"type": "unsupported"})


def _chosen(choice: object, label: object) -> dict[str, Any]:
    return {"choice": clean(str(choice))[:_LONGEST_NAME], "text": _words(label)}


def _reaction(item: Item) -> dict[str, Any]:
    """An emoji under a message of ours; an empty one takes it back."""
    emoji = _short(item["reaction"].get("emoji"))
    return {"text": emoji, "data": {"reaction": emoji}, "asks": False}


def _edited(item: Item) -> dict[str, Any]:
    """Corrected words count as said now; of another shape than others report, as not supported.

    Source: github.com/fazer-ai/chatwoot, pull request 316 (2026-06); not in Meta's OpenAPI.
    """
    said = item["edit"].get("message") if isinstance(item.get("edit"), dict) else None
    is_text = isinstance(said, dict) and said.get("type") == "text"
    return _text(said) if is_text and said else _attached(item)


def _revoked(item: Item) -> dict[str, Any]:
    """Who takes a message back expects no answer to that."""
    return {**_attached(item), "asks": False}


def _attached(item: Item) -> dict[str, Any]:
    kind = kind_of(item["type"])
    if kind == "unsupported":
        unknown(CHANNEL, "message", item["type"])
    content = item.get(item["type"]) or {}
    attachment = {"kind": kind, "name": _name(kind, content), "caption": ""}
    if isinstance(content, dict):
        attachment["caption"] = _words(content.get("caption") or "")
        if content.get("id"):
            attachment |= {
                "media_id": _short(content["id"]),
                "mime": _short(content.get("mime_type")),
            }
    return {"text": attachment["caption"], "data": {"attachment": attachment}}


def _name(kind: str, content: Any) -> str:
    """What a CSR needs to see: which file, where, who."""
    if kind == "document":
        return _short(content.get("filename"))
    if kind == "location":
        place = [content.get("name"), content.get("address")]
        point = f"{float(content['latitude']):.5f}, {float(content['longitude']):.5f}"
        return _short(", ".join([str(part) for part in place if part] + [point]))
    if kind == "contacts":
        people = (
            " ".join([one["name"]["formatted_name"], *(p["phone"] for p in one.get("phones", ()))])
            if "name" in one
            else " ".join(p["phone"] for p in one.get("phones", ()))
            for one in content
        )
        return _short(", ".join(people))
    if kind == "order":
        items = (
            f"{one['quantity']} x {one['product_retailer_id']}" for one in content["product_items"]
        )
        return _short(", ".join(items))
    return ""


_READERS: Mapping[str, Callable[[Item], dict[str, Any]]] = {
    "text": _text,
    "button": _button,
    "interactive": _interactive,
    "reaction": _reaction,
    "edit": _edited,
    "revoke": _revoked,
}


def _echo(item: Item, sent_at: datetime) -> OwnerMessage:
    """What the owner wrote in the WhatsApp Business app on the same number."""
    read_as = _READERS.get(item["type"], _attached)(item)
    phone = item.get("to")
    return OwnerMessage(
        channel=CHANNEL,
        source_id=str(item["id"]),
        address=str(item.get("to_user_id") or item["to"]),
        sender=Sender(str(phone) if phone else None),
        text=read_as["text"],
        data=read_as.get("data", {}),
        sent_at=sent_at,
    )


def _change(item: Item) -> NumberChange | None:
    system = item["system"]
    if system.get("type") not in _CHANGES:
        unknown(CHANNEL, "system", system.get("type"))
        return None
    previous, phone = system.get("previous_user_id"), system.get("wa_id")
    # Older events tell numbers only; the new user id then comes with the next message.
    address = system.get("user_id") or (None if previous else phone)
    return NumberChange(
        addresses=tuple(str(one) for one in (previous, item.get("from")) if one),
        address=_optional(address),
        phone=_optional(phone),
    )


def _status(item: Item) -> DeliveryReceipt | None:
    state = item["status"]
    if state not in ("sent", "delivered", "read", "failed"):  # "played", "deleted"
        unknown(CHANNEL, "status", state)
        return None
    errors = item.get("errors") or [{}]
    return DeliveryReceipt(
        external_id=str(item["id"]),
        tag=str(item.get("biz_opaque_callback_data") or ""),
        state=state,
        failure=failure_of(errors[0]) if state == "failed" else None,
    )


def _words(text: object) -> str:
    return clean(str(text))[:_LONGEST_TEXT]


def _short(text: object) -> str:
    return clean(str(text or ""))[:_LONGEST_NAME]


def _optional(value: object) -> str | None:
    return str(value) if value else None
