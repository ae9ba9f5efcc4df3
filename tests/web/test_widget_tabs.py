"""Many tabs, one visitor: one line to the server, and everywhere the same."""

import pytest
from playwright.sync_api import Page, expect

from tests.web.shop_double import LOADER, Double
from tests.web.visitor import GREETING, SEEN, open_chat, sees, until, write

pytestmark = pytest.mark.chromium

TABS = 20


def _second(page: Page, shop: Double) -> Page:
    other = page.context.new_page()
    other.goto(shop.url)
    open_chat(other, shop)
    return other


def test_two_tabs_share_one_socket_and_show_the_same(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    write(page, "dari tab satu")
    other = _second(page, shop)
    until(page, lambda: len(shop.sockets) == 1)
    write(other, "dari tab dua")
    shop.say("Halo.")
    for tab in (page, other):
        sees(tab, ["dari tab satu", "dari tab dua", "Halo."])
    other.close()  # it had the line
    until(page, lambda: len(shop.sockets) == 1)
    shop.say("Masih di sini.")
    sees(page, ["dari tab satu", "dari tab dua", "Halo.", "Masih di sini."])
    assert len(shop.conversations) == 1


def test_what_is_read_or_switched_in_one_tab_is_so_in_the_other(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    other = _second(page, shop)
    page.keyboard.press("Escape")
    other.keyboard.press("Escape")
    shop.say("Halo.")
    for tab in (page, other):
        expect(tab.get_by_role("button", name="1 pesan baru")).to_be_visible()
    other.get_by_role("button", name="Buka obrolan").click()
    expect(page.get_by_role("button", name="Buka obrolan dengan Nara", exact=True)).to_be_visible()
    other.get_by_role("button", name="Switch to English").click()
    expect(page.get_by_role("button", name="Open chat with Nara")).to_be_visible()


def test_what_is_deleted_in_one_tab_is_gone_in_the_other(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    write(page, "rahasia")
    other = _second(page, shop)
    sees(other, ["rahasia"])
    other.get_by_role("button", name="Pilihan lain").click()
    other.get_by_role("button", name="Hapus data saya").click()
    other.get_by_role("button", name="Ya, hapus semuanya").click()
    expect(other.get_by_text("Percakapan ini sudah dihapus.").first).to_be_visible()
    for tab in (page, other):
        sees(tab, [])
        assert "rahasia" not in tab.evaluate("JSON.stringify({ ...localStorage })")
    assert shop.conversations == []
    other.keyboard.press("Escape")
    write(other, "mulai lagi")
    for tab in (page, other):
        sees(tab, ["mulai lagi"])
    assert len(shop.conversations) == 1


def test_twenty_more_tabs_need_no_line_of_their_own(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    write(page, "Halo")
    sees(page, ["Halo"])
    frame = '<iframe src="/"></iframe>' * TABS
    shop.page = LOADER
    page.evaluate("(frames) => document.body.insertAdjacentHTML('beforeend', frames)", frame)
    launchers = """() => [...document.querySelectorAll("iframe")].filter((one) =>
        one.contentDocument.querySelector("sapa-chat")?.shadowRoot?.querySelector(".panel")).length"""
    until(page, lambda: page.evaluate(launchers) == TABS, 60_000)
    page.wait_for_timeout(500)
    until(page, lambda: len(shop.sockets) == 1, 20_000)
    shop.say("Satu untuk semua.")
    last = page.frames[-1]
    expect(last.locator(SEEN)).to_have_text([GREETING, "Halo", "Satu untuk semua."])
    sees(page, ["Halo", "Satu untuk semua."])
    assert len(shop.conversations) == 1


def test_twenty_dropped_lines_lose_nothing_and_double_nothing(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    said = []
    for number in range(20):
        if number % 4 == 3:
            shop.lose_answers = 1
        write(page, f"tanya {number}")
        shop.drop_sockets()
        until(page, lambda number=number: len(shop.conversation.stored) == number + 1, 20_000)
        shop.say(f"jawab {number}")
        said += [f"tanya {number}", f"jawab {number}"]
    sees(page, said)
    assert [one["text"] for one in shop.conversation.messages] == said
    assert len(shop.conversations) == 1
