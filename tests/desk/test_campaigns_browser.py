"""Follow-ups and campaigns in Chromium: sent by keyboard, and the checks of axe."""

from collections.abc import AsyncIterator

import pytest
from axe_playwright_python.async_playwright import Axe
from fastapi.staticfiles import StaticFiles
from playwright.async_api import Page, expect

from conversation.tables import Conversation
from crm.consent import Consents
from db.engine import Database
from desk.tables import Agent
from settings import PROJECT_DIR
from tests.browsing import browser, served
from tests.crm.shop import add, customer
from tests.desk.conftest import PASSWORD, Shop
from tests.desk.test_follow_ups import fill_follow_ups

pytestmark = pytest.mark.chromium

DRAFT = """id: gajian
name: Promo gajian
channels: [telegram]
text:
  id: "Halo Kak {name}, diskon 20% semua kalung."
  en: "Hello {name}, 20% off all necklaces."
"""


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """One kind is enough for what a browser sees."""
    return sqlite_database


@pytest.fixture
async def page(shop: Shop, rina: Agent) -> AsyncIterator[Page]:
    """A supervisor's browser."""
    static = PROJECT_DIR / "web" / "console" / "static"
    shop.app.mount("/web/console/static", StaticFiles(directory=static))
    async with served(shop.app) as url, browser() as chrome:
        context = await chrome.new_context(viewport={"width": 1280, "height": 800}, base_url=url)
        opened = await context.new_page()
        opened.set_default_timeout(15_000)
        await opened.goto("/console")
        await opened.fill("#login", rina.login)
        await opened.fill("#password", PASSWORD)
        await opened.press("#password", "Enter")
        await opened.wait_for_selector("#queue")
        yield opened


async def test_a_campaign_is_written_looked_at_and_sent_by_keyboard_and_the_pages_pass_axe(
    shop: Shop, page: Page
) -> None:
    await fill_follow_ups(shop.database)
    await add(shop.database, customer("Ani"))
    await add(
        shop.database,
        Conversation(id="ani", channel="telegram", address="1", customer_id="Ani", verified=True),
    )
    await Consents(shop.database).note("Ani", "campaigns", granted=True, source="page")
    page.on("dialog", lambda dialog: dialog.accept())
    found = {}

    await page.goto("/console/leads")
    found["leads"] = await _faults(page)
    await page.goto("/console/campaigns")
    found["campaigns"] = await _faults(page)
    await page.fill("textarea", DRAFT)
    await page.get_by_role("button", name="Keep as a draft").press("Enter")
    start = page.get_by_role("button", name="Send")
    await expect(page.get_by_role("heading", name="1 of 2 people would get it")).to_be_visible()
    found["draft"] = await _faults(page)
    await start.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Stop now")).to_be_visible()
    found["sending"] = await _faults(page)
    await page.set_viewport_size({"width": 820, "height": 1000})
    await page.get_by_role("button", name="Stop now").focus()
    await page.keyboard.press("Enter")

    await expect(page.locator("h1")).to_contain_text("stopped")
    assert found == {"leads": [], "campaigns": [], "draft": [], "sending": []}
    wide = await page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 820


async def _faults(page: Page) -> list[str]:
    results = await Axe().run(page)
    return [violation["id"] for violation in results.response["violations"]]
