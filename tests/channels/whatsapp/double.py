"""Meta's side, small: payloads checked against Meta's own schema, the window, rates and receipts.

Written from facebook/openapi (meta/SOURCE.md) and Meta's pages on errors and throughput.
"""

import hashlib
import json
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import jsonschema

from tests.channels.forms import form_of
from tests.channels.whatsapp.payloads import NUMBER, body

SCHEMA: dict[str, Any] = json.loads(
    (Path(__file__).parent / "meta" / "sending.schema.json").read_text(encoding="utf-8")
)
_KINDS = {"text": "TextMessage", "interactive": "InteractiveMessage", "template": "TemplateMessage"}
_MEDIA = {"image": ("image/jpeg", "image/png"), "document": ("application/pdf",)}
_LARGEST_MEDIA = {"image": 5_000_000, "document": 100_000_000}
# Meta's published OpenAPI has no messages with files; after developers.facebook.com, WhatsApp
# Business Platform, "Image messages" and "Document messages".
_ID = {"id": {"type": "string", "minLength": 1}, "caption": {"type": "string", "maxLength": 1024}}
MEDIA_MESSAGE: dict[str, Any] = {
    "type": "object",
    "required": ["messaging_product", "recipient_type", "to", "type"],
    "properties": {
        "messaging_product": {"const": "whatsapp"},
        "recipient_type": {"const": "individual"},
        "to": {"type": "string"},
        "type": {"enum": ["image", "document"]},
        "image": {"properties": _ID, "required": ["id"], "additionalProperties": False},
        "document": {
            "properties": {**_ID, "filename": {"type": "string", "minLength": 1}},
            "required": ["id"],
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}
TOKEN = "EAAtoken"
FILES_HOST = "lookaside.fbsbx.com"
_PAIR_BURST = 45
_PAIR_EVERY_S = 6.0
_LONGEST_TEXT = 4_096
_WINDOW_S = 24 * 3600


@dataclass
class MetaDouble:
    """Answers POST /{number}/messages and GET /{media} as Meta would, as httpx's transport."""

    clock: Callable[[], float] = time.time
    sent: list[dict[str, Any]] = field(default_factory=list)
    marked: list[dict[str, Any]] = field(default_factory=list)
    wrote_at: dict[str, float] = field(default_factory=dict)  # by phone or user id
    templates: frozenset[str] = frozenset({"reply_please"})
    files: dict[str, tuple[bytes, str]] = field(default_factory=dict)  # content, kind
    file_says: dict[str, str] = field(default_factory=dict)  # instead of what is true
    # What to answer instead, first come first served: an error code, a response, an exception.
    faults: deque[int | httpx.Response | Exception] = field(default_factory=deque)
    uploads: list[tuple[str, str, bytes]] = field(default_factory=list)  # name, kind, content
    upload_faults: deque[int | httpx.Response | Exception] = field(default_factory=deque)
    # Whether a message whose answer is spoiled was taken all the same.
    takes_what_it_spoils: bool = False
    _times: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self.answer)

    @property
    def texts(self) -> list[str]:
        """The words of all that was sent."""
        return [words_of(message) for message in self.sent]

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return self._file(request)
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return error(190, 401)
        if request.url.path.endswith(f"/{NUMBER}/media"):
            return self._upload(request)
        payload = json.loads(request.content)
        if not request.url.path.endswith(f"/{NUMBER}/messages"):
            return error(100, 400)
        if payload.get("status") == "read":
            jsonschema.validate(payload, _schema("MarkMessageRequestPayload"))
            self.marked.append(payload)
            return httpx.Response(200, json={"success": True})
        return self._message(payload)

    def _file(self, request: httpx.Request) -> httpx.Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return error(190, 401)
        media_id = request.url.path.rpartition("/")[2]
        if media_id not in self.files:
            return error(100, 400)
        content, mime = self.files[media_id]
        if request.url.host == FILES_HOST:
            return httpx.Response(200, content=content)
        found = {
            "id": media_id,
            "url": f"https://{FILES_HOST}/v/{media_id}",
            "mime_type": mime,
            "file_size": str(len(content)),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        return httpx.Response(200, json={**found, **self.file_says})

    def _upload(self, request: httpx.Request) -> httpx.Response:
        if self.upload_faults:
            spoiled = self.upload_faults.popleft()
            if isinstance(spoiled, Exception):
                raise spoiled
            return error(spoiled, 400) if isinstance(spoiled, int) else spoiled
        fields, files = form_of(request)
        name, mime, content = files["file"]
        kind = next((kind for kind, mimes in _MEDIA.items() if mime in mimes), "")
        right = fields == {"messaging_product": "whatsapp", "type": mime} and kind
        if not right or not name or not 0 < len(content) <= _LARGEST_MEDIA[kind]:
            return error(100, 400)
        self.uploads.append((name, mime, content))
        return httpx.Response(200, json={"id": f"media{len(self.uploads)}"})

    def _message(self, payload: dict[str, Any]) -> httpx.Response:
        if payload["type"] in _MEDIA and (fault := self._refused_media(payload)):
            return error(131053, 400, fault)
        if fault := refused(payload):
            return error(100, 400, fault)
        spoiled = self.faults.popleft() if self.faults else None
        if isinstance(spoiled, int):
            return error(spoiled, 400)
        if spoiled is None or self.takes_what_it_spoils:
            code = self._limit(payload)
            if code:
                return error(code, 400)
            self.sent.append(payload)
        if isinstance(spoiled, Exception):
            raise spoiled
        wamid = f"wamid.out{len(self.sent)}"
        return spoiled or httpx.Response(
            200, json={"messaging_product": "whatsapp", "messages": [{"id": wamid}]}
        )

    def _refused_media(self, payload: Mapping[str, Any]) -> str | None:
        """Say what is wrong with the file that a message names."""
        number = payload[payload["type"]]["id"].removeprefix("media")
        known = number.isdigit() and 0 < int(number) <= len(self.uploads)
        fits = known and self.uploads[int(number) - 1][1] in _MEDIA[payload["type"]]
        return None if fits else "no such media, or of another kind"

    def _limit(self, payload: Mapping[str, Any]) -> int | None:
        """Give the error code of the limit that this message breaks."""
        who, moment = payload.get("to") or payload["recipient"], self.clock()
        if payload["type"] == "template":
            return None if payload["template"]["name"] in self.templates else 132001
        if moment - self.wrote_at.get(who, moment) >= _WINDOW_S:
            return 131047
        times = self._times[who]
        while times and times[0] <= moment - _PAIR_BURST * _PAIR_EVERY_S:
            times.popleft()
        if len(times) >= _PAIR_BURST:
            return 131056
        times.append(moment)
        return None

    def receipt(self, state: str, nth: int = -1, code: int | None = None) -> dict[str, Any]:
        """Make the webhook that tells what became of the nth message sent."""
        number = nth % len(self.sent)
        status: dict[str, Any] = {
            "id": f"wamid.out{number + 1}",
            "status": state,
            "timestamp": str(int(self.clock())),
            "biz_opaque_callback_data": self.sent[number]["biz_opaque_callback_data"],
        }
        if code:
            status["errors"] = [{"code": code, "title": f"Error {code}"}]
        return body(statuses=[status])


def refused(payload: Mapping[str, Any]) -> str | None:
    """Say what Meta's schema and documented limits have against a message."""
    who = {key: payload[key] for key in ("to", "recipient") if key in payload}
    if len(who) != 1 or not who.get("to", "1").isdigit():
        return "either a phone number in to, or a user id in recipient"
    rest = {k: v for k, v in payload.items() if k not in ("recipient", "biz_opaque_callback_data")}
    rest["to"] = "1"
    if len(payload.get("biz_opaque_callback_data", "")) > 512:
        return "callback data too long"
    try:
        if payload["type"] in _MEDIA:
            jsonschema.validate(rest, MEDIA_MESSAGE)
            return None
        jsonschema.validate(rest, _schema(_KINDS[payload["type"]]))
    except jsonschema.ValidationError as fault:
        return str(fault.message)
    if not 0 < len(words_of(payload)) <= _LONGEST_TEXT:
        return "text empty or too long"
    return _refused_choices(payload.get("interactive", {}).get("action", {}))


def _refused_choices(action: Mapping[str, Any]) -> str | None:
    """Limits that the schema only describes: over all sections, unique and never empty."""
    rows = [row for section in action.get("sections", ()) for row in section["rows"]]
    titles = [one["title"] for one in rows] + [
        b["reply"]["title"] for b in action.get("buttons", ())
    ]
    if len(rows) > 10:
        return "more than ten rows"
    return None if len({*titles}) == len(titles) and all(titles) else "titles not unique, or empty"


def words_of(payload: Mapping[str, Any]) -> str:
    if payload["type"] == "text":
        return str(payload["text"]["body"])
    if payload["type"] == "template":
        return f"template {payload['template']['name']} {payload['template']['language']['code']}"
    if payload["type"] in _MEDIA:
        return str(payload[payload["type"]].get("caption", ""))
    return str(payload["interactive"]["body"]["text"])


def error(code: int, status: int, details: str = "") -> httpx.Response:
    fault = {"message": f"(#{code})", "type": "OAuthException", "code": code, "error_data": {}}
    return httpx.Response(status, json={"error": {**fault, "error_data": {"details": details}}})


def _schema(name: str) -> dict[str, Any]:
    return {"$ref": f"#/definitions/{name}", "definitions": SCHEMA["definitions"]}
