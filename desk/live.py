"""What is pushed to an open console: hints that something changed, which the page then asks for.

A hint carries no customer data but an id, so that what may be read is decided in one place, the
request that follows. A beat refreshes everything now and then, also after a hint was lost.
"""

import asyncio
import math
from collections.abc import AsyncIterator
from html import escape

from fastapi.sse import ServerSentEvent

from conversation.bus import Bus, Event, Subscription
from desk.agents import Agents
from desk.words import Words

BEAT_S = 15.0
_TOGETHER_S = 0.03  # what happens at once is told at once
_LONGEST_TOGETHER_S = 0.1
# The lists of 50 CSRs, drawn anew for each word of 500 customers, would be all that a process does.
# Who waits and who answers is told at once; words only change the lists a little.
_LISTS_EVERY_S = 1.0


class Live:
    """Feeds the consoles."""

    def __init__(
        self,
        bus: Bus,
        agents: Agents,
        words: Words,
        beat_s: float = BEAT_S,
        lists_every_s: float = _LISTS_EVERY_S,
    ) -> None:
        """Every `beat_s` the session is checked and everything refreshed."""
        self._lists_every_s = lists_every_s
        self._bus = bus
        self._agents = agents
        self._words = words
        self._beat_s = beat_s

    async def events(self, token: str, lang: str) -> AsyncIterator[ServerSentEvent]:
        """Tell one browser what happens at the desk until its session ends."""
        loop = asyncio.get_running_loop()
        with self._bus.subscribe("desk", guest=True) as heard:
            lists = _Lists(self._lists_every_s)
            beat_at = loop.time()  # at once: the page may have slept and missed anything
            while not heard.closed:
                if loop.time() >= beat_at:
                    if await self._agents.of_token(token) is None:
                        yield _hint("gone")
                        return
                    beat_at = loop.time() + self._beat_s
                    yield lists.told()
                    yield _hint("beat")
                until = min(beat_at, lists.due_at)
                event = await heard.next(max(0.0, until - loop.time()))
                hints = await self._hints(event, heard, lang, lists)
                if lists.due_at <= loop.time():
                    yield lists.told()
                for hint in hints:
                    yield hint

    async def _hints(
        self, event: Event | None, heard: Subscription, lang: str, lists: "_Lists"
    ) -> list[ServerSentEvent]:
        """Turn an event, and those right behind it, into as few hints as possible."""
        hints: dict[str, ServerSentEvent] = {}
        until = asyncio.get_running_loop().time() + _LONGEST_TOGETHER_S
        while event is not None:
            kind, place = event["type"], event["conversation"]
            if kind == "typing":
                if event.get("author") != "csr":
                    hints[f"typing-{place}"] = _hint(f"typing-{place}", self._typing(event, lang))
            elif kind == "read":
                if event.get("author") == "customer":
                    hints[f"read-{place}"] = _hint(f"read-{place}")
            else:
                lists.change(urgent=kind != "message" or bool(event.get("waits")))
                hints[f"{kind}-{place}"] = _hint(f"{kind}-{place}")
            if asyncio.get_running_loop().time() >= until:  # it may never be quiet
                break
            event = await heard.next(_TOGETHER_S)
        return list(hints.values())

    def _typing(self, event: Event, lang: str) -> str:
        if not event.get("on", True):
            return ""
        words = self._words.say(f"typing.{event['author']}", lang)
        return f'<span class="typing">{escape(words)}</span>'


class _Lists:
    """When the lists of one console have to be drawn anew."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._told_at = 0.0
        self.due_at = math.inf

    def change(self, *, urgent: bool) -> None:
        """Note that they are no longer right; what is urgent is told at once."""
        now = asyncio.get_running_loop().time()
        self.due_at = now if urgent else min(self.due_at, max(now, self._told_at + self._every_s))

    def told(self) -> ServerSentEvent:
        """Give the hint."""
        self._told_at, self.due_at = asyncio.get_running_loop().time(), math.inf
        return _hint("queue")


def _hint(name: str, html: str = "1") -> ServerSentEvent:
    return ServerSentEvent(event=name, raw_data=html)
