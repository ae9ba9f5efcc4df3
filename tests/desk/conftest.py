"""A desk with two CSRs and a supervisor, and conversations to look after."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pwdlib import PasswordHash

from channels.message import Inbound, Lang, Reply, Source
from conversation.bus import Bus
from conversation.tables import Conversation, Handoff, Message
from conversation.transcript import Transcript
from crm.callbacks import CallBacks
from crm.customers import Customers
from crm.hours import ServiceHours
from crm.offers import Offers
from crm.orders import OrderLookup, SqlOrders
from crm.proofs import Lockout
from crm.ticket_kinds import TicketKinds
from crm.tickets import Tickets
from db.base import new_id, now
from db.engine import Database
from desk.access import COOKIE
from desk.assembly import Desk, open_desk
from desk.cases.shop import Shop as ShopParts
from desk.console import console_router
from desk.queue import Queue
from desk.tables import Agent, AgentSession
from settings import Settings

PASSWORD = "kopi-tubruk-manis"
BASE = "http://sapa.test"


@cache
def password_hash() -> str:
    """A hash costs 0.4 s; one is enough for all tests."""
    return PasswordHash.recommended().hash(PASSWORD)


@dataclass
class Shop:
    """The desk under test, and ways to fill it."""

    database: Database
    bus: Bus
    transcript: Transcript
    queue: Queue
    desk: Desk
    app: FastAPI
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    async def agent(self, login: str, role: str = "csr", *, lang: Lang = "en") -> Agent:
        """Open an account whose password is PASSWORD."""
        agent = Agent(
            id=new_id(),
            login=login,
            name=login.title(),
            password_hash=password_hash(),
            role=role,
            lang=lang,
            active=True,
        )
        async with self.database.write() as session:
            session.add(agent)
        return agent

    def client(self, **headers: str) -> httpx.AsyncClient:
        """Give a browser that is not logged in."""
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app), base_url=BASE, headers=headers
        )
        self.clients.append(client)
        return client

    async def browser(self, agent: Agent, *, hours: float = 1) -> httpx.AsyncClient:
        """Give a browser in which `agent` is logged in for `hours`."""
        token = new_id()
        async with self.database.write() as session:
            session.add(
                AgentSession(
                    token_hash=hashlib.sha256(token.encode()).hexdigest(),
                    agent_id=agent.id,
                    expires_at=now() + timedelta(hours=hours),
                )
            )
        client = self.client()
        client.cookies.set(COOKIE, token)
        return client

    async def conversation(
        self,
        *said: str,
        state: str = "waiting",
        lang: Lang = "id",
        ago_s: float = 60,
        owner: Agent | None = None,
        **brief: Any,
    ) -> str:
        """Begin a conversation in which the customer said these things."""
        thread = await self.transcript.open("website", new_id(), lang)
        for text in said:
            await self.customer_says(thread.id, text)
        async with self.database.write() as session:
            row = await session.get_one(Conversation, thread.id)
            row.state, row.lang, row.pending_since = state, lang, None
            row.agent_id = owner.id if owner else None
            if state in ("waiting", "csr"):
                session.add(
                    Handoff(
                        id=new_id(),
                        conversation_id=thread.id,
                        reason="request",
                        brief=brief,
                        requested_at=now() - timedelta(seconds=ago_s),
                        agent_id=owner.id if owner else None,
                        taken_at=now() if owner else None,
                    )
                )
        return thread.id

    async def customer_says(self, conversation_id: str, text: str) -> None:
        """Let the customer write."""
        await self.transcript.accept(conversation_id, Inbound("website", new_id(), "", text))

    async def bot_says(self, conversation_id: str, text: str) -> None:
        """Let the bot write."""
        reply = Reply(text, "id", Source("template", "greet", "1"))
        await self.transcript.say(conversation_id, reply, "bot", "Nara")

    async def messages(self, conversation_id: str) -> list[Message]:
        """All that was said."""
        return await self.transcript.after(conversation_id, 0)

    async def state(self, conversation_id: str) -> tuple[str, str | None]:
        """Who answers."""
        async with self.database.read() as session:
            row = await session.get_one(Conversation, conversation_id)
        return row.state, row.agent_id


def shop_parts(database: Database, hours: ServiceHours) -> ShopParts:
    """What the shop knows and does, over its own tables."""
    lockout = Lockout(database)
    return ShopParts(
        orders=OrderLookup(SqlOrders(database), lockout),
        tickets=Tickets(database, hours, TicketKinds.load(), lockout),
        callbacks=CallBacks(database, hours),
        customers=Customers(database, lockout),
        offers=Offers(database),
    )


@pytest.fixture
async def shop(settings: Settings, database: Database) -> AsyncIterator[Shop]:
    """The console over an empty database of each kind."""
    bus = Bus()
    transcript = Transcript(database, bus)
    hours = ServiceHours.load()
    queue = Queue(database, hours)
    settings = settings.model_copy(update={"logins_per_minute": 3})
    desk = open_desk(
        settings,
        database=database,
        bus=bus,
        transcript=transcript,
        queue=queue,
        hours=hours,
        shop=shop_parts(database, hours),
        bot_name="Nara",
    )
    app = FastAPI()
    app.include_router(console_router(desk))
    shop = Shop(database, bus, transcript, queue, desk, app)
    yield shop
    for client in shop.clients:
        await client.aclose()


@pytest.fixture
async def sari(shop: Shop) -> Agent:
    """A CSR."""
    return await shop.agent("sari")


@pytest.fixture
async def budi(shop: Shop) -> Agent:
    """Another CSR."""
    return await shop.agent("budi")


@pytest.fixture
async def rina(shop: Shop) -> Agent:
    """Their supervisor."""
    return await shop.agent("rina", "supervisor")
