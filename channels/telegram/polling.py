"""Get updates from Telegram without being reachable from outside: long polling.

An update is forgotten by Telegram when the next request asks for those after it, so that is asked
only once it is stored. What was stored and not yet confirmed when the process died comes again,
and is a repeat. Of several processes the one that has the lease polls.
Source: core.telegram.org/bots/api, "getUpdates".
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Protocol

import structlog

from channels.event import Store
from channels.message import DeliveryFailed
from channels.telegram.bot_api import BotApi
from channels.telegram.envelope import CHANNEL, KINDS, event_of, number_of
from channels.telegram.faults import CONFLICT
from channels.webhook import took

log = structlog.get_logger()

_WAIT_S = 25  # Telegram holds a request open for up to 50
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0


class Turnstile(Protocol):
    """Lets one process at a time through."""

    renew_s: float

    async def take(self) -> bool:
        """Take the right to poll, or keep it; False while another process has it."""

    async def give_back(self) -> None:
        """Let another process through at once."""


class Poller:
    """Polls while it may; each process has one, and one of them is at work."""

    def __init__(
        self, api: BotApi, store: Store, turnstile: Turnstile, wait_s: int = _WAIT_S
    ) -> None:
        """`wait_s`: how long Telegram may hold a request open until something happens."""
        self._api = api
        self._store = store
        self._turnstile = turnstile
        self._wait_s = wait_s
        self._failures = 0

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            while True:
                try:
                    if await self._turnstile.take():
                        await self._poll_while_allowed()
                except Exception:
                    log.exception("polling stopped for a moment", channel=CHANNEL)
                await asyncio.sleep(self._turnstile.renew_s)
        finally:
            with suppress(Exception):  # it ends by itself
                await self._turnstile.give_back()

    async def _poll_while_allowed(self) -> None:
        polling = asyncio.create_task(self._poll())
        try:
            while not (await asyncio.wait([polling], timeout=self._turnstile.renew_s))[0]:
                if not await self._turnstile.take():
                    log.warning("another process polls now", channel=CHANNEL)
                    return
            polling.result()
        finally:
            polling.cancel()
            await asyncio.gather(polling, return_exceptions=True)

    async def _poll(self) -> None:
        offset: int | None = None
        while True:
            try:
                offset = await self._take_in(offset)
                self._failures = 0
            except DeliveryFailed as failure:
                await self._mend(failure)
            except Exception:
                log.exception("updates not stored; they stay at Telegram", channel=CHANNEL)
                await asyncio.sleep(self._pause_s(0))

    async def _take_in(self, offset: int | None) -> int | None:
        """Wait for updates and store them; give the offset that confirms them."""
        updates = await self._api.updates(offset, self._wait_s, KINDS)
        moment = datetime.now(UTC)
        events = [event for update in updates if (event := event_of(update, moment))]
        if events:
            await self._store.put(CHANNEL, events)
            took(CHANNEL, len(events))
        return _after(updates)

    async def _mend(self, failure: DeliveryFailed) -> None:
        if failure.code == CONFLICT and "webhook" in str(failure):
            await self._remove_webhook()
            return
        pause_s = self._pause_s(failure.retry_after_s)
        if failure.code == CONFLICT:
            log.error("somebody else polls with the same token", channel=CHANNEL)
        else:
            log.warning("cannot get updates", channel=CHANNEL, reason=str(failure))
        await asyncio.sleep(pause_s)

    async def _remove_webhook(self) -> None:
        """Telegram gives updates either way, not both; what waits there is kept."""
        log.warning("a webhook was set for this bot; it is removed, as we poll", channel=CHANNEL)
        if self._failures:  # it did not help the last time
            await asyncio.sleep(self._pause_s(0))
        self._failures += 1
        try:
            await self._api.call("deleteWebhook", drop_pending_updates=False)
        except DeliveryFailed as failure:
            log.warning("cannot remove the webhook", channel=CHANNEL, reason=str(failure))
            await asyncio.sleep(self._pause_s(failure.retry_after_s))

    def _pause_s(self, at_least_s: float) -> float:
        """Wait longer each time, at least as long as Telegram asks."""
        pause_s = min(_FIRST_PAUSE_S * 2.0**self._failures, _LONGEST_PAUSE_S)
        self._failures = min(self._failures + 1, 10)
        return max(pause_s, at_least_s)


def _after(updates: Sequence[Any]) -> int | None:
    """Give the offset behind these updates.

    None when there were none: then all is confirmed, and an old offset would only be in the way
    of numbers that begin anew, as they do after a week without updates.
    """
    numbers = [number for update in updates if (number := number_of(update)) is not None]
    return max(numbers) + 1 if numbers else None
