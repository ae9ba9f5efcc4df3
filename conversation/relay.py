"""Tell the other app processes what happens in this one, and hear it from them, over Redis.

Only hints travel: which conversation has something new, who is typing, that somebody logs in. What
was said stands in the database, so nothing is lost with Redis; conversation/watch.py then finds it
by looking. One channel serves all, because every console hears of every conversation anyway.
"""

import asyncio
import json
import random
import time
from collections import deque
from typing import Any, Final
from uuid import uuid4

import structlog
from prometheus_client import Counter, Gauge
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from conversation.bus import Bus, Event

log = structlog.get_logger()

BEAT_S: Final = 2.0
SILENT_S: Final = 6.0  # without any beat, not even our own: the connection is dead
_FORGET_S = 60.0  # a process that was silent for so long has ended
_PATIENCE_S = 3.0  # for one command
_LONGEST_PAUSE_S = 5.0
_BACKLOG = 1000  # what is told while Redis is away; older hints are of no use

_UP = Gauge("sapa_redis_up", "Whether other app processes can be told at once.")
_NEWS = Counter("sapa_redis_news", "Hints between app processes.", ["direction"])


class Relay:
    """One per process; connects when it runs, and again with growing pauses."""

    def __init__(self, url: str, channel: str, bus: Bus) -> None:
        """Those who share `channel` hear each other. Raises ValueError for a wrong `url`."""
        self._redis = Redis.from_url(
            url,
            socket_timeout=_PATIENCE_S,
            socket_connect_timeout=_PATIENCE_S,
            retry=Retry(NoBackoff(), 0),  # a silent reconnection would hide what was missed
        )
        self._channel = channel
        self._bus = bus
        self._me = uuid4().hex
        self._told: deque[tuple[str, Event]] = deque(maxlen=_BACKLOG)
        self._something = asyncio.Event()
        self._heard: dict[str, float] = {}  # process -> when it was last heard
        self._up = False

    @property
    def complete(self) -> bool:
        """Whether everything that other processes tell arrives here."""
        oldest = time.monotonic() - SILENT_S
        return self._up and all(at > oldest for at in self._heard.values())

    @property
    def up(self) -> bool:
        """Whether Redis answers."""
        return self._up

    def tell(self, topic: str, event: Event) -> None:
        """Tell the others, soon; never blocks, and never fails."""
        self._told.append((topic, event))
        self._something.set()

    async def run(self) -> None:
        """Keep the connection until cancelled."""
        pause_s = 0.1
        try:
            while True:
                try:
                    await self._talk()
                except* (RedisError, OSError, ValueError, LookupError, TypeError) as errors:
                    reason = type(errors.exceptions[0]).__name__
                if self._up:
                    pause_s = 0.1
                self._set(up=False)
                log.warning("no Redis, looking every second instead", reason=reason)
                await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
        finally:
            await self._say_goodbye()

    async def _talk(self) -> None:
        """Hear and tell until the connection breaks, which raises."""
        async with self._redis.pubsub() as pubsub:
            await pubsub.subscribe(self._channel)
            await self._beat()
            async with asyncio.TaskGroup() as both:
                both.create_task(self._hear(pubsub))
                both.create_task(self._tell_all())

    async def _hear(self, pubsub: PubSub) -> None:
        while True:
            message = await pubsub.get_message(timeout=SILENT_S)
            if message is None:
                raise TimeoutError("Redis is silent")
            if message["type"] == "message":
                self._take(json.loads(message["data"]))

    def _take(self, said: dict[str, Any]) -> None:
        self._set(up=True)
        who, moment = said["from"], time.monotonic()
        if said.get("bye"):
            self._heard.pop(who, None)
            return
        self._heard[who] = moment
        self._heard = {one: at for one, at in self._heard.items() if at > moment - _FORGET_S}
        if who == self._me:
            return
        for topic, event in said["news"]:
            _NEWS.labels("in").inc()
            self._bus.hear(topic, event)

    async def _tell_all(self) -> None:
        while True:
            await self._beat()
            try:
                async with asyncio.timeout(BEAT_S):  # wait_for would swallow some cancellations
                    await self._something.wait()
            except TimeoutError:
                continue

    async def _beat(self, **more: Any) -> None:
        """Tell what there is to tell; without news it is a sign of life."""
        self._something.clear()
        news = list(self._told)
        said = {"from": self._me, "news": news, **more}
        await self._redis.publish(self._channel, json.dumps(said))
        for _ in range(min(len(news), len(self._told))):
            self._told.popleft()
        _NEWS.labels("out").inc(len(news))

    def _set(self, *, up: bool) -> None:
        if up != self._up:
            log.info("Redis is back" if up else "Redis is gone")
        self._up = up
        _UP.set(up)

    async def _say_goodbye(self) -> None:
        try:
            async with asyncio.timeout(1):
                if self._up:
                    await self._beat(bye=True)
        except (RedisError, OSError):
            log.debug("left without a word")
        await self._redis.aclose()
