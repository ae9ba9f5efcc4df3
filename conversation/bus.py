"""Wake-ups: who waits for something in this process is told that it happened, here or elsewhere.

An event is a hint, never the only copy of anything: whoever is told reads the database, and
whoever missed it finds the same there. So a full or lost queue loses no message.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

Event = Mapping[str, Any]

_BACKLOG = 100  # events a slow listener may lag behind before the oldest is forgotten


class Subscription:
    """One listener's queue."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue(_BACKLOG)
        self.closed = False  # the process ends; nothing comes any more

    def put(self, event: Event) -> None:
        """Add an event, forgetting the oldest one when the listener is too slow."""
        if self._queue.full():
            self._queue.get_nowait()
        self._queue.put_nowait(event)

    async def next(self, timeout_s: float | None = None) -> Event | None:
        """Wait for an event; None after `timeout_s`, and at once when this is closed."""
        if self.closed:
            return None
        try:
            # Not wait_for: before Python 3.12 it swallows a cancellation that comes with an event
            # (python/cpython#86296), and who was cancelled would listen for ever.
            async with asyncio.timeout(timeout_s):
                return await self._queue.get()
        except TimeoutError:
            return None

    def forget(self) -> None:
        """Forget what is queued: for who is about to look at everything anyway."""
        while not (self.closed or self._queue.empty()):
            self._queue.get_nowait()

    def close(self) -> None:
        """Let the listener go."""
        self.closed = True
        if self._queue.empty():
            self._queue.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[Event]:
        while (event := await self.next()) is not None:
            yield event


class Bus:
    """Topics and who listens to them. Topics: `conversation:ID`, `desk`, `work`."""

    def __init__(self) -> None:
        self._listeners: defaultdict[str, set[Subscription]] = defaultdict(set)
        self.elsewhere: Callable[[str, Event], None] | None = None  # how other processes are told
        self._guests: set[Subscription] = set()
        self._closed = False

    def publish(self, topic: str, event: Event) -> None:
        """Tell everybody who listens to `topic`; never blocks.

        What happens at the desk is told to the other processes too: each of its events names the
        conversation, so that they can tell those who listen to it.
        """
        self._put(topic, event)
        if topic == "desk":
            self.pass_on(topic, event)

    def pass_on(self, topic: str, event: Event) -> None:
        """Tell only the other processes, if there is a way to."""
        if self.elsewhere is not None:
            self.elsewhere(topic, event)

    def hear(self, topic: str, event: Event) -> None:
        """Tell those who listen here what happened in another process."""
        self._put(topic, event)
        if topic == "desk":
            told = {name: value for name, value in event.items() if name != "conversation"}
            self._put(f"conversation:{event['conversation']}", told)

    def _put(self, topic: str, event: Event) -> None:
        for subscription in self._listeners.get(topic, ()):
            subscription.put(event)

    def listeners(self, topic: str) -> int:
        """Count who listens to `topic`."""
        return len(self._listeners.get(topic, ()))

    def let_guests_go(self) -> None:
        """Let all guests go, and who comes after this, because the process is about to end."""
        self._closed = True
        for guest in self._guests:
            guest.close()

    @contextmanager
    def subscribe(self, *topics: str, guest: bool = False) -> Iterator[Subscription]:
        """Listen to `topics` inside the block; subscribe, then read, and nothing is missed.

        A `guest` is outside this process, behind a socket or an open request.
        """
        subscription = Subscription()
        for topic in topics:
            self._listeners[topic].add(subscription)
        if guest:
            self._guests.add(subscription)
            if self._closed:
                subscription.close()
        try:
            yield subscription
        finally:
            self._guests.discard(subscription)
            for topic in topics:
                self._listeners[topic].discard(subscription)
                if not self._listeners[topic]:
                    del self._listeners[topic]
