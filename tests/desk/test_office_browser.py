"""The pages that run the desk, in Chromium: an admin, a CSR with an offer, the keyboard and axe."""

from collections.abc import AsyncIterator
from pathlib import Path

import pyotp
import pytest
from axe_playwright_python.async_playwright import Axe
from fastapi.staticfiles import StaticFiles
from playwright.async_api import Browser, Page, expect

from db.engine import Database
from desk.people.tables import Team, TeamMember
from desk.tables import Agent
from settings import PROJECT_DIR
from tests.browsing import browser, served
from tests.desk.conftest import PASSWORD, Shop

pytestmark = pytest.mark.chromium

STATIC = PROJECT_DIR / "web" / "console" / "static"
SHOTS = PROJECT_DIR / "screenshots"
PAGES = ("account", "people", "teams", "routing", "audit")


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


async def _log_in(chrome: Browser, url: str, login: str) -> Page:
    context = await chrome.new_context(viewport={"width": 1280, "height": 900})
    page = await context.new_page()
    page.set_default_timeout(15_000)
    await page.goto(f"{url}/console")
    await page.fill("#login", login)
    await page.fill("#password", PASSWORD)
    await page.press("#password", "Enter")
    await page.wait_for_selector("#queue")
    return page


async def _findings(page: Page, name: str) -> list[str]:
    found = []
    SHOTS.mkdir(exist_ok=True)
    for width in (1280, 820):
        await page.set_viewport_size({"width": width, "height": 900})
        await page.screenshot(path=SHOTS / f"{name}-{width}.png", full_page=True)
        results = await Axe().run(page)
        found += [f"{name} {width}: {one['id']}" for one in results.response["violations"]]
        overflow = await page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        found += [f"{name} {width}: wider than the window"] if overflow else []
    return found


async def test_an_admin_runs_the_desk_from_pages_that_pass_axe(
    shop: Shop, url: str, chrome: Browser, sari: Agent, rina: Agent, tmp_path: Path
) -> None:
    del tmp_path
    await shop.agent("ratna", "admin", lang="id")
    async with shop.database.write() as session:
        team = Team(name="Pengiriman", topics=["delivery"], langs=["id"])
        session.add(team)
        await session.flush()
        session.add(TeamMember(team_id=team.id, agent_id=sari.id))
    page = await _log_in(chrome, url, "ratna")
    found = []

    for name in PAGES:
        await page.goto(f"{url}/console/{name}")
        found += await _findings(page, f"office-{name}")
    await page.goto(f"{url}/console/people")
    await page.get_by_label("Nama", exact=True).fill("Dewi")
    await page.get_by_label("Nama masuk").fill("dewi")
    await page.keyboard.press("Enter")
    await expect(page.locator("#link [data-value]")).to_contain_text("/console/invitations/")
    found += await _findings(page, "office-invited")
    link = await page.locator("#link [data-value]").text_content()
    await page.goto(f"{url}/console/people/{sari.id}")
    await page.get_by_label("Boleh melihat percakapan tim lain").press("Space")
    await page.get_by_label("Bahasa yang dikuasai").fill("id, en")
    found += await _findings(page, "office-person")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{url}/console/people")
    person = await shop.desk.people.one(sari.id)
    assert (person.agent.langs, person.agent.sees_all) == (["id", "en"], True)
    assert [one.name for one in person.teams] == ["Pengiriman"]

    await page.goto(f"{url}/console/routing")
    await page.fill("#rules", "accept_s: 20\npoints: {topic: viel}\n")
    await page.get_by_role("button", name="Berlakukan").press("Enter")
    await expect(page.locator("#notice")).to_contain_text("routing.yml:2: points.topic")
    await page.fill("#rules", "accept_s: 20\n")
    await page.locator("#rehearse").press("Enter")
    await expect(page.locator("#rehearsal h2")).to_be_visible()
    found += await _findings(page, "office-rehearsal")
    stranger = await (await chrome.new_context()).new_page()
    await stranger.goto(str(link))
    found += await _findings(stranger, "office-welcome")

    assert found == []


async def test_a_csr_sees_the_offer_whispers_and_passes_on_with_the_keyboard(
    shop: Shop, url: str, chrome: Browser, sari: Agent, budi: Agent
) -> None:
    await shop.browser(budi)
    page = await _log_in(chrome, url, "sari")
    async with shop.database.write() as session:
        (await session.get_one(Agent, budi.id)).langs = ["en"]
        (await session.get_one(Agent, sari.id)).langs = ["id"]
    conversation = await shop.conversation("paket saya mana", wants="paketnya")
    await shop.desk.router.route()

    await page.goto(f"{url}/console/conversations/{conversation}")
    await expect(page.locator(".offered")).to_contain_text("Offered to you until")
    found = await _findings(page, "office-offer")
    await page.locator("#take").press("Enter")
    await expect(page.locator("#text")).to_be_visible()
    await page.get_by_text("Whisper to colleagues").press("Enter")
    await page.locator("#whisper").fill("Resinya <b>salah</b>")
    await page.keyboard.press("Enter")
    await expect(page.locator(".notes")).to_contain_text("Resinya <b>salah</b>")
    await page.get_by_text("Pass on", exact=True).first.press("Enter")
    found += await _findings(page, "office-together")
    await page.locator('[name="to"]').select_option(f"agent:{budi.id}")
    await page.get_by_label("Note for them").fill("tolong cek gudang")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{url}/console")

    assert await shop.state(conversation) == ("waiting", None)
    assert [note.text for note in await shop.desk.notes.of(conversation)] == [
        "Resinya <b>salah</b>",
        "tolong cek gudang",
    ]
    assert found == []


async def test_a_second_factor_is_turned_on_and_asked_at_the_next_login(
    shop: Shop, url: str, chrome: Browser, sari: Agent
) -> None:
    page = await _log_in(chrome, url, "sari")
    await page.goto(f"{url}/console/account")
    secret = await page.locator('[name="secret"]').input_value()
    await page.get_by_label("Code from the app").fill(pyotp.TOTP(secret).now())
    await page.keyboard.press("Enter")
    await expect(page.locator("#recovery [data-value]")).to_be_focused()
    codes = (await page.locator("#recovery [data-value]").text_content() or "").split()

    other = await (await chrome.new_context()).new_page()
    await other.goto(f"{url}/console")
    await other.fill("#login", "sari")
    await other.fill("#password", PASSWORD)
    await other.press("#password", "Enter")
    await expect(other.locator("#code")).to_be_focused()
    found = await _findings(other, "office-code")
    await other.keyboard.type(codes[0])
    await other.keyboard.press("Enter")

    await expect(other.locator("#queue")).to_be_visible()
    assert found == []
