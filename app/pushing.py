"""The channels that push messages to customers, as far as the settings name them."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from channels.event import Store
from channels.file import Files
from channels.message import Channel
from channels.rates import Rates
from channels.telegram.arrival import introduce, set_webhook
from channels.telegram.bot_api import BotApi
from channels.telegram.channel import Telegram, telegram_rates
from channels.telegram.envelope import CHANNEL as TELEGRAM
from channels.telegram.polling import Poller
from channels.telegram.reading import read as read_telegram
from channels.whatsapp.channel import WhatsApp
from channels.whatsapp.cloud_api import CloudApi
from channels.whatsapp.envelope import CHANNEL as WHATSAPP
from channels.whatsapp.rates import whatsapp_rates
from channels.whatsapp.reading import read
from conversation.contacts import Contacts
from conversation.intake import Source
from conversation.leases import Turnstile
from db.engine import Database
from settings import Settings

_WINDOW = timedelta(hours=24)  # Meta's customer service window

Feed = Callable[[Store], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Connected:
    """One channel, and what it needs of the rest."""

    channel: Channel
    source: Source
    files: Files
    rates: Rates
    settle_s: float
    at_once: int  # sends under way; so many may be doubled by a crash
    with_receipts: bool  # the vendor tells which messages it has
    close: Callable[[], Awaitable[None]]
    feed: Feed | None = None  # runs beside the app: where events come from without a webhook


@dataclass(frozen=True, slots=True)
class Pushing:
    """What the outbox, the intake and the turns need of these channels."""

    connected: Mapping[str, Connected]

    @property
    def channels(self) -> Mapping[str, Channel]:
        """Where messages are sent, by channel."""
        return {name: one.channel for name, one in self.connected.items()}

    @property
    def sources(self) -> Mapping[str, Source]:
        """Where events come from, by channel."""
        return {name: one.source for name, one in self.connected.items()}

    @property
    def settle_s(self) -> Mapping[str, float]:
        """How long customers may pause between messages of one turn, by channel."""
        return {name: one.settle_s for name, one in self.connected.items()}

    @property
    def files(self) -> Mapping[str, Files]:
        """Where files are fetched, by channel."""
        return {name: one.files for name, one in self.connected.items()}

    @property
    def rates(self) -> Mapping[str, Rates]:
        """How fast each account may send, by a name that all processes have for it."""
        return {f"{name}_rates": one.rates for name, one in self.connected.items()}

    @property
    def at_once(self) -> Mapping[str, int]:
        """How many sends may be under way, by channel."""
        return {name: one.at_once for name, one in self.connected.items()}

    @property
    def with_receipts(self) -> Collection[str]:
        """The channels whose vendors tell which messages they have."""
        return [name for name, one in self.connected.items() if one.with_receipts]

    @property
    def feeds(self) -> list[Feed]:
        """What has to run beside the app."""
        return [one.feed for one in self.connected.values() if one.feed]

    async def close(self) -> None:
        """Close all connections to vendors."""
        for one in self.connected.values():
            await one.close()


def pushing_channels(settings: Settings, database: Database) -> Pushing:
    """Build the channels that have what they need; the website's clients read by cursor."""
    found = {WHATSAPP: _whatsapp(settings, database), TELEGRAM: _telegram(settings, database)}
    return Pushing({name: one for name, one in found.items() if one})


def _whatsapp(settings: Settings, database: Database) -> Connected | None:
    token = settings.whatsapp_token.get_secret_value()
    if not settings.whatsapp_phone_number_id or not token:
        return None
    api = CloudApi(settings.whatsapp_api_url, settings.whatsapp_phone_number_id, token)
    rates = whatsapp_rates(settings.whatsapp_messages_per_second)
    channel = WhatsApp(api, rates, settings.whatsapp_template)
    source = Source(
        read=read,
        contacts=Contacts(database, WHATSAPP, _WINDOW),
        channel=channel,
        quiet=timedelta(minutes=settings.whatsapp_quiet_minutes),
    )
    return Connected(
        channel=channel,
        source=source,
        files=api,
        rates=rates,
        settle_s=settings.whatsapp_settle_s,
        at_once=settings.whatsapp_sends_at_once,
        with_receipts=True,
        close=api.close,
    )


def _telegram(settings: Settings, database: Database) -> Connected | None:
    token = settings.telegram_token.get_secret_value()
    if not token:
        return None
    api = BotApi(settings.telegram_api_url, token)
    rates = telegram_rates(settings.telegram_messages_per_second)
    channel = Telegram(api, rates)
    source = Source(
        read=read_telegram,
        contacts=Contacts(database, TELEGRAM, sites=frozenset(settings.sites)),
        channel=channel,
        decline=channel.decline,
    )

    async def feed(store: Store) -> None:
        introducing = asyncio.create_task(introduce(api))  # no message has to wait for the menu
        try:
            if settings.telegram_webhook_url:
                secret = settings.telegram_webhook_secret.get_secret_value()
                await set_webhook(api, settings.telegram_webhook_url, secret)
                await introducing
            else:
                turnstile = Turnstile(database, "telegram", owner=database.process)
                await Poller(api, store, turnstile).run()
        finally:
            introducing.cancel()

    return Connected(
        channel=channel,
        source=source,
        files=api,
        rates=rates,
        settle_s=settings.telegram_settle_s,
        at_once=settings.telegram_sends_at_once,
        with_receipts=False,
        close=api.close,
        feed=feed,
    )
