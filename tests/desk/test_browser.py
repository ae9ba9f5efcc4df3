"""The console in Chromium: two CSRs, a customer, the keyboard and the checks of axe."""

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from fastapi.staticfiles import StaticFiles
from playwright.async_api import Browser, Page, expect
from playwright.async_api import TimeoutError as PlaywrightTimeout

from db.engine import Database
from desk.tables import Agent
from settings import PROJECT_DIR
from tests.browsing import browser, served
from tests.channels.pictures import PNG
from tests.desk.conftest import PASSWORD, Shop

pytestmark = pytest.mark.chromium

STATIC = PROJECT_DIR / "web" / "console" / "static"
SHOTS = PROJECT_DIR / "screenshots"


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


@pytest.fixture
async def chrome() -> AsyncIterator[Browser]:
    async with browser() as opened:
        yield opened


async def _log_in(browser: Browser, url: str, login: str, *, dark: bool = False) -> Page:
    context = await browser.new_context(
        viewport={"width": 1280, "height": 800}, color_scheme="dark" if dark else "light"
    )
    page = await context.new_page()
    page.set_default_timeout(10_000)
    await page.goto(f"{url}/console")
    await page.fill("#login", login)
    await page.fill("#password", PASSWORD)
    await page.press("#password", "Enter")
    await page.wait_for_selector("#queue")
    return page


async def test_a_conversation_is_taken_and_answered_with_the_keyboard_alone(
    shop: Shop, url: str, chrome: Browser, sari: Agent
) -> None:
    conversation = await shop.conversation("paket saya mana", wants="paketnya")
    page = await _log_in(chrome, url, "sari")
    await expect(page).to_have_title("(1) Service desk · Sapa")

    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(page.locator("#take")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#text")).to_be_focused()
    await page.keyboard.type("Halo Kak")
    await page.keyboard.press("Enter")

    await expect(page.locator(".by-csr .said-text")).to_have_text("Halo Kak")
    await expect(page.locator("#text")).to_have_value("")
    said = [(row.author, row.text) for row in await shop.messages(conversation)]
    assert (said[0][0], said[1][0], said[2]) == ("customer", "system", ("csr", "Halo Kak"))


async def test_a_message_appears_while_the_answer_being_typed_stays(
    shop: Shop, url: str, chrome: Browser, sari: Agent
) -> None:
    conversation = await shop.conversation("halo", state="csr", owner=sari)
    page = await _log_in(chrome, url, "sari")
    await page.click("#queue [data-row]")
    await page.locator("#text").press_sequentially("sedang saya ")

    await shop.customer_says(conversation, "masih <b>di sana</b>?")
    await expect(page.locator(".by-customer .said-text").last).to_have_text("masih <b>di sana</b>?")
    await page.locator("#text").press_sequentially("cek")
    await expect(page.locator("#text")).to_have_value("sedang saya cek")
    await page.reload()

    await expect(page.locator("#text")).to_have_value("sedang saya cek")


async def test_who_comes_second_is_told_and_sees_who_was_first(
    shop: Shop, url: str, chrome: Browser, sari: Agent, rina: Agent
) -> None:
    conversation = await shop.conversation("halo")
    first, second = [await _log_in(chrome, url, login) for login in ("sari", "rina")]
    await second.route("**/api/console/events", lambda route: route.abort())  # hears of nothing
    for page in (first, second):
        await page.goto(f"{url}/console/conversations/{conversation}")
        await page.wait_for_selector("#take")

    await first.click("#take")
    await expect(first.locator("#text")).to_be_visible()
    await second.click("#take")

    await expect(second.locator("#notice")).to_have_text(
        "A colleague already has this conversation."
    )
    await expect(second.locator("#state")).to_contain_text("With Sari")
    await expect(second.locator("#text")).to_have_count(0)


async def test_a_session_that_ended_leads_back_to_the_login(
    shop: Shop, url: str, chrome: Browser, sari: Agent
) -> None:
    await shop.conversation("halo")
    page = await _log_in(chrome, url, "sari")
    await shop.desk.agents.deactivate("sari")

    # The page may be told before the click, and lead to the login by itself.
    with suppress(PlaywrightTimeout):
        await page.click("#queue [data-row]", timeout=2_000)

    await expect(page.locator("#password")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 820])
async def test_a_file_is_attached_taken_off_and_sent_with_the_keyboard(
    shop: Shop, url: str, chrome: Browser, sari: Agent, tmp_path: Path, *, width: int
) -> None:
    conversation = await shop.conversation("fotonya mana?", state="csr", owner=sari)
    picture, program = tmp_path / "blender.png", tmp_path / "setup.exe"
    picture.write_bytes(PNG)
    program.write_bytes(b"MZ")
    page = await _log_in(chrome, url, "sari")
    await page.set_viewport_size({"width": width, "height": 800})
    await page.click("#queue [data-row]")
    await page.locator("#text").press("Tab")
    await expect(page.get_by_label("Attach", exact=True)).to_be_focused()

    await page.set_input_files("#file", program)
    await expect(page.get_by_role("alert")).to_have_text(
        "Only JPEG or PNG pictures, and PDF. This file is something else."
    )
    await page.set_input_files("#file", picture)
    await expect(page.locator("#attached")).to_have_text("Attached: blender.png, 1 KB")
    await page.get_by_role("button", name="Remove the attachment").press("Enter")
    await expect(page.locator("#attached")).to_have_text("Attachment removed.")
    await expect(page.get_by_label("Attach", exact=True)).to_be_focused()
    await page.set_input_files("#file", picture)
    SHOTS.mkdir(exist_ok=True)
    assert await _findings(page, SHOTS / f"console-attached-{width}.png") == []
    await page.locator("#text").focus()
    await page.keyboard.type("Ini, Kak.")
    await page.keyboard.press("Enter")

    await expect(page.locator(".by-csr .said-text")).to_have_text("[Foto] Ini, Kak.")
    await expect(page.get_by_role("link", name="Save file")).to_be_visible()
    await expect(page.locator("#attached")).to_have_text("")
    await expect(page.locator("#text")).to_have_value("")
    assert await _findings(page, SHOTS / f"console-sent-{width}.png") == []
    (said,) = [row for row in await shop.messages(conversation) if row.author == "csr"]
    assert (shop.desk.kept.folder / said.id).read_bytes() == PNG


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1280, 820, 390])
async def test_every_page_passes_axe(
    shop: Shop, url: str, chrome: Browser, sari: Agent, *, dark: bool, width: int
) -> None:
    await shop.conversation("halo", state="bot")
    await shop.conversation("halo", state="csr", owner=sari)
    waiting = await shop.conversation("paket saya mana", wants="paketnya", mood="angry")
    page = await _log_in(chrome, url, "sari", dark=dark)
    await page.set_viewport_size({"width": width, "height": 900})
    name = f"{width}{'-dark' if dark else ''}"
    SHOTS.mkdir(exist_ok=True)

    assert await _findings(page, SHOTS / f"console-queue-{name}.png") == []
    for place, row in (("waiting", 0), ("mine", 1), ("bot", 2)):
        await page.goto(f"{url}/console")
        await page.locator("#queue [data-row]").nth(row).click()
        await page.wait_for_selector("#conversation")
        assert await _findings(page, SHOTS / f"console-{place}-{name}.png") == []
    await page.goto(f"{url}/console/conversations/{waiting}x")
    assert await _findings(page, SHOTS / f"console-refused-{name}.png") == []


async def _findings(page: Page, shot: Path) -> list[str]:
    await page.screenshot(path=shot)
    results = await Axe().run(page)
    return [finding["id"] for finding in results.response["violations"]]
