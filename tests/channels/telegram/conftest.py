from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.errors import add_error_handlers
from channels.message import Reply
from channels.rates import Rates
from channels.telegram.bot_api import BotApi
from channels.telegram.channel import Telegram, telegram_rates
from channels.telegram.polling import Poller
from channels.telegram.reading import read
from channels.telegram.webhook import telegram_router
from conversation.bus import Bus
from conversation.contacts import Contacts
from conversation.inbox import Inbox
from conversation.intake import Intake, Source
from conversation.kept_files import KeptFiles
from conversation.leases import Turnstile
from conversation.outbox import Outbox
from conversation.receipts import Receipts
from conversation.tables import InboxEvent
from conversation.transcript import Transcript
from conversation.turn import Turns
from db.engine import Database
from tests.channels.line import Line
from tests.channels.telegram.double import TOKEN, TelegramDouble
from tests.channels.telegram.payloads import SECRET
from tests.conversation.conftest import TEMPLATE, Echo

BOTH = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
API = "https://api.telegram.org"


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Database:
    """An empty SQLite database; tests marked BOTH run on PostgreSQL too."""
    found = request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_database")
    assert isinstance(found, Database)
    return found


@pytest.fixture
def inbox(database: Database, bus: Bus) -> Inbox:
    return Inbox(database, bus)


def app_with(secret: str, inbox: Inbox) -> FastAPI:
    app = FastAPI()
    add_error_handlers(app)
    app.include_router(telegram_router(secret, inbox))
    return app


@pytest.fixture
def app(inbox: Inbox) -> FastAPI:
    return app_with(SECRET, inbox)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@dataclass
class Shop(Line):
    """The whole line of a Telegram message, with a double for Telegram."""

    double: TelegramDouble
    api: BotApi
    inbox: Inbox
    rates: Rates

    async def polls(self, offset: int | None = None) -> int | None:
        """Take from Telegram what is there, once; give the next offset."""
        poller = Poller(self.api, self.inbox, Turnstile(self.database, "telegram"), wait_s=0)
        return await poller._take_in(offset)

    async def receives(self, *kinds: dict[str, Any]) -> None:
        """Let things happen at Telegram, and take all of it in."""
        for kind in kinds:
            self.double.update(**kind)
        offset = await self.polls()
        await self.polls(offset)
        await self.takes_in()

    async def takes_in(self) -> None:
        while await self.intake.take_in():
            pass
        for task in [*self.intake.greetings]:
            await task

    async def says(self, *replies: str | Reply) -> None:
        """Let a CSR write to the one customer."""
        thread = await self.conversation()
        for words in replies:
            reply = words if isinstance(words, Reply) else Reply(words, "id", TEMPLATE)
            await self.transcript.say(thread.id, reply, "csr", "Sari")
        await self.sends()

    async def later(self) -> None:
        """Make everything due that waits for a moment, also for our own limits."""
        self.rates._each.clear()
        await super().later()

    async def events(self) -> list[tuple[str, str | None]]:
        async with self.database.read() as session:
            rows = await session.scalars(select(InboxEvent).order_by(InboxEvent.received_at))
            return [(row.status, row.error) for row in rows]

    def called(self, method: str) -> list[dict[str, Any]]:
        return [fields for name, fields in self.double.calls if name == method]


@pytest.fixture
async def shop(database: Database, bus: Bus, inbox: Inbox, kept: KeptFiles) -> AsyncIterator[Shop]:
    double, echo = TelegramDouble(), Echo()
    api = BotApi(API, TOKEN, double.transport)
    rates = telegram_rates(30)
    channel = Telegram(api, rates)
    contacts = Contacts(database, "telegram", sites=frozenset({"demo"}))
    source = Source(read, contacts, channel, decline=channel.decline)
    transcript = Transcript(database, bus, frozenset({"telegram"}))
    yield Shop(
        database=database,
        double=double,
        api=api,
        inbox=inbox,
        intake=Intake(inbox, transcript, Receipts(database), {"telegram": source}, bus),
        turns=Turns(database, transcript, echo, "Nara", lease_s=30, tries=3),
        outbox=Outbox(database, {"telegram": channel}, kept=kept),
        kept=kept,
        transcript=transcript,
        echo=echo,
        rates=rates,
    )
    await api.close()
