"""Telegram's side, small: updates that stay until they are confirmed, limits, blocks and files.

Written from core.telegram.org/bots/api and the texts of tdlib/telegram-bot-api; python-telegram-bot
talks to it in test_double.py.
"""

import asyncio
import json
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.channels.forms import form_of

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
BOT = {"id": 110201543, "is_bot": True, "first_name": "Nara", "username": "toko_laras_bot"}
_FILE_FIELDS = {"sendPhoto": "photo", "sendDocument": "document"}
_ENTITIES = {"bold", "text_link"}
_GONE = "Bad Request: query is too old and response timeout expired or query ID is invalid"
_POLLED = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"  # noqa: E501
_HOOKED = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"  # noqa: E501


class Refused(Exception):
    """What the Bot API answers instead of a result."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters

    def answer(self) -> httpx.Response:
        fault = {"ok": False, "error_code": self.code, "description": self.description}
        extra = {"parameters": self.parameters} if self.parameters else {}
        return httpx.Response(self.code, json={**fault, **extra})


@dataclass
class TelegramDouble:
    """Answers as api.telegram.org would, as httpx's transport."""

    waiting: list[dict[str, Any]] = field(default_factory=list)  # updates not yet confirmed
    sent: list[dict[str, Any]] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)  # of all other methods
    taps: set[str] = field(default_factory=set)  # callback queries that wait for an answer
    blocked_by: set[int] = field(default_factory=set)
    member_of: set[int] = field(default_factory=set)  # groups and channels
    files: dict[str, bytes] = field(default_factory=dict)
    file_says: dict[str, Any] = field(default_factory=dict)  # instead of what is true
    webhook: dict[str, Any] = field(default_factory=lambda: {"url": ""})
    odd_photos: set[bytes] = field(default_factory=set)  # too long and thin to be shown
    # What to answer instead to a send, first come first served.
    faults: deque[Refused | httpx.Response | Exception] = field(default_factory=deque)
    poll_faults: deque[Refused | httpx.Response | Exception] = field(default_factory=deque)
    # Whether a message whose answer is spoiled was taken all the same.
    takes_what_it_spoils: bool = False
    forgets: bool = True  # False: what is confirmed stays, as if the confirmation were lost
    happened: asyncio.Event = field(default_factory=asyncio.Event)
    _polls: int = 0
    _numbered: int = 900_000_000

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self.answer)

    @property
    def texts(self) -> list[str]:
        return [str(message.get("text", message.get("caption", ""))) for message in self.sent]

    def update(self, **kinds: Any) -> dict[str, Any]:
        """Let something happen; give the update that tells it."""
        self._numbered += 1
        made = {"update_id": self._numbered, **kinds}
        self.waiting.append(made)
        self.happened.set()
        return made

    async def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.startswith(f"/file/bot{TOKEN}/"):
            content = self.files.get(path.rpartition("/")[2])
            return httpx.Response(200, content=content) if content else httpx.Response(404)
        prefix, _, method = path.rpartition("/")
        try:
            if prefix != f"/bot{TOKEN}":
                raise Refused(401 if ":" in prefix else 404, "Unauthorized")
            result = await self._result(method, _fields(request))
        except Refused as refusal:
            return refusal.answer()
        if isinstance(result, httpx.Response):
            return result
        return httpx.Response(200, json={"ok": True, "result": result})

    async def _result(self, method: str, fields: dict[str, Any]) -> Any:
        if method == "getUpdates":
            return await self._updates(fields)
        if method == "sendMessage":
            return self._send(fields, refused(fields))
        if method in _FILE_FIELDS:
            return self._send(fields, self._refused_file(method, fields))
        self.calls.append((method, fields))
        known: dict[str, Callable[[dict[str, Any]], Any]] = {
            "answerCallbackQuery": self._answer_tap,
            "deleteWebhook": lambda _: self.webhook.clear() or self.webhook.update(url="") or True,
            "getFile": self._file,
            "getMe": lambda _: {**BOT, "can_join_groups": True, "supports_inline_queries": False},
            "getWebhookInfo": self._webhook_info,
            "leaveChat": self._leave,
            "sendChatAction": lambda _: True,
            "setMyCommands": lambda _: True,
            "setWebhook": self._set_webhook,
        }
        if method not in known:
            raise Refused(404, "Not Found")
        return known[method](fields)

    def _answer_tap(self, fields: dict[str, Any]) -> bool:
        if fields["callback_query_id"] not in self.taps:
            raise Refused(400, _GONE)
        self.taps.discard(fields["callback_query_id"])
        return True

    def _leave(self, fields: dict[str, Any]) -> bool:
        if fields["chat_id"] not in self.member_of:
            raise Refused(403, "Forbidden: bot is not a member of the supergroup chat")
        self.member_of.discard(fields["chat_id"])
        return True

    def _webhook_info(self, _: dict[str, Any]) -> dict[str, Any]:
        info = {"has_custom_certificate": False, "pending_update_count": len(self.waiting)}
        return {**info, **{k: v for k, v in self.webhook.items() if k != "secret_token"}}

    async def _updates(self, fields: dict[str, Any]) -> Any:
        if self.poll_faults:
            return _raised(self.poll_faults.popleft())
        if self.webhook["url"]:
            raise Refused(409, _HOOKED)
        self._polls += 1
        mine = self._polls
        offset = fields.get("offset")
        if offset and not self.forgets:
            await asyncio.sleep(3600)
        if offset:
            self.waiting = [one for one in self.waiting if one["update_id"] >= offset]
        kinds = fields.get("allowed_updates") or ()
        until = asyncio.get_running_loop().time() + int(fields.get("timeout", 0))
        while True:
            if self._polls != mine:
                raise Refused(409, _POLLED)
            wanted = [one for one in self.waiting if not kinds or {*kinds} & one.keys()]
            left_s = until - asyncio.get_running_loop().time()
            if wanted or left_s <= 0:
                return wanted[: fields.get("limit", 100)]
            self.happened.clear()
            try:
                await asyncio.wait_for(self.happened.wait(), min(left_s, 0.2))
            except TimeoutError:
                continue

    def _refused_file(self, method: str, fields: dict[str, Any]) -> str | None:
        """Say what Telegram's documented limits have against a file."""
        name, kind, content = fields[_FILE_FIELDS[method]]
        if not name or not 0 < len(content) <= 50_000_000:
            return "file must be non-empty"
        if method == "sendPhoto" and (not kind.startswith("image/") or content in self.odd_photos):
            return "PHOTO_INVALID_DIMENSIONS"
        caption = fields.get("caption", "x")
        if caption != caption.strip() or len(caption.encode("utf-16-le")) // 2 > 1024:
            return "message caption is too long"
        return None

    def _send(self, fields: dict[str, Any], fault: str | None) -> Any:
        chat = fields["chat_id"]
        if chat in self.blocked_by:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        if chat < 0 and chat not in self.member_of:
            raise Refused(403, "Forbidden: bot was kicked from the supergroup chat")
        if fault:
            raise Refused(400, f"Bad Request: {fault}")
        spoiled = self.faults.popleft() if self.faults else None
        if spoiled is None or self.takes_what_it_spoils:
            self.sent.append(fields)
        if spoiled is not None:
            return _raised(spoiled)
        kind = "private" if chat > 0 else "supergroup"
        said = {"message_id": 1000 + len(self.sent), "date": 1_800_000_000, "from": BOT}
        return {**said, "chat": {"id": chat, "type": kind}, "text": fields.get("text", "")}

    def _set_webhook(self, fields: dict[str, Any]) -> bool:
        url = urlsplit(fields["url"])
        if url.scheme != "https" or (url.port or 443) not in (443, 80, 88, 8443):
            raise Refused(400, "Bad Request: bad webhook: Webhook can be set up only on ports ...")
        self.webhook = {**fields}
        return True

    def _file(self, fields: dict[str, Any]) -> dict[str, Any]:
        file_id = fields["file_id"]
        content = self.files.get(file_id)
        if content is None:
            raise Refused(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        if len(content) > 20_000_000:
            raise Refused(400, "Bad Request: file is too big")
        found = {"file_id": file_id, "file_unique_id": "u", "file_size": len(content)}
        return {**found, "file_path": f"photos/{file_id}", **self.file_says}


def refused(message: Mapping[str, Any]) -> str | None:
    """Say what Telegram's documented limits have against a message."""
    text = message["text"]
    units = len(text.encode("utf-16-le")) // 2
    if not text.strip() or text != text.strip():
        return "message text is empty, or would be trimmed"
    if units > 4096:
        return "message is too long"
    for entity in message.get("entities", ()):
        end = entity["offset"] + entity["length"]
        if entity["type"] not in _ENTITIES or not 0 <= entity["offset"] < end <= units:
            return "entity"
    return _refused_keyboard(message.get("reply_markup", {}).get("inline_keyboard", []))


def _refused_keyboard(rows: list[list[dict[str, str]]]) -> str | None:
    for button in (button for row in rows for button in row):
        if not button["text"].strip() or not 0 < len(button["callback_data"].encode()) <= 64:
            return "BUTTON_DATA_INVALID, or text buttons are not allowed to be empty"
    if sum(map(len, rows)) > 100 or any(not 0 < len(row) <= 8 for row in rows):
        return "reply markup is too long"
    return None


def _fields(request: httpx.Request) -> dict[str, Any]:
    """Read the parameters: as JSON, or as the form that python-telegram-bot sends."""
    if request.headers.get("content-type", "").startswith("application/json"):
        found: dict[str, Any] = json.loads(request.content)
        return found
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        fields, files = form_of(request)
        return {**{name: _value(value) for name, value in fields.items()}, **files}
    form = httpx.QueryParams(request.content.decode())
    return {name: _value(value) for name, value in form.items()}


def _value(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def _raised(spoiled: Refused | httpx.Response | Exception) -> httpx.Response:
    if isinstance(spoiled, httpx.Response):
        return spoiled
    raise spoiled


@contextmanager
def served(double: TelegramDouble) -> Iterator[str]:
    """Serve the double over HTTP from a thread, for other processes; give its address."""

    async def answer(request: Request) -> Response:
        content = await request.body()
        asked = httpx.Request(
            request.method, str(request.url), headers=dict(request.headers), content=content
        )
        answered = await double.answer(asked)
        return Response(answered.content, answered.status_code, media_type="application/json")

    app = Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(app, log_level="error", lifespan="off", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)
