"""Tickets and the screen pop in Chromium: the keyboard, what is typed, and the checks of axe."""

import pytest
from axe_playwright_python.async_playwright import Axe
from fastapi.staticfiles import StaticFiles
from playwright.async_api import expect

from db.engine import Database
from desk.tables import Agent
from tests.browsing import browser, served
from tests.desk.conftest import Shop
from tests.desk.test_browser import STATIC, _log_in
from tests.desk.test_tickets import ticket

pytestmark = pytest.mark.chromium


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """One kind is enough for what a browser sees."""
    return sqlite_database


async def test_a_case_is_worked_on_with_the_keyboard_and_what_is_typed_outlives_a_reload(
    shop: Shop, sari: Agent
) -> None:
    talk = await shop.conversation("barang rusak", state="csr", owner=sari)
    row = await ticket(shop.database, conversation_id=talk)
    shop.app.mount("/web/console/static", StaticFiles(directory=STATIC))
    async with served(shop.app) as url, browser() as chrome:
        page = await _log_in(chrome, url, "sari")
        await page.goto(f"{url}/console/conversations/{talk}")
        await page.focus("#step-opening")
        await page.keyboard.press("Space")
        await expect(page.locator("#step-opening")).to_be_checked()
        await page.focus("#text")
        await page.keyboard.press("/")
        await page.keyboard.press("Enter")
        await expect(page.locator("#text")).to_have_value("Sebentar ya, Kak [nama], saya cek dulu.")
        beside = (await Axe().run(page)).response["violations"]
        await page.goto(f"{url}/console/tickets/{row.number}")
        await page.locator("#case-text").press_sequentially("Fotonya boleh")
        await page.reload()
        await expect(page.locator("#case-text")).to_have_value("Fotonya boleh")
        await page.keyboard.press("Tab")
        await page.get_by_role("button", name="Send to the customer").press("Enter")
        await expect(page.locator(".course-note.told")).to_contain_text("Fotonya boleh")
        await expect(page.locator("#case-text")).to_have_value("")
        case = (await Axe().run(page)).response["violations"]

    assert (beside, case) == ([], [])
