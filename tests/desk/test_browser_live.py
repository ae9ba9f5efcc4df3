"""The console over a bad day in Chromium: a browser that dies, a line that drops, and its pages."""

import random
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from fastapi.staticfiles import StaticFiles
from playwright.async_api import Browser, BrowserContext, Page, Request, expect
from sqlalchemy.ext.asyncio import AsyncSession

from conversation.tables import Conversation, Handoff, Message
from crm.surveys.tables import Survey
from db.base import new_id, now
from db.engine import Database
from desk.tables import Agent
from settings import PROJECT_DIR
from tests.browsing import browser, served
from tests.desk.conftest import PASSWORD, Shop

pytestmark = pytest.mark.chromium

STATIC = PROJECT_DIR / "web" / "console" / "static"
SHOTS = PROJECT_DIR / "screenshots"
LINES = [
    "Cepat dan ramah",
    "Lama sekali balasnya",
    "Kurir tidak sopan <b>",
    "=1+1",
    "Terima kasih!",
]


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """One kind is enough for what a browser sees."""
    return sqlite_database


@pytest.fixture
async def url(shop: Shop) -> AsyncIterator[str]:
    shop.app.mount("/web/console/static", StaticFiles(directory=STATIC))
    async with served(shop.app) as address:
        yield address


@pytest.fixture
async def chrome() -> AsyncIterator[Browser]:
    async with browser() as opened:
        yield opened


async def _log_in(context: BrowserContext, url: str, login: str) -> Page:
    page = await context.new_page()
    page.set_default_timeout(20_000)
    await page.goto(f"{url}/console")
    await page.fill("#login", login)
    await page.fill("#password", PASSWORD)
    await page.press("#password", "Enter")
    await page.wait_for_selector("#queue")
    return page


async def test_a_browser_that_dies_and_a_line_that_drops_lose_nothing(
    shop: Shop, url: str, chrome: Browser, sari: Agent
) -> None:
    conversation = await shop.conversation("halo", state="csr", owner=sari)
    other = await shop.conversation("ada?", state="csr", owner=sari)
    context = await chrome.new_context(viewport={"width": 1280, "height": 800})
    page = await _log_in(context, url, "sari")
    await expect(page.locator(f"#row-{other} .unread")).to_contain_text("1")
    await page.goto(f"{url}/console/conversations/{conversation}")
    await expect(page.locator(f"#row-{conversation} .unread")).to_have_count(0)
    await page.locator("#text").press_sequentially("Sebentar ya Kak, saya")
    await page.close(run_before_unload=False)  # in the middle of a sentence

    page = await context.new_page()
    await page.goto(f"{url}/console/conversations/{conversation}")
    await expect(page.locator("#text")).to_have_value("Sebentar ya Kak, saya")
    await page.locator(f"#row-{other} a").click()
    await expect(page.locator("#text")).to_have_value("")  # each conversation has its own
    await page.goto(f"{url}/console/conversations/{conversation}")

    await context.set_offline(True)
    for number in range(3):
        await shop.customer_says(conversation, f"pesan {number}")
    await page.locator("#text").press_sequentially(" cek")
    async with page.expect_request(_reads(5)) as reading:
        await context.set_offline(False)
        await shop.customer_says(conversation, "pesan 3")
    await (await reading.value).response()

    said = page.locator(".by-customer .said-text")
    await expect(said).to_have_text(["halo", *(f"pesan {number}" for number in range(4))])
    await expect(page.locator("#text")).to_have_value("Sebentar ya Kak, saya cek")
    assert await shop.desk.reading.seen(conversation) == {"csr": 5}
    await page.click("#logout")
    await page.wait_for_selector("#login")
    kept = await page.evaluate("Object.keys(localStorage).filter((key) => key.includes('draft'))")
    assert kept == []  # the next one at this machine finds nothing
    await context.close()


