"""The page about offers in Chromium: the stop button by keyboard, and the checks of axe."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from fastapi.staticfiles import StaticFiles
from playwright.async_api import Dialog, expect

from db.engine import Database
from settings import PROJECT_DIR
from tests.browsing import browser, served
from tests.desk.conftest import PASSWORD, Shop
from tests.desk.test_offers import filled

pytestmark = pytest.mark.chromium

STATIC = PROJECT_DIR / "web" / "console" / "static"


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """One kind is enough for what a browser sees."""
    return sqlite_database


@pytest.fixture
async def url(shop: Shop) -> AsyncIterator[str]:
    """The address of a console that is being served."""
    shop.app.mount("/web/console/static", StaticFiles(directory=STATIC))
    async with served(shop.app) as address:
        yield address


async def test_offers_are_stopped_and_go_on_by_keyboard_and_the_page_passes_axe(
    shop: Shop, url: str, tmp_path: Path
) -> None:
    await filled(shop)
    await shop.agent("rina", "supervisor", lang="id")

    async def accept(dialog: Dialog) -> None:
        await dialog.accept()

    async with browser() as chrome:
        page = await (await chrome.new_context(viewport={"width": 1280, "height": 900})).new_page()
        page.on("dialog", accept)
        page.set_default_timeout(15_000)
        await page.goto(f"{url}/console")
        await page.fill("#login", "rina")
        await page.fill("#password", PASSWORD)
        await page.press("#password", "Enter")
        await page.wait_for_selector("#queue")
        await page.goto(f"{url}/console/offers")
        await page.screenshot(path=tmp_path / "running.png", full_page=True)

        await page.get_by_label("Alasan").focus()
        await page.keyboard.type("salah harga")
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("button", name="Hentikan semua penawaran")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Semua penawaran dihentikan")).to_be_visible()
        await expect(page.get_by_text("salah harga").first).to_be_visible()
        stopped = await Axe().run(page)
        await page.set_viewport_size({"width": 820, "height": 1180})
        await page.screenshot(path=tmp_path / "stopped.png", full_page=True)
        overflow = await page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        await page.get_by_role("button", name="Jalankan lagi").press("Enter")
        await expect(page.get_by_role("heading", name="Penawaran berjalan")).to_be_visible()
        running = await Axe().run(page)

    assert stopped.response["violations"] == []
    assert running.response["violations"] == []
    assert overflow == 0
