"""A customer talks: by keyboard, with choices, in two languages, over page loads."""

import pytest
from playwright.sync_api import Page, expect

from tests.web.shop_double import Double
from tests.web.visitor import GREETING, open_chat, sees, until, write

pytestmark = pytest.mark.chromium


def test_a_message_and_its_answer_are_shown_once_each(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    write(page, "Halo")
    sees(page, ["Halo"])
    shop.say("Halo juga, Kak.")
    sees(page, ["Halo", "Halo juga, Kak."])
    expect(page.locator(".delivery")).to_have_count(0)


def test_a_message_is_shown_before_the_server_has_it(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    page.route("**/api/web/messages", lambda _: None)
    write(page, "Halo")
    sees(page, ["Halo"])
    expect(page.get_by_text("Mengirim…")).to_be_visible()


def test_escape_closes_and_gives_the_focus_back(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("button", name="Buka obrolan")).to_be_focused()


def test_on_a_phone_the_focus_stays_inside_the_open_chat(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    for key in ["Tab", "Tab", "Tab", "Tab", "Tab", "Shift+Tab", "Shift+Tab", "Shift+Tab"]:
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.localName") == "sapa-chat"


def test_a_new_message_never_takes_the_focus(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    page.get_by_role("button", name="Tutup obrolan").focus()
    shop.say("Ada yang bisa dibantu?", choices=[{"id": "a", "label": "Lacak"}])
    sees(page, ["Ada yang bisa dibantu?"])
    expect(page.get_by_role("button", name="Tutup obrolan")).to_be_focused()


def test_the_end_of_the_talk_is_in_sight_when_the_customer_is_put_in_line(
    page: Page, shop: Double
) -> None:
    open_chat(page, shop)
    for _ in range(8):
        shop.say("Ada yang bisa dibantu?")
    shop.say(
        "Sebentar ya.",
        kind="handoff",
        data={"state": "waiting", "position": 2, "wait_minutes": [3, 6]},
        choices=[{"id": "open_ticket", "label": "Buat tiket"}],
    )

    expect(page.locator(".card.handoff")).to_be_visible()
    expect(page.get_by_role("button", name="Buat tiket")).to_be_in_viewport(ratio=1)


def test_the_place_in_line_is_drawn_anew_when_the_server_tells_it(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    shop.say(
        "Sebentar ya.",
        kind="handoff",
        data={"state": "waiting", "position": 2, "wait_minutes": [3, 6]},
    )
    queue = page.locator(".card.handoff .queue")
    expect(queue).to_have_text("Antrean ke-2 · 3–6 menit")
    for position, wait, words in [
        (2, [2, 4], "Antrean ke-2 · 2–4 menit"),
        (1, [0, 1], "Antrean ke-1 · < 1 menit"),
    ]:
        shop.frame(
            {"type": "presence", "state": "waiting", "position": position, "wait_minutes": wait}
        )
        expect(queue).to_have_text(words)
    expect(page.get_by_role("textbox", name="Pesan Anda")).to_be_focused()


def test_a_choice_is_posted_by_its_id_and_shown_by_its_label(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    choices = [{"id": "track", "label": "Lacak"}, {"id": "no", "label": "Tidak"}]
    shop.say("Mau apa?", choices=choices)
    page.get_by_role("button", name="Lacak", exact=True).press("Enter")
    until(page, lambda: any(heard.get("choice") == "track" for heard in shop.heard))
    expect(page.get_by_role("button", name="Tidak")).to_have_count(0)
    sees(page, ["Mau apa?", "track"])
    expect(page.get_by_role("textbox", name="Pesan Anda")).to_be_focused()


def test_shift_and_enter_break_the_line(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    page.keyboard.type("satu")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("dua")
    page.keyboard.press("Enter")
    until(page, lambda: any("text" in heard for heard in shop.heard))
    assert [heard["text"] for heard in shop.heard if "text" in heard] == ["satu\ndua"]


def test_an_empty_message_is_not_sent(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    write(page, "  \n ")
    write(page, "Halo")
    sees(page, ["Halo"])
    assert [heard["text"] for heard in shop.heard if "text" in heard] == ["Halo"]


def test_a_text_over_the_limit_is_kept_and_explained(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    write(page, "😀" * 4097)
    box = page.get_by_role("textbox", name="Pesan Anda")
    expect(box).to_have_accessible_description(
        "Terlalu panjang: 4.097 dari 4.096 karakter. Kurangi 1 karakter lagi."
    )
    expect(box).to_have_attribute("aria-invalid", "true")
    sees(page, [])
    write(page, "😀" * 4096)
    sees(page, ["😀" * 4096])


def test_the_conversation_and_its_language_survive_a_page_load(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    write(page, "Halo")
    until(page, lambda: any(heard.get("text") == "Halo" for heard in shop.heard))
    shop.say("Halo juga.")
    sees(page, ["Halo", "Halo juga."])
    page.reload()
    open_chat(page, shop)
    sees(page, ["Halo", "Halo juga."])
    assert len(shop.conversations) == 1


def test_what_comes_while_the_chat_is_closed_is_counted_on_the_button(
    page: Page, shop: Double
) -> None:
    open_chat(page, shop)
    page.keyboard.press("Escape")
    shop.say("Satu.")
    shop.say("Dua.")
    launcher = page.get_by_role("button", name="Buka obrolan dengan Nara, 2 pesan baru")
    expect(launcher).to_be_visible()
    launcher.click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Buka obrolan dengan Nara", exact=True)).to_be_visible()


def test_the_language_switch_changes_the_words_and_tells_the_bot(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    page.get_by_role("button", name="Switch to English").click()
    expect(page.get_by_role("textbox", name="Your message")).to_be_visible()
    until(page, lambda: any(heard.get("choice") == "change_language:en" for heard in shop.heard))
    page.reload()
    expect(page.get_by_role("button", name="Open chat with Nara")).to_be_visible()


def test_typing_is_shown_and_said_and_ends_with_the_message(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    shop.frame({"type": "typing", "author": "bot", "on": True})
    expect(page.locator(".typing")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Nara sedang mengetik…")).to_have_count(1)
    shop.say("Selesai.")
    expect(page.locator(".typing")).to_be_hidden()


def test_the_header_says_who_answers(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    dialog = page.get_by_role("dialog", name="Nara")
    expect(dialog.get_by_text("Asisten virtual")).to_be_visible()
    shop.frame({"type": "presence", "state": "waiting"})
    expect(dialog.locator("header").get_by_text("Menunggu petugas")).to_be_visible()
    shop.frame({"type": "presence", "state": "csr", "name": "Dewi Lestari"})
    expect(page.get_by_role("dialog", name="Dewi Lestari")).to_be_visible()
    expect(page.get_by_text("Petugas layanan")).to_be_visible()
    expect(page.locator(".avatar .face")).to_be_hidden()


def test_the_shop_may_open_the_chat_with_a_question(page: Page, shop: Double) -> None:
    page.evaluate("document.querySelector('sapa-chat').open('Berapa ongkirnya?')")
    expect(page.get_by_role("textbox", name="Pesan Anda")).to_have_value("Berapa ongkirnya?")
    sees(page, [])
    assert page.locator("li.message .words").first.text_content() == GREETING


def test_a_screen_reader_hears_the_customers_own_words_once(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    shop.lose_answers = 1
    write(page, "Halo")
    words = page.locator("li.customer .plain")
    words.evaluate("node => { node.first = true; }")
    until(page, lambda: list(shop.conversation.asked.values()) == [2])
    expect(page.locator(".delivery")).to_have_count(0)
    assert words.evaluate("node => node.first") is True


def test_a_second_tap_on_a_choice_sends_nothing_more(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    shop.say("Mau apa?", choices=[{"id": "track", "label": "Lacak"}])
    page.get_by_role("button", name="Lacak", exact=True).evaluate(
        "node => { node.click(); node.click(); }"
    )
    until(page, lambda: any("choice" in heard for heard in shop.heard))
    write(page, "Halo")
    until(page, lambda: any("text" in heard for heard in shop.heard))
    posts = [heard for heard in shop.heard if "client_id" in heard]
    assert [(post.get("choice"), post.get("text")) for post in posts] == [
        ("track", None),
        (None, "Halo"),
    ]


def test_ways_to_begin_are_proposed_until_the_customer_begins(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    person = page.get_by_role("button", name="Bicara dengan petugas")
    expect(page.locator(".choice")).to_have_count(4)
    person.press("Enter")
    sees(page, ["Bicara dengan petugas"])
    expect(page.locator(".choice")).to_have_count(0)
    until(page, lambda: len(shop.heard) == 1)
    assert shop.heard[0]["text"] == "Bicara dengan petugas"
