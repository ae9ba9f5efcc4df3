"""What is pushed to an open console: hints that something changed, which the page then asks for.

A hint carries no customer data but an id, so that what may be read is decided in one place, the
request that follows. A beat refreshes everything now and then, also after a hint was lost.
"""

import asyncio
from collections.abc import AsyncIterator
from html import escape

from fastapi.sse import ServerSentEvent

from conversation.bus import Bus, Event, Subscription
from desk.agents import Agents
from desk.words import Words

BEAT_S = 15.0
_TOGETHER_S = 0.03  # what happens at once is told at once


class Live:
    """Feeds the consoles."""

    def __init__(self, bus: Bus, agents: Agents, words: Words, beat_s: float = BEAT_S) -> None:
        """Every `beat_s` the session is checked and everything refreshed."""
        self._bus = bus
        self._agents = agents
        self._words = words
        self._beat_s = beat_s

    async def events(self, token: str, lang: str) -> AsyncIterator[ServerSentEvent]:
        """Tell one browser what happens at the desk until its session ends."""
        loop = asyncio.get_running_loop()
        with self._bus.subscribe("desk", guest=True) as heard:
            beat_at = loop.time()  # at once: the page may have slept and missed anything
            while not heard.closed:
                if loop.time() >= beat_at:
                    if await self._agents.of_token(token) is None:
                        yield _hint("gone")
                        return
                    beat_at = loop.time() + self._beat_s
                    yield _hint("queue")
                    yield _hint("beat")
                event = await heard.next(max(0.0, beat_at - loop.time()))
                for hint in await self._hints(event, heard, lang):
                    yield hint

    async def _hints(
        self, event: Event | None, heard: Subscription, lang: str
    ) -> list[ServerSentEvent]:
        """Turn an event, and those right behind it, into as few hints as possible."""
        hints: dict[str, ServerSentEvent] = {}
        while event is not None:
            place = event["conversation"]
            if event["type"] == "typing":
                if event.get("author") != "csr":
                    hints[f"typing-{place}"] = _hint(f"typing-{place}", self._typing(event, lang))
            else:
                for name in ("queue", f"{event['type']}-{place}"):
                    hints[name] = _hint(name)
            event = await heard.next(_TOGETHER_S)
        return list(hints.values())

    def _typing(self, event: Event, lang: str) -> str:
        if not event.get("on", True):
            return ""
        words = self._words.say(f"typing.{event['author']}", lang)
        return f'<span class="typing">{escape(words)}</span>'


def _hint(name: str, html: str = "1") -> ServerSentEvent:
    return ServerSentEvent(event=name, raw_data=html)