def _reads(seq: int) -> Callable[[Request], bool]:
    return lambda request: request.url.endswith("/read") and request.post_data_json["seq"] == seq


async def test_the_supervisors_pages_pass_axe(
    shop: Shop, url: str, chrome: Browser, sari: Agent, budi: Agent, rina: Agent
) -> None:
    await _busy_days(shop, [sari, budi])
    SHOTS.mkdir(exist_ok=True)
    context = await chrome.new_context(viewport={"width": 1280, "height": 900})
    page = await _log_in(context, url, "rina")
    for width, lang in ((1280, "en"), (820, "id")):
        await page.set_viewport_size({"width": width, "height": 900})
        for name in ("supervision", "satisfaction"):
            since = (now() - timedelta(days=6)).date()
            await page.goto(f"{url}/console/{name}?since={since}")
            shot = SHOTS / f"console-{name}-{width}-{lang}.png"
            assert await _findings(page, shot) == []
            wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
            assert not wide, (name, width)
        await page.evaluate(
            "fetch('/api/console/language', {method: 'POST', body: '{\"lang\": \"id\"}',"
            " headers: {'Content-Type': 'application/json'}})"
        )
    await page.keyboard.press("Tab")
    await expect(page.locator(".skip")).to_be_focused()
    await context.close()


async def _findings(page: Page, shot: Path) -> list[str]:
    await page.screenshot(path=shot, full_page=True)
    results = await Axe().run(page)
    return [finding["id"] for finding in results.response["violations"]]


async def _busy_days(shop: Shop, agents: list[Agent]) -> None:
    """Fill a week: waits, people's and the bot's contacts, and surveys."""
    chance = random.Random(4)
    for seconds in (20, 75, 400):
        await shop.conversation("paket saya mana", ago_s=seconds)
    async with shop.database.write() as session:
        for number in range(120):
            at = now() - timedelta(days=chance.uniform(0, 6), hours=1)
            conversation = await _contact(session, chance, at)
            if number % 3 == 0:
                await _helped(session, chance, at, conversation, chance.choice(agents))


async def _contact(session: AsyncSession, chance: random.Random, at: datetime) -> Conversation:
    conversation = Conversation(
        id=new_id(),
        channel=chance.choice(["website", "whatsapp", "telegram"]),
        address=new_id(),
        state="closed",
        updated_at=at,
        last_seq=2,
    )
    session.add(conversation)
    await session.flush()
    for seq, author, kind in ((1, "customer", "text"), (2, "bot", "answer")):
        session.add(
            Message(
                conversation_id=conversation.id,
                seq=seq,
                author=author,
                kind=kind,
                source={"id": "returns-window"} if author == "bot" else None,
                text="x",
                lang="id",
                at=at + timedelta(seconds=seq),
            )
        )
    return conversation


async def _helped(
    session: AsyncSession,
    chance: random.Random,
    at: datetime,
    conversation: Conversation,
    agent: Agent,
) -> None:
    taken = at + timedelta(seconds=5 + chance.expovariate(1 / 50))
    handed = Handoff(
        id=new_id(),
        conversation_id=conversation.id,
        reason=chance.choice(["request", "complaint"]),
        requested_at=at + timedelta(seconds=5),
        agent_id=agent.id,
        taken_at=taken,
        ended_at=taken + timedelta(minutes=6),
        outcome="closed",
        result=chance.choice(["solved", "solved", "unsolved"]),
    )
    session.add(handed)
    score = chance.choice([None, 1, 3, 4, 5, 5])
    session.add(
        Survey(
            cause=f"handoff:{handed.id}",
            person=new_id(),
            conversation_id=conversation.id,
            channel=conversation.channel,
            lang="id",
            solver="person",
            agent_id=agent.id,
            topic="returns",
            segment="micro",
            questionnaire="csat",
            scale="csat",
            asked_at=at,
            until=now(),
            score=score,
            comment=chance.choice(LINES) if score and chance.random() < 0.5 else None,
        )
    )
