"""Webhook bodies: Meta's own examples, and the shapes its newer pages add, with fresh times."""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

APP_SECRET = "a" * 32
VERIFY_TOKEN = "v" * 32
NUMBER = "106540352242922"  # the phone number id of all examples
BUDI = "ID.13491208655302741918"
BUDIS_PHONE = "6281100000001"

EXAMPLES: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "meta" / "examples.json").read_text(encoding="utf-8")
)


def example(name: str, source_id: str = "") -> dict[str, Any]:
    """Give one of Meta's examples as if it were sent now."""
    body = deepcopy(EXAMPLES[name])
    for entry in body["entry"]:
        for change in entry["changes"]:
            for message in change["value"]["messages"]:
                message["timestamp"] = str(int(time.time()))
                message["id"] = source_id or message["id"]
    return body


def body(field: str = "messages", *, number: str = NUMBER, **value: Any) -> dict[str, Any]:
    """Wrap a change's value in the envelope."""
    metadata = {"display_phone_number": "15550783881", "phone_number_id": number}
    whole = {"messaging_product": "whatsapp", "metadata": metadata, **value}
    change = {"field": field, "value": whole}
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": "419561257915477", "changes": [change]}],
    }


def message(
    source_id: str,
    content: Mapping[str, Any],
    *,
    phone: str | None = BUDIS_PHONE,
    user_id: str | None = BUDI,
    age_s: int = 0,
) -> dict[str, Any]:
    """Make a customer's message of any type; without `phone` as after choosing a username."""
    contact: dict[str, Any] = {"profile": {"name": "Budi"}}
    item: dict[str, Any] = {"id": source_id, "timestamp": str(int(time.time()) - age_s), **content}
    if phone:
        contact["wa_id"] = item["from"] = phone
    if user_id:
        contact["user_id"] = item["from_user_id"] = user_id
    return body(contacts=[contact], messages=[item])


def text(source_id: str, words: str, **sender: Any) -> dict[str, Any]:
    """Make a customer's text message."""
    return message(source_id, {"type": "text", "text": {"body": words}}, **sender)


def signed(content: object) -> tuple[bytes, dict[str, str]]:
    """Write a body as bytes, with the header that proves it."""
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    digest = hmac.new(APP_SECRET.encode(), raw, hashlib.sha256).hexdigest()
    return raw, {"X-Hub-Signature-256": f"sha256={digest}"}
