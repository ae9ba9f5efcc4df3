"""The help centre in Chromium, scripts off: phone and desktop, light and dark, both languages."""

from collections.abc import AsyncIterator

import pytest
from axe_playwright_python.async_playwright import Axe
from fastapi import FastAPI
from playwright.async_api import Browser, Page, expect

from db.engine import Database
from settings import PROJECT_DIR
from tests.browsing import browser as chromium
from tests.browsing import served
from tests.crm.shop import SARI_ORDER

pytestmark = pytest.mark.chromium

SHOTS = PROJECT_DIR / "screenshots"
QUESTIONS = {"id": "masih bisa balikin ga ya, udh seminggu", "en": "can I still send it back"}


@pytest.fixture
async def url(centre: FastAPI) -> AsyncIterator[str]:
    async with served(centre) as address:
        yield address


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """One kind is enough for what a browser sees."""
    return sqlite_database


@pytest.fixture
async def chrome() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


async def test_a_question_is_answered_by_the_keyboard_alone_with_scripts_off(
    url: str, chrome: Browser
) -> None:
    page = await chrome.new_page(java_script_enabled=False, locale="id-ID")
    await page.goto(f"{url}/help")

    await page.get_by_role("searchbox").focus()
    await page.keyboard.type("batas retur berapa hari")
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("article")).to_contain_text("14 hari")
    await page.get_by_role("link", name="English").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Help Centre")


@pytest.mark.parametrize(("lang", "dark"), [("id", False), ("en", True)])
@pytest.mark.parametrize("width", [390, 1280])
async def test_every_page_is_accessible_and_never_scrolls_sideways(
    url: str, chrome: Browser, width: int, lang: str, dark: bool
) -> None:
    page = await _page(chrome, width, dark=dark)
    found = []
    for name, place in {
        "start": "",
        "answer": f"?q={QUESTIONS[lang]}",
        "none": "?q=planet terdekat dari matahari",
        "article": "/returns-how-to",
        "missing": "/no-such-article",
    }.items():
        await page.goto(f"{url}/help/{lang}{place}")
        found += await _faults(page, f"{name}-{lang}-{width}")
    await page.context.close()

    assert found == []


@pytest.mark.parametrize(("lang", "dark"), [("id", False), ("en", True)])
@pytest.mark.parametrize("width", [390, 1280])
async def test_an_order_is_looked_up_by_the_keyboard(
    lookups: FastAPI, chrome: Browser, width: int, lang: str, dark: bool
) -> None:
    page = await _page(chrome, width, dark=dark)
    found = []
    async with served(lookups) as url:
        await page.goto(f"{url}/help/{lang}/order")
        await page.locator("#number").fill(SARI_ORDER)
        await page.locator("#proof").fill("0000")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_be_visible()
        found += await _faults(page, f"order-wrong-{lang}-{width}")
        await page.locator("#proof").fill("1111")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text(SARI_ORDER)
        found += await _faults(page, f"order-{lang}-{width}")
        await page.context.close()

    assert found == []


@pytest.mark.parametrize(("lang", "dark", "width"), [("id", False, 390), ("en", True, 1280)])
async def test_an_account_is_shown_and_its_consent_changed_by_the_keyboard(
    lookups: FastAPI, chrome: Browser, lang: str, dark: bool, width: int
) -> None:
    page = await _page(chrome, width, dark=dark)
    found = []
    async with served(lookups) as url:
        await page.goto(f"{url}/help/{lang}/account")
        found += await _faults(page, f"account-form-{lang}-{width}")
        await page.locator("#number").fill(SARI_ORDER)
        await page.locator("#proof").fill("sari@example.com")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text(SARI_ORDER)).to_be_visible()
        found += await _faults(page, f"account-{lang}-{width}")
        await page.locator("[name=analytics]").focus()
        await page.keyboard.press("Space")
        await page.keyboard.press("Enter")
        await expect(page.locator(".done")).to_be_visible()
        await expect(page.locator("[name=analytics]")).to_be_checked()
        await page.context.close()

    assert found == []


@pytest.mark.parametrize(("place", "proof"), [("order", "1111"), ("account", "sari@example.com")])
async def test_the_forms_work_with_scripts_off(
    lookups: FastAPI, chrome: Browser, place: str, proof: str
) -> None:
    page = await chrome.new_page(java_script_enabled=False)
    async with served(lookups) as url:
        await page.goto(f"{url}/help/id/{place}")
        await page.locator("#number").fill(SARI_ORDER)
        await page.locator("#proof").fill(proof)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("article")).to_be_visible()
        await expect(page.get_by_text(SARI_ORDER)).to_be_visible()
        await page.close()


async def _page(chrome: Browser, width: int, *, dark: bool) -> Page:
    context = await chrome.new_context(
        viewport={"width": width, "height": 800}, color_scheme="dark" if dark else "light"
    )
    return await context.new_page()


async def _faults(page: Page, name: str) -> list[tuple[str, str]]:
    """Photograph the page, and give what axe finds and whether it is too wide for 320 pixels."""
    SHOTS.mkdir(exist_ok=True)
    await page.screenshot(path=SHOTS / f"help-{name}.png", full_page=True)
    found = [(name, one["id"]) for one in (await Axe().run(page)).response["violations"]]
    size = page.viewport_size
    assert size is not None
    await page.set_viewport_size({"width": 320, "height": 800})
    wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    await page.set_viewport_size(size)
    return [*found, *([(name, "scrolls sideways")] if wide > 0 else [])]
