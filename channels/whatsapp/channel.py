"""The WhatsApp channel: send what the outbox holds, within the customer's 24-hour window."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import structlog

from channels.message import DeliveryFailed, Inbound, Outbound, Sent
from channels.rates import Rates
from channels.whatsapp.cloud_api import CloudApi
from channels.whatsapp.envelope import CHANNEL
from channels.whatsapp.wording import parts_of

log = structlog.get_logger()


class WhatsApp:
    """Implements channels.message.Channel."""

    name = CHANNEL

    def __init__(
        self,
        api: CloudApi,
        rates: Rates,
        template: str = "",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`template`: an approved one that asks the customer to write, for when the window is shut.

        It has no variables, and exists in Indonesian (id) and English (en).
        """
        self._api = api
        self._rates = rates
        self._template = template
        self._clock = clock

    async def send(self, address: str, message: Outbound) -> Sent:
        """Send one part, or raise DeliveryFailed."""
        if message.reply.data.get("template"):
            return await self._send_template(address, message)
        parts = parts_of(message.reply, message.enclosed)
        if message.part >= len(parts):  # a receipt told that the last one arrived
            return Sent()
        if message.window_until is not None and message.window_until <= self._clock():
            return await self._invite(address, message)
        try:
            self._rates.spend(address)
            payload = await self._uploaded(parts[message.part], message)
            external_id = await self._post(address, message, payload)
        except DeliveryFailed as failure:
            if not failure.shut:
                raise
            return await self._invite(address, message)
        if message.author == "csr" and message.answers:  # the bot's read receipts go out at once
            await self._mark_read(message.answers, typing=False)
        return Sent(external_id, more=message.part + 1 < len(parts))

    async def _send_template(self, address: str, message: Outbound) -> Sent:
        """Send an approved template of the owner's, which needs no open window."""
        if message.part:  # a receipt told that it arrived
            return Sent()
        wanted = message.reply.data["template"]
        template: dict[str, Any] = {
            "name": wanted["name"],
            "language": {"policy": "deterministic", "code": message.reply.lang},
        }
        if wanted["values"]:
            values = [{"type": "text", "text": value} for value in wanted["values"]]
            template["components"] = [{"type": "body", "parameters": values}]
        self._rates.spend(address)
        return Sent(await self._post(address, message, {"type": "template", "template": template}))

    async def _uploaded(self, payload: dict[str, Any], message: Outbound) -> dict[str, Any]:
        """Give Meta the file that a part names, so that the part can name it by Meta's id."""
        enclosed = message.enclosed
        if enclosed is None or payload["type"] != enclosed.kind:
            return payload
        media_id = await self._api.upload(enclosed.file, enclosed.name)
        return {**payload, enclosed.kind: {"id": media_id, **payload[enclosed.kind]}}

    async def heard(self, inbound: Inbound, *, answering: bool) -> None:
        """Show the customer that the bot read it and types; a person reads when they do."""
        if answering:
            await self._mark_read(inbound.source_id, typing=True)

    async def _mark_read(self, source_id: str, *, typing: bool) -> None:
        try:
            await self._api.mark_read(source_id, typing=typing)
        except DeliveryFailed as failure:
            log.info("read receipt not sent", channel=CHANNEL, reason=str(failure))

    async def _invite(self, address: str, message: Outbound) -> Sent:
        """Ask the customer to write, once; the message itself waits for that."""
        if message.invited or not self._template:
            return Sent(held=True)
        language = {"policy": "deterministic", "code": message.reply.lang}
        payload = {"type": "template", "template": {"name": self._template, "language": language}}
        tagged = replace(message, tag=message.invite_tag)
        self._rates.spend(address)
        try:
            return Sent(await self._post(address, tagged, payload), held=True)
        except DeliveryFailed as failure:
            if not failure.permanent:
                raise
            log.error("invitation refused", channel=CHANNEL, reason=str(failure))
            return Sent(held=True, reason=str(failure))

    async def _post(self, address: str, message: Outbound, payload: dict[str, Any]) -> str:
        return await self._api.post_message(
            {
                "recipient_type": "individual",
                **_recipient(address, message.phone),
                "biz_opaque_callback_data": message.tag,
                **payload,
            }
        )


def _recipient(address: str, phone: str | None) -> dict[str, str]:
    """Name the customer. A business-scoped id in "to" is dropped by Meta without an error.

    The phone number is preferred where it is known, as Meta asks, so that it stays known.
    """
    to = phone or (address if address.isdigit() else None)
    return {"to": to} if to else {"recipient": address}
