"""Networks and servers fail; no message is lost, none is shown twice, and the customer is told."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.shop_double import Double
from tests.web.visitor import open_chat, sees, until, write

pytestmark = pytest.mark.chromium


def texts_of(shop: Double) -> list[str]:
    return [message["text"] for message in shop.conversation.messages]


def test_a_lost_answer_is_asked_for_again_and_stored_once(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    shop.lose_answers = 2
    write(page, "Halo")
    until(page, lambda: list(shop.conversation.asked.values()) == [3])
    sees(page, ["Halo"])
    assert texts_of(shop) == ["Halo"]


def test_too_many_messages_wait_as_long_as_the_server_says(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    shop.post_failures = [(429, {"Retry-After": "1"})]
    write(page, "satu")
    write(page, "dua")
    notice = page.locator(".notice")
    expect(notice).to_contain_text("Dikirim lagi dalam 1 detik")
    until(page, lambda: texts_of(shop) == ["satu", "dua"])
    sees(page, ["satu", "dua"])
    expect(notice).to_be_hidden()


def test_an_ended_session_is_renewed_and_what_is_being_typed_stays(
    page: Page, shop: Double
) -> None:
    open_chat(page, shop)
    write(page, "lama")
    sees(page, ["lama"])
    shop.expire()
    write(page, "baru")
    page.get_by_role("textbox").type("sedang saya ketik")
    until(page, lambda: len(shop.conversations) == 2 and texts_of(shop) == ["baru"])
    sees(page, ["lama", "baru"])
    expect(page.get_by_text("Sesi sebelumnya berakhir.")).to_be_visible()
    expect(page.get_by_role("textbox")).to_have_value("sedang saya ketik")
    shop.say("Halo di percakapan baru.")
    sees(page, ["lama", "baru", "Halo di percakapan baru."])


def test_a_dropped_socket_comes_back_and_brings_what_was_missed(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    shop.say("satu")
    sees(page, ["satu"])
    shop.drop_sockets()
    until(page, lambda: not shop.sockets)
    shop.say("dua")
    sees(page, ["satu", "dua"])
    until(page, lambda: len(shop.sockets) == 1)
    shop.say("tiga")
    sees(page, ["satu", "dua", "tiga"])


def test_a_socket_closed_for_an_ended_token_leads_to_a_new_session(
    page: Page, shop: Double
) -> None:
    open_chat(page, shop)
    shop.expire()
    shop.drop_sockets(4401)
    until(page, lambda: len(shop.conversations) == 2 and len(shop.sockets) == 1)
    shop.say("Halo.")
    sees(page, ["Halo."])


def test_a_frame_lost_on_the_way_is_fetched(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    shop.lose_frames = 1
    shop.say("satu")
    shop.say("dua")
    sees(page, ["satu", "dua"])


def test_a_socket_that_went_silent_is_replaced(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    shop.lose_frames = 2
    write(page, "Halo")
    until(page, lambda: texts_of(shop) == ["Halo"])
    shop.say("Halo juga.")
    sees(page, ["Halo", "Halo juga."])


def test_without_sockets_messages_come_by_long_poll(page: Page, shop: Double) -> None:
    shop.socket_works = False
    open_chat(page, shop)
    write(page, "Halo")
    sees(page, ["Halo"])
    shop.say("satu")
    shop.say("dua")
    sees(page, ["Halo", "satu", "dua"])


def test_offline_is_said_and_the_message_goes_out_when_the_network_is_back(
    page: Page, shop: Double
) -> None:
    open_chat(page, shop)
    page.context.set_offline(True)
    shop.drop_sockets()
    expect(page.get_by_text("Tidak ada internet.").first).to_be_visible()
    write(page, "Halo")
    expect(page.get_by_text("Menunggu koneksi")).to_be_visible()
    page.context.set_offline(False)
    until(page, lambda: texts_of(shop) == ["Halo"])
    sees(page, ["Halo"])
    expect(page.locator(".notice")).to_be_hidden()
    expect(page.get_by_text("Menunggu koneksi")).to_have_count(0)


def test_a_message_that_could_not_be_sent_survives_a_page_load(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    page.route("**/api/web/messages", lambda route: route.abort())
    write(page, "Halo")
    sees(page, ["Halo"])
    page.unroute("**/api/web/messages")
    page.reload()
    open_chat(page, shop)
    sees(page, ["Halo"])
    assert texts_of(shop) == ["Halo"]


def test_a_refused_message_says_why_and_can_be_changed(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    shop.post_failures = [(422, {}), (422, {})]
    write(page, "Halo")
    expect(page.get_by_text("Pesan ditolak karena penuh.")).to_be_visible()
    page.get_by_role("button", name="Kirim lagi").click()
    expect(page.get_by_role("log")).to_be_focused()
    expect(page.get_by_text("Pesan ditolak karena penuh.")).to_be_visible()
    page.get_by_role("button", name="Ubah").click()
    sees(page, [])
    expect(page.get_by_role("textbox")).to_have_value("Halo")
    write(page, "Halo lagi")
    sees(page, ["Halo lagi"])
    assert texts_of(shop) == ["Halo lagi"]


def test_a_refused_message_does_not_hold_up_the_next(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    shop.post_failures = [(422, {})]
    write(page, "satu")
    write(page, "dua")
    until(page, lambda: texts_of(shop) == ["dua"])
    expect(page.get_by_text("Tidak terkirim")).to_have_count(1)


def test_a_refused_site_is_said_in_the_servers_words_and_can_be_tried_again(
    page: Page, shop: Double
) -> None:
    shop.session_failures = [(404, {})]
    page.get_by_role("button", name="Buka obrolan").click()
    expect(page.locator(".notice").get_by_text("Situs ini tidak dikenal.")).to_be_visible()
    page.get_by_role("button", name="Coba lagi").click()
    expect(page.locator(".notice")).to_be_hidden()
    sees(page, [])


def test_an_expired_proof_of_identity_still_lets_the_customer_talk(
    page: Page, shop: Double
) -> None:
    shop.session_failures = [(401, {})]
    shop.page = shop.page.replace('site="demo"', 'site="demo" identity-token="old"')
    page.reload()
    open_chat(page, shop)
    write(page, "Halo")
    sees(page, ["Halo"])


def test_a_server_that_is_down_at_first_is_tried_until_it_is_there(
    page: Page, shop: Double
) -> None:
    shop.session_failures = [(503, {}), (503, {})]
    page.get_by_role("button", name="Buka obrolan").click()
    write(page, "Halo")
    sees_at_last = page.locator("li.customer .words")
    expect(sees_at_last).to_have_text(["Halo"])
    until(page, lambda: len(shop.conversations) == 1 and texts_of(shop) == ["Halo"])


def test_two_tabs_share_one_conversation(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    other = page.context.new_page()
    other.goto(shop.url)
    open_chat(other, shop)
    write(page, "dari tab satu")
    sees(other, ["dari tab satu"])
    write(other, "dari tab dua")
    sees(page, ["dari tab satu", "dari tab dua"])
    assert len(shop.conversations) == 1


def test_the_widget_works_where_storage_is_blocked(chromium: Browser, shop: Double) -> None:
    context = chromium.new_context(locale="id-ID")
    context.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('blocked'); }})"
    )
    page = context.new_page()
    page.goto(shop.url)
    open_chat(page, shop)
    write(page, "Halo")
    sees(page, ["Halo"])
    context.close()


def test_the_server_hears_the_visitors_language(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    assert [re.sub(r",.*", "", language) for language in shop.languages] == ["id"]


def test_a_choice_the_server_no_longer_knows_is_sent_in_its_words(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    shop.say("Mau apa?", choices=[{"id": "track", "label": "Lacak pesanan"}])
    shop.post_failures = [(422, {})]
    page.get_by_role("button", name="Lacak pesanan").click()
    sees(page, ["Mau apa?", "Lacak pesanan"])
    until(page, lambda: texts_of(shop) == ["Mau apa?", "Lacak pesanan"])
    expect(page.get_by_text("Tidak terkirim")).to_have_count(0)
