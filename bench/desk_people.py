"""Who is at a desk that is measured: visitors of the website, and CSRs with the console open."""

import asyncio
import time
from dataclasses import dataclass, field
from uuid import uuid4

import aiohttp

from desk.access import COOKIE

ASKS = "refund saya ditolak, tolong"  # calls for a person, bot/content/escalation.yml
_PART = {"HX-Request": "true"}


@dataclass
class Visitor:
    """One customer of the website."""

    http: aiohttp.ClientSession
    token: str
    conversation_id: str

    @classmethod
    async def begin(cls, http: aiohttp.ClientSession) -> "Visitor":
        """Open a session."""
        wish = {"site_key": "demo", "lang": "id"}
        async with http.post("/api/web/sessions", json=wish) as answer:
            answer.raise_for_status()
            opened = await answer.json()
        return cls(http, opened["token"], opened["conversation_id"])

    async def says(self, text: str) -> None:
        """Send a message."""
        message = {"client_id": uuid4().hex, "text": text}
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.http.post("/api/web/messages", json=message, headers=headers) as answer:
            answer.raise_for_status()


@dataclass
class Console:
    """One CSR's browser: the event stream, the lists, and one open conversation."""

    http: aiohttp.ClientSession
    agent_id: str
    cookie: str
    opened: str | None = None  # the conversation on the screen
    wanted: dict[str, asyncio.Future[float]] = field(default_factory=dict)
    stale: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def _headers(self) -> dict[str, str]:
        return {**_PART, "Cookie": f"{COOKIE}={self.cookie}"}

    async def watch(self) -> None:
        """Follow the hints until cancelled, as htmx does."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._keep_lists())
            both.create_task(self._listen())

    async def _listen(self) -> None:
        timeout, headers = aiohttp.ClientTimeout(total=None), {"Cookie": f"{COOKIE}={self.cookie}"}
        where = "/api/console/events"
        async with self.http.get(where, headers=headers, timeout=timeout) as stream:
            stream.raise_for_status()
            async for line in stream.content:
                name = line.decode().removeprefix("event: ").strip()
                if name == "queue":
                    self.stale.set()
                elif self.opened and name in (f"message-{self.opened}", "beat"):
                    await self._page(f"/console/conversations/{self.opened}/log?state=csr")

    async def _keep_lists(self) -> None:
        while True:
            await self.stale.wait()
            self.stale.clear()
            page = await self._page("/console/queue")
            for conversation_id, done in self.wanted.items():
                if conversation_id in page and not done.done():
                    await self._pop(conversation_id, done)

    async def _pop(self, conversation_id: str, done: "asyncio.Future[float]") -> None:
        page = await self._page(f"/console/conversations/{conversation_id}")
        assert ASKS in page, "the screen pop lacks the customer's words"
        if not done.done():
            done.set_result(time.perf_counter())

    async def _page(self, path: str) -> str:
        async with self.http.get(path, headers=self._headers) as answer:
            answer.raise_for_status()
            return await answer.text()

    async def act(self, conversation_id: str, act: str, **body: object) -> None:
        """Do what a button does."""
        path = f"/api/console/conversations/{conversation_id}/{act}"
        headers = {**self._headers, "Sec-Fetch-Site": "same-origin"}
        async with self.http.post(path, json=body, headers=headers) as answer:
            answer.raise_for_status()
