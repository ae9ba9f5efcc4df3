from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.direct import Direct
from app.errors import add_error_handlers
from channels.whatsapp.channel import WhatsApp
from channels.whatsapp.cloud_api import CloudApi
from channels.whatsapp.rates import whatsapp_rates
from channels.whatsapp.reading import read
from channels.whatsapp.webhook import (
    LARGEST_BODY,
    PATH,
    DirectWebhook,
    WebhookAccess,
    whatsapp_router,
)
from conversation.bus import Bus
from conversation.contacts import Contacts
from conversation.inbox import Inbox
from conversation.intake import Intake, Source
from conversation.kept_files import KeptFiles
from conversation.outbox import Outbox
from conversation.receipts import Receipts
from conversation.transcript import Transcript
from conversation.turn import Turns
from db.engine import Database
from tests.channels.line import Line
from tests.channels.whatsapp.double import TOKEN, MetaDouble
from tests.channels.whatsapp.payloads import APP_SECRET, BUDIS_PHONE, NUMBER, VERIFY_TOKEN, signed
from tests.conversation.conftest import Echo

QUIET = timedelta(minutes=60)
WEBHOOK = "/channels/whatsapp/webhook"


@pytest.fixture
def inbox(database: Database, bus: Bus) -> Inbox:
    return Inbox(database, bus)


@pytest.fixture
def app(inbox: Inbox) -> FastAPI:
    return app_with(WebhookAccess(APP_SECRET, VERIFY_TOKEN, NUMBER), inbox)


def app_with(access: WebhookAccess, inbox: Inbox) -> FastAPI:
    app = FastAPI()
    add_error_handlers(app)
    app.include_router(whatsapp_router(access, inbox))
    app.add_middleware(Direct, takes={PATH: (DirectWebhook(access, inbox).take, LARGEST_BODY)})
    return app


class Meta:
    """Meta's side of the webhook."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def posts(self, content: object) -> int:
        raw, headers = signed(content)
        return (await self.client.post(WEBHOOK, content=raw, headers=headers)).status_code

    async def shakes_hands(self, **query: Any) -> httpx.Response:
        asked = {f"hub.{name}": value for name, value in query.items()}
        return await self.client.get(WEBHOOK, params=asked)


@pytest.fixture
async def meta(app: FastAPI) -> AsyncIterator[Meta]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield Meta(client)


class Moment:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Shop(Line):
    """The whole line of a WhatsApp message, with a double for Meta."""

    meta: Meta
    double: MetaDouble
    moment: Moment
    phone: str = BUDIS_PHONE

    async def receives(self, *bodies: object) -> None:
        """Let Meta post, and take all of it in."""
        for content in bodies:
            assert await self.meta.posts(content) == 200
        while await self.intake.take_in():
            pass


@pytest.fixture
def shop(database: Database, bus: Bus, inbox: Inbox, meta: Meta, kept: KeptFiles) -> Shop:
    double, moment, echo = MetaDouble(), Moment(), Echo()
    api = CloudApi("https://graph.example.com/v25.0", NUMBER, TOKEN, double.transport)
    channel = WhatsApp(api, whatsapp_rates(80), "reply_please", moment)
    source = Source(read, Contacts(database, "whatsapp", timedelta(hours=24)), channel, QUIET)
    transcript = Transcript(database, bus, frozenset({"whatsapp"}))
    return Shop(
        database=database,
        meta=meta,
        double=double,
        intake=Intake(inbox, transcript, Receipts(database), {"whatsapp": source}, bus),
        turns=Turns(database, transcript, echo, "Nara", lease_s=30, tries=3),
        outbox=Outbox(database, {"whatsapp": channel}, kept=kept),
        kept=kept,
        transcript=transcript,
        echo=echo,
        moment=moment,
    )
