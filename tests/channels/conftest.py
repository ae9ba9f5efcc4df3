import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from app.direct import Direct
from app.errors import add_error_handlers
from bot.page_help import PageHelp
from bot.speech import Templates
from channels.message import Lang
from channels.pace import Pace
from channels.visitor import SiteAccess, Visitors
from channels.website import DirectMessages, Website, website_router
from channels.website_files import Receiving, files_router
from channels.website_socket import socket_router
from channels.website_visit import visit_router
from conversation.bus import Bus
from conversation.kept_files import KeptFiles
from conversation.pages import PageVisits
from conversation.transcript import Transcript
from conversation.uploads import Uploads
from conversation.visits import Visits
from db.engine import Database
from faq.articles import Article, Text

SECRET = "s" * 40
SITE_SECRET = "i" * 40


class Greeter:
    def persona(self, site_key: str, lang: Lang) -> Mapping[str, Any]:
        return {"name": "Nara", "greeting": {"id": "Halo", "en": "Hello"}[lang], "avatar": ""}


@pytest.fixture
def bus() -> Bus:
    return Bus()


@pytest.fixture
def transcript(database: Database, bus: Bus) -> Transcript:
    return Transcript(database, bus)


@pytest.fixture
def kept(tmp_path: Path) -> KeptFiles:
    return KeptFiles(tmp_path / "files")


@pytest.fixture
def line() -> dict[str, Any]:
    """The place in line that everybody has who waits; a test may move it."""
    return {"position": 2, "wait_minutes": [3, 6]}


@pytest.fixture
def website(
    database: Database,
    bus: Bus,
    transcript: Transcript,
    kept: KeptFiles,
    line: dict[str, Any],
) -> Website:
    async def place(_: str) -> Mapping[str, Any]:
        return dict(line)

    sites = {
        "demo": SiteAccess(("https://shop.example.com",), SITE_SECRET),
        "plain": SiteAccess(("*",), None),
    }
    return Website(
        visitors=Visitors(SECRET, 30, sites),
        conversations=Visits(database, transcript, bus, "Nara", kept, place=place),
        greeter=Greeter(),
        messages_pace=Pace(20, 10),
        sessions_pace=Pace(60, 60),
        max_chars=4096,
    )


@pytest.fixture
def receiving(transcript: Transcript, kept: KeptFiles, bus: Bus) -> Receiving:
    return Receiving(Uploads(transcript, kept, bus, scanned=False), Pace(20, 60), largest_mb=1)


@pytest.fixture
def pages(transcript: Transcript) -> PageVisits:
    """The assistant's own templates; of its articles there is one."""
    text = Text("Cara bayar", ("bayar pakai apa",), "QRIS.")
    article = Article(
        id="payment-methods",
        topic="payment",
        updated=date(2026, 11, 1),
        texts={"id": text, "en": text},
        version="1",
    )
    found = {article.id: article}
    return PageVisits(transcript, PageHelp.load(Templates.load(), found.get).offer, "Nara")


@pytest.fixture
def app(website: Website, receiving: Receiving, pages: PageVisits) -> FastAPI:
    app = FastAPI()
    app.add_middleware(Direct, takes={"/api/web/messages": (DirectMessages(website).take, 65_536)})
    add_error_handlers(app)
    app.include_router(website_router(website, max_body_bytes=65_536))
    app.include_router(socket_router(website))
    app.include_router(files_router(website, receiving))
    app.include_router(visit_router(website, pages))
    return app


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.fixture
async def visitor(http: httpx.AsyncClient) -> httpx.AsyncClient:
    """A client with a session."""
    session = (await http.post("/api/web/sessions", json={"site_key": "demo"})).json()
    http.headers["Authorization"] = f"Bearer {session['token']}"
    return http


@pytest.fixture
async def served(app: FastAPI) -> AsyncIterator[str]:
    """The host and port of the app behind a real server."""
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, log_level="error", lifespan="off", timeout_graceful_shutdown=1)
    )
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has a flag, not an event
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"127.0.0.1:{port}"
    server.should_exit = True
    await serving
