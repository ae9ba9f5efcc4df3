"""What an app does while it loads what it answers from, and when it cannot."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from app.main import create_app
from db.engine import Database
from faq.build import build
from faq.engine import encoder_of
from faq.knowledge import BrokenKnowledge
from faq.live import LiveFaq
from faq.profiles import LIGHT
from settings import PROJECT_DIR, Settings
from tests.faq.conftest import ARTICLES, article, write

App = Callable[[], FastAPI]


@pytest.fixture
def shop(settings: Settings, sqlite_database: Database, tmp_path: Path) -> App:
    """The app of a shop with a few articles, on a database of its own."""
    knowledge, encoder = tmp_path / "knowledge", encoder_of(LIGHT)
    knowledge.mkdir()
    for article_id in ARTICLES:
        write(knowledge / f"{article_id}.yml", article(article_id))
    settings = settings.model_copy(
        update={
            "knowledge_dir": knowledge,
            "faq_model": LIGHT,
            "database_url": f"sqlite:///{sqlite_database.url.database}",
            "rasa_url": "http://127.0.0.1:9",
        }
    )
    build(knowledge, settings.faq_dir, encoder)
    return lambda: create_app(settings)


@asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        yield client


async def test_what_is_written_while_the_answers_load_is_stored_and_answered_then(
    shop: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_load, begin = asyncio.Event(), LiveFaq.begin

    async def held(faq: LiveFaq) -> None:
        await may_load.wait()
        await begin(faq)

    monkeypatch.setattr(LiveFaq, "begin", held)
    async with running(shop()) as client:
        ready = await client.get("/readyz")
        session = (await client.post("/api/web/sessions", json={"site_key": "demo"})).json()
        client.headers["Authorization"] = f"Bearer {session['token']}"
        said = {"client_id": "1" * 32, "text": "can I pay on delivery?"}
        stored = await client.post("/api/web/messages", json=said)
        reading = asyncio.create_task(client.get("/help/en/payment-cod"))
        before = (
            await client.get("/api/web/messages", params={"after": stored.json()["seq"]})
        ).json()

        assert (ready.status_code, ready.json()["answers"]) == (200, "loading")
        assert (stored.status_code, before["messages"], reading.done()) == (202, [], False)

        may_load.set()
        news = {"after": stored.json()["seq"], "wait": 25}
        answered = (await client.get("/api/web/messages", params=news)).json()["messages"]

        assert [one["author"] for one in answered] == ["bot"]
        assert (await reading).status_code == 200
        assert (await client.get("/readyz")).json()["answers"] == "up"


def test_nothing_that_only_answers_is_imported_before_messages_are_accepted() -> None:
    slow = ["redis", "scipy", "sentence_transformers", "sklearn", "spacy", "torch"]
    script = f"import sys, app.uvicorn_server; print([m for m in {slow} if m in sys.modules])"
    words = [sys.executable, "-c", script]

    printed = subprocess.run(words, cwd=PROJECT_DIR, capture_output=True, text=True, check=True)

    assert printed.stdout.strip() == "[]"


async def test_a_process_without_index_and_with_broken_articles_ends_and_says_why(
    shop: App, settings: Settings, tmp_path: Path
) -> None:
    (settings.faq_dir / "CURRENT").unlink()
    (tmp_path / "knowledge" / "payment-cod.yml").write_text("- article: [\n")
    app, told = shop(), asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, told.set)
    try:
        async with running(app):
            await asyncio.wait_for(told.wait(), 60)
    finally:
        loop.remove_signal_handler(signal.SIGTERM)

    assert isinstance(app.state.leaving.because, BrokenKnowledge)
