from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from app.pages import add_pages
from bot.speech import Templates
from channels.pace import Pace
from channels.visitor import SiteAccess, Visitors
from crm.consent import Consents
from crm.customers import Customers
from crm.hours import ServiceHours
from crm.orders import OrderLookup, SqlOrders
from crm.proofs import Lockout
from crm.ticket_kinds import TicketKinds
from crm.tickets import Tickets
from db.engine import Database
from faq.engine import FaqEngine
from privacy.erasure import Erasure
from privacy.export import Exports
from privacy.requests import ErasureRequests
from privacy.words import PrivacyWords
from selfservice.account import Accounts, Rights
from selfservice.help import Help, help_router
from selfservice.lookups import Lookups, lookup_router
from selfservice.pages import HelpPages
from selfservice.sitemap import sitemap_router
from tests.crm.shop import at_noon, fill


@pytest.fixture(scope="session")
def knowledge(shop_faq: FaqEngine) -> FaqEngine:
    return shop_faq


@pytest.fixture
def centre(knowledge: FaqEngine) -> FastAPI:
    app = FastAPI()
    add_pages(app)
    app.include_router(sitemap_router(knowledge, "https://help.example.com"))
    app.include_router(help_router(Help(knowledge, HelpPages.load("Nara", "demo"), Pace(5, 60))))
    return app


@pytest.fixture
def browser(centre: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(centre), base_url="http://shop.test")


@pytest.fixture
async def tickets(database: Database) -> Tickets:
    await fill(database)
    hours = ServiceHours.load()
    return Tickets(database, hours, TicketKinds.load(), Lockout(database, clock=at_noon), at_noon)


@pytest.fixture
def erasures(database: Database, tmp_path: Path) -> ErasureRequests:
    return ErasureRequests(database, Erasure(database, tmp_path / "files"))


@pytest.fixture
def lookups(
    database: Database, tickets: Tickets, erasures: ErasureRequests, tmp_path: Path
) -> FastAPI:
    lockout = Lockout(database, clock=at_noon)
    orders = OrderLookup(SqlOrders(database, at_noon), lockout)
    words = PrivacyWords.load("Asia/Jakarta")
    rights = Rights(
        Customers(database, lockout, at_noon),
        Consents(database, at_noon),
        Exports(database, words, tmp_path / "files", at_noon),
        erasures,
        words,
    )
    pages = HelpPages.load("Nara", "demo")
    forms = Lookups(pages, orders, tickets, Templates.load(), ServiceHours.load())
    visitors = Visitors("s" * 32, 1, {"demo": SiteAccess((), None)})
    app = FastAPI()
    add_pages(app)
    app.include_router(lookup_router(forms, visitors, Accounts(pages, rights, "s" * 32)))
    return app
