"""What is shown is safe, readable and accessible, whatever the text."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.web.shop_double import Double
from tests.web.visitor import open_chat, sees, write

pytestmark = pytest.mark.chromium

ORDER = {
    "number": "TL-261118-0042",
    "status": "shipped",
    "courier": "JNE",
    "tracking_number": "0115261118000042",
    "eta": "2026-11-24",
    "total_idr": 477000,
    "items": [{"name": "Sepatu Pantofel Pria Dago", "quantity": 1}],
    "events": [
        {"at": f"2026-11-{day}T09:15:00+07:00", "text": f"Hari {day}", "city": "Bandung"}
        for day in (18, 19, 20, 21)
    ],
}
TICKET = {
    "number": "TK-10042",
    "category": "damaged",
    "priority": "high",
    "status": "open",
    "due_at": "2026-11-22T15:00:00+07:00",
}
OFFER = {
    "offer_id": "1",
    "product": "Tas Anyaman Rotan Bali",
    "price_idr": 1245000,
    "reason": "Cocok dengan sandal Kakak.",
}
HANDOFF = {"state": "waiting", "position": 2, "wait_minutes": [3, 6], "reason": "request"}


def show_every_kind(shop: Double) -> None:
    choices = [{"id": "y", "label": "Ya"}, {"id": "n", "label": "Tidak"}]
    shop.say("Ini **jawaban**.\n- satu\n- dua", kind="answer", data={"article": "a"})
    shop.say("Yang mana?", kind="clarify", choices=choices)
    shop.say("Pesanan Kakak di jalan.", kind="order", data=ORDER)
    shop.say("Tiket dibuat.", kind="ticket", data=TICKET)
    shop.say("Mungkin cocok:", kind="offer", data=OFFER, choices=choices)
    shop.say("Sebentar ya.", kind="handoff", data=HANDOFF)
    shop.say("Puas?", kind="survey", data={"survey_id": "1", "scale": 5}, choices=choices)
    shop.say("Maaf, ada gangguan.", kind="error")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(320, 640), (390, 780), (1280, 800)])
def test_axe_finds_nothing_in_any_size_and_scheme(
    chromium: Browser, shop: Double, width: int, height: int, scheme: str
) -> None:
    context = chromium.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,  # type: ignore[arg-type]
        locale="id-ID",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(f"{shop.url}/shop")
    expect(page.get_by_role("button", name="Buka obrolan")).to_be_visible()
    findings = Axe().run(page).response["violations"]
    open_chat(page, shop)
    show_every_kind(shop)
    expect(page.get_by_text("Maaf, ada gangguan.")).to_be_visible()
    findings += Axe().run(page).response["violations"]
    too_wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    context.close()
    assert [(finding["id"], finding["nodes"][0]["html"]) for finding in findings] == []
    assert too_wide <= 0


def test_every_card_says_what_its_data_say(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    show_every_kind(shop)
    cards = page.locator(".card")
    expect(cards).to_have_count(4)
    order, ticket, offer, handoff = (cards.nth(number) for number in range(4))
    for words in [
        "TL-261118-0042",
        "Dalam perjalanan",
        "1 × Sepatu Pantofel Pria Dago",
        "JNE",
        "0115261118000042",
        "24 November",
        "Rp477.000",
    ]:
        expect(order).to_contain_text(words)
    expect(order.locator(".step")).to_have_text(["Hari 21", "Hari 20", "Hari 19", "Hari 18"])
    expect(order.get_by_text("Hari 18")).to_be_hidden()
    order.get_by_text("1 kejadian sebelumnya").click()
    expect(order.get_by_text("Hari 18")).to_be_visible()
    for words in ["TK-10042", "Barang rusak", "Mendesak", "Sedang dikerjakan"]:
        expect(ticket).to_contain_text(words)
    for words in ["Tas Anyaman Rotan Bali", "Rp1.245.000", "Cocok dengan sandal Kakak."]:
        expect(offer).to_contain_text(words)
    expect(handoff).to_contain_text("Antrean ke-2 · 3–6 menit")


def test_a_late_order_and_a_closed_service_desk_are_said_plainly(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    shop.say("Terlambat.", kind="order", data={**ORDER, "late": True})
    opens = {"state": "bot", "opens_at": "2026-11-22T08:00:00+07:00", "position": None}
    shop.say("Petugas sedang tutup.", kind="handoff", data=opens)
    shop.say("Dewi bergabung.", kind="handoff", data={"state": "csr"}, author="system")
    expect(page.locator(".card")).to_have_count(2)
    expect(page.locator(".card").first.locator(".pill")).to_have_text("Terlambat")
    expect(page.locator(".card").last).to_contain_text("Petugas siap lagi")


def test_a_card_without_its_data_is_left_out(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    for kind in ["order", "ticket", "offer", "handoff", "survey", "error", "unheard-of"]:
        shop.say(kind, kind=kind)
    shop.say("sedikit", kind="order", data={"number": "TL-1", "status": "lost_at_sea"})
    expect(page.locator(".card")).to_have_count(1)
    expect(page.locator(".card")).to_contain_text("lost at sea")


def test_markup_in_a_message_stays_text(page: Page, shop: Double) -> None:
    attack = '<img src=x onerror="alert(1)"><script>alert(1)</script>'
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    open_chat(page, shop)
    write(page, attack)
    shop.say(attack, choices=[{"id": "a", "label": attack}], kind="offer", data={"product": attack})
    sees(page, [attack, attack])
    assert page.locator("li.message img, li.message script").count() == 0


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**tebal** dan _miring_", "<p><strong>tebal</strong> dan <em>miring</em></p>"),
        ("2 * 3 * 4 dan nama_panjang_sekali", "<p>2 * 3 * 4 dan nama_panjang_sekali</p>"),
        ("1. satu\n2. dua", "<ol><li>satu</li><li>dua</li></ol>"),
        ("a\nb\n\nc", "<p>a<br>b</p><p>c</p>"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        (
            "lihat https://a.example.com/x.",
            '<p>lihat <a href="https://a.example.com/x" target="_blank" rel="noopener noreferrer">'
            "https://a.example.com/x</a>.</p>",
        ),
        (
            "[toko](https://a.example.com)",
            '<p><a href="https://a.example.com" target="_blank" rel="noopener noreferrer">toko</a>'
            "</p>",
        ),
        ("**" * 2000, "<p>" + "**" * 2000 + "</p>"),
    ],
)
def test_the_few_marks_we_use_become_elements_and_all_else_stays_text(
    page: Page, text: str, html: str
) -> None:
    shown = page.evaluate(
        """async (text) => {
            const { markdown } = await import("/src/talk/markdown.js");
            return markdown(text).map((node) => node.outerHTML).join("");
        }""",
        text,
    )
    assert shown == html


@pytest.mark.parametrize("mark", ["**", "_", "`", "[", "](", "https://", "- ", "*a"])
def test_no_text_makes_the_reader_of_marks_slow(page: Page, mark: str) -> None:
    milliseconds = page.evaluate(
        """async (text) => {
            const { markdown } = await import("/src/talk/markdown.js");
            const start = performance.now();
            markdown(text);
            return performance.now() - start;
        }""",
        mark * (4096 // len(mark)),
    )
    assert milliseconds < 500


def test_long_words_wrap_and_right_to_left_text_starts_right(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    write(page, "a" * 4000)
    shop.say("b" * 4000)
    shop.say("مرحبا، أين طلبي؟")
    expect(page.get_by_text("مرحبا")).to_be_visible()
    log = page.get_by_role("log")
    assert log.evaluate("node => node.scrollWidth - node.clientWidth") == 0
    words = page.locator("li.message .words").last
    assert words.evaluate("node => getComputedStyle(node).direction") == "rtl"


def test_a_message_carries_its_own_language(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    shop.say("Good morning.", lang="en")
    expect(page.locator("li.message").last).to_have_attribute("lang", "en")


def test_a_reader_further_up_is_not_pulled_down(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    for number in range(12):
        shop.say(f"Pesan {number}\n\nbaris\n\nbaris")
    expect(page.get_by_text("Pesan 11")).to_be_visible()
    page.get_by_role("log").evaluate("node => { node.scrollTop = 0; }")
    shop.say("Yang terbaru")
    page.get_by_role("button", name="Pesan baru").click()
    expect(page.get_by_text("Yang terbaru")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Pesan baru")).to_be_hidden()


def test_main_targets_are_at_least_44_pixels(page: Page, shop: Double) -> None:
    open_chat(page, shop)
    show_every_kind(shop)
    expect(page.get_by_text("Maaf, ada gangguan.")).to_be_visible()
    sizes = page.evaluate(
        """() => [...document.querySelector("sapa-chat").shadowRoot.querySelectorAll("button")]
            .filter((button) => button.checkVisibility())
            .map((button) => [button.className, button.getBoundingClientRect()])
            .filter(([, { width, height }]) => width < 44 || height < 44)
            .map(([name]) => name)"""
    )
    assert sizes == []


def test_the_widget_asks_nobody_but_the_shop_and_obeys_a_strict_policy(
    chromium: Browser, shop: Double
) -> None:
    page = chromium.new_page(locale="id-ID")
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url.replace("ws://", "http://")))
    page.on("console", lambda line: complaints.append(line.text))
    page.goto(f"{shop.url}/shop")
    open_chat(page, shop)
    write(page, "Halo")
    show_every_kind(shop)
    expect(page.get_by_text("Maaf, ada gangguan.")).to_be_visible()
    page.close()
    assert [url for url in asked if not url.startswith(shop.url)] == []
    assert [line for line in complaints if "Content Security Policy" in line] == []
