"""Whole visits in Chromium, against Sapa as `sapa serve` runs it."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bench.serving import Serving
from tests.journeys.window import (
    choose,
    conversation_of,
    findings,
    go_to,
    log_in,
    log_ticket,
    open_chat,
    say,
    screen,
    shoot,
    told,
)
from tests.web.conftest import QUIET, SYSTEM_CHROMIUM

pytestmark = pytest.mark.chromium
JAKARTA = ZoneInfo("Asia/Jakarta")
DUE = date(2026, 11, 24)

PATIENCE_MS = 20_000
RESTART_MS = 60_000  # loading the encoder again, on a busy machine

SAYINGS = {
    "id": ("cek TL-261118-0042", "ada promo apa hari ini?", "mau bicara dengan petugas"),
    "en": ("track TL-261118-0042", "any deal for me today?", "let me talk to a person"),
}
OpenPage = Callable[[int], Page]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser, closed before any asynchronous test needs the event loop."""
    expect.set_options(timeout=PATIENCE_MS)
    path = str(SYSTEM_CHROMIUM) if SYSTEM_CHROMIUM.exists() else None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[OpenPage]:
    """Open windows that share nothing; the test fails on any script error in them."""
    pages: list[Page] = []
    errors: list[str] = []

    def make(width: int) -> Page:
        size = screen(width)
        context = chromium.new_context(viewport=size, locale="id-ID", reduced_motion="reduce")
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        pages.append(page)
        return page

    yield make
    for page in pages:
        page.context.close()
    assert errors == []


