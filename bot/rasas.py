"""Ask one of several Rasa processes: each conversation has its own, and another when that is gone.

Rasa keeps nothing between turns (docs/decisions/0002-stateless-rasa.md), so a conversation may
move at any time; staying only keeps a conversation's turns away from a process that is in trouble.
Source: rendezvous hashing, Thaler and Ravishankar 1998: when a process goes, only its own
conversations move.
"""

import asyncio
from collections.abc import Sequence
from hashlib import blake2b
from typing import Self

import structlog
from prometheus_client import Counter, Gauge

from bot.client import RasaClient, RasaDown
from conversation.answering import Answer, Question

log = structlog.get_logger()

_LOOK_EVERY_S = 1.0
_MISSED_LOOKS = 2  # in a row; a process busy with a long turn may be late once

_UP = Gauge("sapa_rasa_up", "Whether a Rasa process answers.", ["rasa"])
_MOVED = Counter("sapa_rasa_moved_turns", "Turns that another Rasa than their own was asked.")


class Rasas:
    """All Rasa processes that the settings name."""

    def __init__(self, urls: Sequence[str], token: str, timeout_s: float) -> None:
        """`timeout_s` bounds a whole turn, whoever is asked; at least one of `urls`."""
        self._clients = {url: RasaClient(url, token, timeout_s) for url in urls}
        self._timeout_s = timeout_s
        self._missed = dict.fromkeys(urls, 0)
        for url in urls:
            _UP.labels(url).set(1)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            await client.close()

    async def ready(self) -> bool:
        """Whether any of them is up with a model."""
        return any(await asyncio.gather(*(client.ready() for client in self._clients.values())))

    def order(self, conversation_id: str) -> list[str]:
        """Name all, the conversation's own first, those that are known to be gone last."""
        return sorted(
            self._clients,
            key=lambda url: (self._is_up(url), _weight(url, conversation_id)),
            reverse=True,
        )

    async def take_turn(self, question: Question) -> Answer:
        """Ask the conversation's own, and the next one when that is gone or silent.

        Asking a second one is harmless: what a turn does is done once, whoever runs it.
        Raises RasaUnavailable when none answers in time, or the answer is nonsense.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + self._timeout_s
        *others, last = self.order(question.conversation_id)
        for url in others:
            # Half of what is left: a process that hangs must leave time for the next one.
            try:
                return await self._ask(url, question, (until - loop.time()) / 2)
            except RasaDown as reason:
                log.warning("turn moves to another Rasa", rasa=url, reason=str(reason))
                _MOVED.inc()
        return await self._ask(last, question, until - loop.time())

    async def _ask(self, url: str, question: Question, timeout_s: float) -> Answer:
        try:
            return await self._clients[url].take_turn(question, timeout_s)
        except RasaDown as down:
            if down.gone:
                self._note(url, _MISSED_LOOKS)
            raise

    async def run(self) -> None:
        """Look after all of them until cancelled, so that turns go only where they are answered."""
        while True:
            await asyncio.gather(*(self._look(url) for url in self._clients))
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _look(self, url: str) -> None:
        self._note(url, 0 if await self._clients[url].ready() else self._missed[url] + 1)

    def _note(self, url: str, missed: int) -> None:
        was_up = self._is_up(url)
        self._missed[url] = missed
        if was_up != self._is_up(url):
            log.warning("Rasa is back" if missed == 0 else "Rasa is gone", rasa=url)
        _UP.labels(url).set(self._is_up(url))

    def _is_up(self, url: str) -> bool:
        return self._missed[url] < _MISSED_LOOKS


def _weight(url: str, conversation_id: str) -> bytes:
    return blake2b(f"{url} {conversation_id}".encode(), digest_size=8).digest()
