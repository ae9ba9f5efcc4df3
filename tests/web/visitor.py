"""What a visitor does and sees, in the words of the tests."""

from playwright.sync_api import Page, expect

from tests.web.shop_double import Double

SEEN = "li.message:not([hidden]) > .words"


def open_chat(page: Page, shop: Double) -> None:
    """Open the chat and wait until the socket listens."""
    page.get_by_role("button", name="Buka obrolan").click()
    expect(page.get_by_role("textbox", name="Pesan Anda")).to_be_focused()
    until(page, lambda: len(shop.sockets) > 0 or not shop.socket_works)


def write(page: Page, text: str) -> None:
    """Type a message and press Enter."""
    page.get_by_role("textbox", name="Pesan Anda").fill(text)
    page.keyboard.press("Enter")


def sees(page: Page, texts: list[str]) -> None:
    """Expect exactly these messages after the greeting, in this order."""
    expect(page.locator(SEEN)).to_have_text([GREETING, *texts])


def until(page: Page, true: object, patience_ms: int = 8_000) -> None:
    """Let the browser go on until `true()`."""
    assert callable(true)
    for _ in range(patience_ms // 50):
        if true():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it never came true")


GREETING = "Halo Kak, saya Nara, asisten Toko Laras."
