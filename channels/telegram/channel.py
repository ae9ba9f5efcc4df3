"""The Telegram channel: send what the outbox holds, and show the customer that they were heard."""

from typing import Any

import structlog

from channels.event import Uninvited
from channels.file import Enclosed
from channels.message import DeliveryFailed, Inbound, Outbound, Sent
from channels.rates import Rates
from channels.telegram.bot_api import BotApi
from channels.telegram.envelope import CHANNEL, message_key
from channels.telegram.faults import BAD_REQUEST, unknown
from channels.telegram.wording import parts_of, refusal_words

log = structlog.get_logger()

_EACH_EVERY_S = 1.0
_EACH_BURST = (
    3  # "short bursts that go over this limit" are allowed, says core.telegram.org/bots/faq
)
_TAP = "tap:"


def telegram_rates(per_second: int) -> Rates:
    """Count for one bot that sends up to `per_second` messages (30, unless more is paid for)."""
    return Rates(per_second, each_every_s=_EACH_EVERY_S, each_burst=_EACH_BURST)


class Telegram:
    """Implements channels.message.Channel."""

    name = CHANNEL

    def __init__(self, api: BotApi, rates: Rates) -> None:
        self._api = api
        self._rates = rates

    async def send(self, address: str, message: Outbound) -> Sent:
        """Send one part, or raise DeliveryFailed."""
        parts = parts_of(message.reply, message.enclosed)
        if message.part >= len(parts):  # it was cut otherwise when it was begun
            return Sent()
        self._rates.spend(address)
        if message.enclosed is not None and message.part == 0:
            found = await self._send_file(int(address), message.enclosed, parts[0])
        else:
            found = await self._api.call("sendMessage", chat_id=int(address), **parts[message.part])
        number = found.get("message_id") if isinstance(found, dict) else None
        if number is None:
            raise unknown("Telegram answered without a message id")
        return Sent(message_key(address, number), more=message.part + 1 < len(parts))

    async def _send_file(self, chat: int, enclosed: Enclosed, beside: dict[str, Any]) -> Any:
        """Send a picture to be seen, and whatever else, or is too long and thin, to be saved."""
        if enclosed.kind == "image":
            try:
                return await self._api.upload(
                    "sendPhoto", "photo", enclosed, chat_id=chat, **beside
                )
            except DeliveryFailed as failure:
                if failure.code != BAD_REQUEST:
                    raise
                log.info("photo refused, sent as a document", channel=CHANNEL, reason=str(failure))
        return await self._api.upload("sendDocument", "document", enclosed, chat_id=chat, **beside)

    async def heard(self, inbound: Inbound, *, answering: bool) -> None:
        """End the waiting of a tapped button, and show that the bot types."""
        if inbound.source_id.startswith(_TAP):
            tap = inbound.source_id.removeprefix(_TAP)
            await self._try("answerCallbackQuery", callback_query_id=tap)
        if answering:
            await self._try("sendChatAction", chat_id=int(inbound.address), action="typing")

    async def decline(self, place: Uninvited) -> None:
        """Say once that groups are not served, and leave. Raises DeliveryFailed to be tried again.

        It is said once because it cannot be said again after leaving. Into a channel nothing is
        said: all its readers would see it.
        """
        told = int(place.by or place.address)
        try:
            await self._api.call("sendMessage", chat_id=told, text=refusal_words())
        except DeliveryFailed as failure:
            if not failure.permanent:
                raise
        try:
            await self._api.call("leaveChat", chat_id=int(place.address))
        except DeliveryFailed as failure:
            if not failure.permanent:
                raise
            log.info("already gone", channel=CHANNEL, reason=str(failure))
        else:
            log.info("left a group or channel", channel=CHANNEL)

    async def _try(self, method: str, **fields: Any) -> None:
        try:
            await self._api.call(method, **fields)
        except DeliveryFailed as failure:
            log.info("not shown", channel=CHANNEL, method=method, reason=str(failure))