def test_a_customers_whole_visit_by_keyboard(sapa: Serving, open_page: OpenPage) -> None:
    page = open_page(390)
    page.goto(sapa.url)
    shoot(page, "shop")
    open_chat(page)
    shoot(page, "visit-1-greeting")

    expect(say(page, "brp lama sih batas balikin brg?")).to_contain_text("14 hari")
    shoot(page, "visit-2-answer")

    asked = say(page, "paket gue blm nyampe nih TL-261118-0042")
    expect(asked).to_contain_text("4 angka terakhir")
    order = say(page, "4321").locator(".card:not(.offer)")
    # The demo's days are fixed: from the 25th on the parcel is late.
    status = "Terlambat" if datetime.now(JAKARTA).date() > DUE else "Dalam perjalanan"
    for words in ["TL-261118-0042", status, "JNE", "20 Nov, 09.15 WIB", "24 November"]:
        expect(order).to_contain_text(words)
    shoot(page, "visit-3-order")

    offer = say(page, "ada promo apa hari ini?").locator(".card.offer")
    expect(offer.locator(".price")).to_contain_text("Rp")
    shoot(page, "visit-4-offer")
    product = offer.locator(".product").inner_text()
    expect(choose(page, "Mau").locator(".words")).to_contain_text(product)

    ticket = log_ticket(page, "blender yang saya terima pecah, rusak", "0811-0000-7788")
    for words in ["TK-", "Barang rusak", "Sedang dikerjakan", "WIB"]:
        expect(ticket).to_contain_text(words)
    shoot(page, "visit-5-ticket")

    go_to(page, page.get_by_role("button", name="Switch to English"), "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("let's continue in English")).to_be_visible()
    go_to(page, page.get_by_role("textbox", name="Your message"))
    expect(say(page, "how can i pay?")).to_contain_text("QRIS")
    shoot(page, "visit-6-english")

    before = told(page)
    page.reload()
    open_chat(page, "Open chat")
    expect(page.locator("li.message:not([hidden]) > .words")).to_have_text(before)

    sapa.kill("uvicorn")
    answer = say(page, "how long is the warranty on phones?")
    expect(page.get_by_text("Waiting for connection")).to_be_visible()
    shoot(page, "visit-7-outage")
    expect(answer).to_contain_text("official warranty", timeout=RESTART_MS)
    expect(page.locator(".delivery")).to_have_count(0)
    expect(page.locator(".notice")).to_be_hidden()
    after = told(page)
    assert after[: len(before) + 1] == [*before, "how long is the warranty on phones?"]
    sapa.wait_for("rasa")


def test_a_customer_is_handed_to_a_person_and_back(sapa: Serving, open_page: OpenPage) -> None:
    customer, csr = open_page(390), open_page(1280)
    customer.goto(sapa.url)
    open_chat(customer)
    expect(say(customer, "brp lama garansi sepatu?")).to_contain_text("6 bulan")
    expect(say(customer, "mau ngomong sama petugas dong").locator(".card")).to_be_visible()
    shoot(customer, "handoff-1-waiting")
    conversation = conversation_of(customer)

    log_in(csr, sapa)
    row = csr.locator(f"#row-{conversation} a")
    expect(row.locator(".wait")).to_contain_text("mnt")
    expect(row).to_contain_text("brp lama garansi sepatu?")
    expect(row).to_contain_text("Minta petugas")
    shoot(csr, "handoff-2-queue")
    go_to(csr, row)
    csr.keyboard.press("Enter")
    expect(csr.locator("#take")).to_be_focused()
    expect(csr.locator("#context")).to_contain_text("Garansi tas dan sepatu")
    shoot(csr, "handoff-3-brief")
    csr.keyboard.press("Enter")
    expect(csr.locator("#text")).to_be_focused()
    expect(customer.locator("header .state")).to_have_text("Petugas layanan")

    csr.keyboard.type("Halo Kak, ")
    expect(customer.locator(".typing")).to_be_visible()
    customer.keyboard.type("sol sepatuku")
    expect(csr.get_by_text("Pelanggan sedang mengetik…")).to_be_visible()
    customer.keyboard.type(" lepas")
    customer.keyboard.press("Enter")
    expect(csr.locator(".by-customer .said-text").last).to_have_text("sol sepatuku lepas")
    expect(csr.locator("#text")).to_have_value("Halo Kak, ")  # typing survives what arrives
    csr.keyboard.type("boleh kirim fotonya?")
    shoot(csr, "handoff-4-chat")
    csr.keyboard.press("Enter")
    expect(customer.locator("li.csr .words")).to_have_text("Halo Kak, boleh kirim fotonya?")
    expect(customer.locator(".typing")).to_be_hidden()
    expect(csr.locator("#text")).to_have_value("")
    shoot(customer, "handoff-5-person")

    go_to(csr, csr.get_by_role("button", name="Kembalikan ke bot"), "Shift+Tab")
    csr.keyboard.press("Enter")
    expect(customer.locator("header .state")).to_have_text("Asisten virtual")
    expect(say(customer, "jam buka toko kapan?")).to_contain_text("10.00")

    go_to(csr, row)
    csr.keyboard.press("Enter")
    expect(csr.get_by_role("button", name="Ambil alih dari bot")).to_be_focused()
    csr.keyboard.press("Enter")
    expect(csr.locator("#text")).to_be_focused()
    go_to(csr, csr.get_by_role("button", name="Tutup", exact=True), "Shift+Tab")
    csr.keyboard.press("Enter")
    expect(customer.locator("header .state")).to_have_text("Percakapan selesai")
    expect(row).to_have_count(0)
    shoot(customer, "handoff-6-closed")


@pytest.mark.parametrize("lang", ["id", "en"])
def test_the_shop_and_its_chat_are_accessible_at_320_pixels(
    sapa: Serving, open_page: OpenPage, lang: str
) -> None:
    page = open_page(320)
    page.goto(sapa.url)
    expect(page.get_by_role("button", name="Buka obrolan")).to_be_visible()
    found = findings(page)
    open_chat(page)
    if lang == "en":
        page.get_by_role("button", name="Switch to English").press("Enter")
        expect(page.get_by_text("let's continue in English")).to_be_visible()
        page.locator("#input").focus()
    order, deal, person = SAYINGS[lang]
    expect(say(page, order).locator(".choice")).to_be_visible()
    expect(say(page, "4321").locator(".card:not(.offer)")).to_be_visible()
    expect(say(page, deal).locator(".card.offer")).to_be_visible()
    expect(say(page, person).locator(".card")).to_be_visible()
    found += findings(page)

    assert found == []


def test_the_console_is_accessible_at_320_pixels_in_both_languages(
    sapa: Serving, open_page: OpenPage
) -> None:
    customer, csr = open_page(390), open_page(320)
    customer.goto(sapa.url)
    open_chat(customer)
    expect(say(customer, "mau bicara dengan petugas").locator(".card")).to_be_visible()
    row = csr.locator(f"#row-{conversation_of(customer)} a")

    csr.goto(f"{sapa.url}/console")
    found = findings(csr)
    log_in(csr, sapa)
    for other, take, release in [
        ("English", "Ambil percakapan", "Kembalikan ke bot"),
        ("Bahasa Indonesia", "Take over from the bot", "Hand back to the bot"),
    ]:
        expect(row).to_be_visible()
        found += findings(csr)
        row.press("Enter")
        csr.get_by_role("button", name=take).press("Enter")
        expect(csr.locator("#text")).to_be_focused()
        found += findings(csr)
        csr.get_by_role("button", name=release).press("Enter")
        expect(row).to_be_visible()
        csr.wait_for_load_state()  # before it the page's scripts do not hear a key yet
        csr.get_by_role("button", name=other).press("Enter")
        expect(csr.locator("html")).to_have_attribute("lang", "en" if other == "English" else "id")

    assert found == []
