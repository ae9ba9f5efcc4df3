"""A stand-in for the web API that can be told to fail: full, closed, slow, cut off.

Only for faults that the real server shows too rarely to test; whole visits run against the real
one.
"""

import asyncio
import json
import socket
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

PAGE = """<!doctype html><html lang="id"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Toko</title>
<main><h1>Toko</h1><button id="page">Halaman</button></main>
<script type="module" src="/web/widget/sapa-chat.js"></script>
<sapa-chat site="demo" lang="id"></sapa-chat></html>"""
LOADER = """<!doctype html><html lang="id"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Toko</title>
<script async src="/web/widget/loader.js" data-site="demo" data-lang="id"></script>
<main><h1>Toko</h1><button id="page">Halaman</button></main></html>"""
SITE: dict[str, Any] = {
    "key": "demo",
    "name": "Toko Laras",
    "position": "right",
    "persona": {"name": "Nara", "greeting": "Halo Kak, saya Nara, asisten Toko Laras."},
    "suggestions": [],
    "link_hosts": ["toko.example.com"],
    "uploads": {"max_mb": 1, "kinds": ["image/png", "application/pdf"], "accept": "image/*,.pdf"},
    "transcript": {"mail": True},
    "help": "/help/id",
}

Message = dict[str, Any]


@dataclass
class Conversation:
    """One visitor's messages; `asked` counts the posts of each client id."""

    token: str
    messages: list[Message] = field(default_factory=list)
    asked: dict[str, int] = field(default_factory=dict)
    stored: dict[str, Message] = field(default_factory=dict)


@dataclass
class Double:
    """The switches a test may turn while the browser is looking."""

    conversations: list[Conversation] = field(default_factory=list)
    sockets: list[tuple[WebSocket, Conversation]] = field(default_factory=list)
    post_failures: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    session_failures: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    socket_works: bool = True
    lose_answers: int = 0  # posts that are stored, but whose answer never arrives
    lose_frames: int = 0  # messages that are stored, but not sent to the socket
    heard: list[Message] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    files: dict[int, bytes] = field(default_factory=dict)  # by the number of their message
    page: str = PAGE
    policy: str = ""  # of the page's content, where not the usual
    site: Message = field(default_factory=lambda: dict(SITE))
    pages: list[Message] = field(default_factory=list)  # that the visitor looked at
    proofs: list[tuple[int, str]] = field(default_factory=list)  # what an identity is answered
    mails: list[Message] = field(default_factory=list)
    url: str = ""
    loop: asyncio.AbstractEventLoop | None = None

    @property
    def conversation(self) -> Conversation:
        """The newest conversation."""
        return self.conversations[-1]

    def store(self, conversation: Conversation, **content: Any) -> Message:
        """Give a message its number and hand it to the sockets that listen."""
        message = {
            "seq": len(conversation.messages) + 1,
            "id": str(uuid.uuid4()),
            "author": "bot",
            "name": "Nara",
            "lang": "id",
            "kind": "text",
            "data": {},
            "choices": [],
            "mood": "neutral",
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            **content,
        }
        conversation.messages.append(message)
        if self.lose_frames:
            self.lose_frames -= 1
        else:
            self.frame({"type": "message", "message": message}, conversation)
        return message

    def say(self, text: str, **content: Any) -> Message:
        """Let the bot say something in the newest conversation."""
        return self.store(self.conversation, text=text, **content)

    def frame(self, frame: Message, conversation: Conversation | None = None) -> None:
        """Send a frame to the sockets of a conversation."""
        for client, owner in list(self.sockets):
            if owner is (conversation or self.conversation):
                self.run(client.send_text(json.dumps(frame)))

    def drop_sockets(self, code: int = 1011) -> None:
        """Close every open socket."""
        for client, _ in list(self.sockets):
            self.run(client.close(code))

    def expire(self) -> None:
        """End every token there is."""
        for conversation in self.conversations:
            conversation.token = "expired"

    def run(self, doing: Any) -> None:
        """Do something in the server's loop, from whatever thread."""
        assert self.loop
        asyncio.run_coroutine_threadsafe(doing, self.loop)


class Server:
    """The double behind a free port, in a thread of its own."""

    def __init__(self, double: Double, app: ASGIApp) -> None:
        self.double = double
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        double.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        config = uvicorn.Config(app, log_level="error", lifespan="off", ws="websockets-sansio")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self) -> None:
        loop = asyncio.new_event_loop()
        self.double.loop = loop
        loop.run_until_complete(self.server.serve(sockets=[self.listener]))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    def start(self) -> None:
        """Return when the port answers."""
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)

    def stop(self) -> None:
        """Close everything; the browser sees a connection that is refused."""
        self.server.should_exit = True
        self.server.force_exit = True
        self.thread.join(5)
