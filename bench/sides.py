"""The two sides of the comparison: Sapa's web API and stock Rasa's REST channel."""

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol
from uuid import uuid4

import psutil
from websockets.asyncio.client import ClientConnection, connect

from bench.wire import Wire

_SITE = {"site_key": "demo", "lang": "id"}


class Talk(Protocol):
    """One conversation."""

    async def says(self, text: str) -> float:
        """Say `text` and return the ms until the first reply to it was there."""

    async def end(self) -> None:
        """Close what is open."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of those measured, running."""

    name: str
    begin: Callable[[], Awaitable[Talk]]
    roots: tuple[int, ...]  # its processes, whose children count too

    def cpu_s(self) -> float:
        """Return the CPU time of all its processes so far."""
        times = [one.cpu_times() for one in self._processes()]
        return float(sum(one.user + one.system for one in times))

    def memory_mb(self) -> int:
        """Return the resident memory of all its processes."""
        return round(int(sum(one.memory_info().rss for one in self._processes())) / 1e6)

    def _processes(self) -> list[psutil.Process]:
        roots = [psutil.Process(pid) for pid in self.roots]
        return [one for root in roots for one in (root, *root.children(recursive=True))]


class WidgetTalk:
    """As the widget talks: messages are posted, replies come by the socket."""

    def __init__(self, wire: Wire, socket: ClientConnection, token: str) -> None:
        self._wire, self._socket = wire, socket
        self._headers = {"Authorization": f"Bearer {token}"}

    @classmethod
    async def begin(cls, url: str) -> Talk:
        """Open a session and its socket."""
        wire = await Wire.open(url)
        token = (await wire.post("/api/web/sessions", _SITE))["token"]
        address = url.replace("http", "ws", 1)
        socket = await connect(f"{address}/api/web/socket?after=0", proxy=None)
        await socket.send(json.dumps({"token": token}))
        return cls(wire, socket, token)

    async def says(self, text: str) -> float:
        begun = time.perf_counter()
        message = {"client_id": uuid4().hex, "text": text}
        seq = (await self._wire.post("/api/web/messages", message, self._headers))["seq"]
        while True:
            said = json.loads(await self._socket.recv()).get("message", {})
            if said.get("seq", 0) > seq and said["author"] != "customer":
                return (time.perf_counter() - begun) * 1_000

    async def end(self) -> None:
        await self._socket.close()
        await self._wire.close()


class RestTalk:
    """As Rasa's REST channel is used: the answer to the post is the reply."""

    silent = 0  # turns of all of them that were answered with nothing

    def __init__(self, wire: Wire) -> None:
        self._wire, self._sender = wire, uuid4().hex

    @classmethod
    async def begin(cls, url: str) -> Talk:
        """Begin a conversation."""
        return cls(await Wire.open(url))

    async def says(self, text: str) -> float:
        begun = time.perf_counter()
        message = {"sender": self._sender, "message": text}
        replies = await self._wire.post("/webhooks/rest/webhook", message)
        taken = (time.perf_counter() - begun) * 1_000
        if not replies:  # an action that took too long leaves the customer without a word
            RestTalk.silent += 1
        return taken

    async def end(self) -> None:
        await self._wire.close()
