"""Speaking and listening in Chromium, which can do neither: stubs stand in for both."""

import base64
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.web.shop_double import Double
from tests.web.visitor import open_chat, until, write

pytestmark = pytest.mark.chromium

# What is said and cancelled is kept in `voice`; `hear(words, error)` lets somebody speak.
STUBS = """
window.voice = { said: [], cancelled: 0, recognisers: [], mouths: 0 };
const known = ["id-ID", "en-GB"].map((lang) => ({ lang, name: lang, localService: true }));
const engine = {
  getVoices: () => known,
  cancel() { voice.cancelled += 1; this.now?.onend?.(); this.now = null; },
  speak(words) {
    voice.said.push([words.lang, words.text]);
    this.now = words;
    setTimeout(() => {
      if (this.now !== words) return;
      words.onstart?.();
      words.onboundary?.({ name: "word", charIndex: 0 });
      setTimeout(() => this.now === words && (this.now = null, words.onend?.()), voice.pace ?? 60);
    }, 10);
  },
};
Object.defineProperty(window, "speechSynthesis", { value: engine });
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
window.SpeechRecognition = class {
  constructor() { voice.recognisers.push(this); }
  start() { this.started = true; }
  stop() { this.onend?.(); }
  abort() { this.onerror?.({ error: "aborted" }); this.onend?.(); }
};
window.hear = (words, error) => {
  const ears = voice.recognisers.at(-1);
  if (words) ears.onresult({ results: [[{ transcript: words }]] });
  if (error) ears.onerror({ error });
  ears.onend();
};
"""
# A microphone that gives silence, and a recorder whose recording is a WebM by its first bytes.
MICROPHONE = """
voice.tracks = 0;
navigator.mediaDevices.getUserMedia = async () => ({
  getTracks: () => [{ stop: () => (voice.tracks += 1) }],
});
window.MediaRecorder = class {
  static isTypeSupported() { return true; }
  constructor(stream, { mimeType }) { this.mimeType = mimeType; }
  start() {}
  stop() {
    const bytes = new Uint8Array([0x1a, 0x45, 0xdf, 0xa3, 1, 2, 3]);
    this.ondataavailable({ data: new Blob([bytes]) });
    this.onstop();
  }
};
"""
READ_MS = 650  # a press sooner after the notice than somebody can read is not taken for a yes
SCREEN = "Rinciannya ada di layar, ya."


@pytest.fixture
def page(chromium: Browser, shop: Double) -> Iterator[Page]:
    yield from visit(chromium, shop, STUBS)


def visit(chromium: Browser, shop: Double, stubs: str) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 390, "height": 780}, locale="id-ID")
    context.add_init_script(stubs)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(shop.url)
    open_chat(page, shop)
    yield page
    context.close()
    assert errors == []


def said(page: Page) -> list[list[str]]:
    return list(page.evaluate("voice.said"))


def read_aloud(page: Page) -> None:
    """Press the loudspeaker."""
    button = page.get_by_role("button", name="Bacakan jawaban")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")


def microphone(page: Page) -> Any:
    return page.get_by_role("button", name="Bicara untuk menulis")


def dictate(page: Page) -> None:
    """Press the microphone, read the notice, and press it again."""
    microphone(page).click()
    expect(page.get_by_text("di luar perangkat ini")).to_be_visible()
    page.wait_for_timeout(READ_MS)
    microphone(page).click()
    expect(microphone(page)).to_have_attribute("aria-pressed", "true")


def test_nothing_is_read_aloud_before_it_is_asked_for_and_then_it_is_remembered(
    page: Page, shop: Double
) -> None:
    shop.say("Diam dulu.")
    expect(page.get_by_text("Diam dulu.")).to_be_visible()
    assert said(page) == []

    read_aloud(page)
    shop.say("Batas retur **14 hari**, Kak. Ongkir Rp 9.000! Lihat https://toko.example.com 🙂")
    until(page, lambda: len(said(page)) >= 3)
    shop.say("Within 14 days.", lang="en")
    until(page, lambda: len(said(page)) >= 4)

    assert said(page) == [
        ["id-ID", "Batas retur 14 hari, Kak."],
        ["id-ID", "Ongkir 9000 rupiah!"],
        ["id-ID", "Lihat"],
        ["en-GB", "Within 14 days."],
    ]
    page.reload()
    shop.say("Masih di sini.")
    page.get_by_role("button", name="Buka obrolan").click()
    speaker = page.get_by_role("button", name="Bacakan jawaban")
    expect(speaker).to_have_attribute("aria-pressed", "true")


def test_the_mouth_moves_while_it_speaks_and_rests_afterwards(page: Page, shop: Double) -> None:
    mouth = page.locator(".avatar [data-part=mouth]")
    expect(mouth).to_have_count(1)
    still = mouth.get_attribute("d")
    page.evaluate("voice.pace = 1500")
    read_aloud(page)
    shop.say("Pesanan aman.")

    until(page, lambda: mouth.get_attribute("d") != still)
    until(page, lambda: mouth.get_attribute("d") == still)


def test_it_is_quiet_as_soon_as_the_customer_writes_or_talks(page: Page, shop: Double) -> None:
    page.evaluate("voice.pace = 20000; voice.cancelled = 0")
    read_aloud(page)
    shop.say("Satu kalimat. Dan satu lagi.")
    until(page, lambda: len(said(page)) == 1)
    before = page.evaluate("voice.cancelled")

    page.get_by_role("textbox", name="Pesan Anda").press_sequentially("tu")

    until(page, lambda: page.evaluate("voice.cancelled") > before)
    page.wait_for_timeout(200)
    assert len(said(page)) == 1  # the second sentence is not said


@pytest.mark.parametrize(
    "message",
    [
        {"text": "Pesanan TL-261115-0001 sedang dikirim.", "kind": "order"},
        {"text": "Tiket dibuat.", "kind": "ticket", "data": {"number": "TK-000123"}},
        {"text": "Data Kakak: Sari, Semarang.",
         "source": {"type": "template", "id": "account-profile", "version": "1"}},
        {"text": "E-mail Kakak sari@example.com."},
        {"text": "Nomornya 0812 3456 7890."},
    ],
)  # fmt: skip
def test_what_is_the_customers_own_is_read_only_when_asked_for(
    page: Page, shop: Double, message: dict[str, Any]
) -> None:
    read_aloud(page)
    shop.say(**message)
    until(page, lambda: len(said(page)) > 0)
    assert said(page)[0] == ["id-ID", SCREEN]
    page.wait_for_timeout(300)
    assert message["text"].split(".")[0] not in str(said(page))

    dictate(page)
    page.evaluate("hear('tolong bacakan')")

    first = message["text"].split(".")[0]
    until(page, lambda: any(words.startswith(first[:12]) for _, words in said(page)))
    expect(page.get_by_role("textbox", name="Pesan Anda")).to_have_value("")


def test_dictation_says_first_that_sound_leaves_the_device(page: Page, shop: Double) -> None:
    microphone(page).click()
    expect(page.get_by_text("di luar perangkat ini")).to_be_visible()
    page.reload()
    page.get_by_role("button", name="Buka obrolan").click()
    microphone(page).click()  # who went away has not agreed, and is told again
    expect(page.get_by_text("di luar perangkat ini")).to_be_visible()
    assert page.evaluate("voice.recognisers.length") == 0

    page.wait_for_timeout(READ_MS)
    microphone(page).click()
    expect(microphone(page)).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".avatar [data-mood=listening]")).to_have_count(1)
    page.evaluate("hear('berapa lama batas retur')")

    expect(page.get_by_role("textbox", name="Pesan Anda")).to_have_value("berapa lama batas retur")
    expect(microphone(page)).to_have_attribute("aria-pressed", "false")
    assert page.evaluate("voice.recognisers.at(-1).lang") == "id-ID"
    assert [one for one in shop.heard if "text" in one] == []  # the customer sends it


def test_a_double_tap_on_a_slow_line_does_not_agree_to_a_notice_nobody_saw(
    page: Page, shop: Double
) -> None:
    def late(route: Route) -> None:
        page.wait_for_timeout(400)
        route.continue_()

    page.route("**/voice*.js", late)
    microphone(page).dblclick()

    expect(page.get_by_text("di luar perangkat ini")).to_be_visible()
    page.wait_for_timeout(200)
    assert page.evaluate("voice.recognisers.length") == 0


def test_nor_does_a_double_tap_when_all_is_loaded(page: Page, shop: Double) -> None:
    read_aloud(page)
    shop.say("Hai, Kak.")
    until(page, lambda: len(said(page)) == 1)  # the part is there

    microphone(page).dblclick()

    expect(page.get_by_text("di luar perangkat ini")).to_be_visible()
    assert page.evaluate("voice.recognisers.length") == 0


def test_a_second_tap_while_the_browser_asks_for_the_microphone_takes_the_first_back(
    chromium: Browser, shop: Double
) -> None:
    asked = """
    voice.grant = null;
    const silence = navigator.mediaDevices.getUserMedia;
    navigator.mediaDevices.getUserMedia = async () => {
      voice.asked = (voice.asked ?? 0) + 1;
      await new Promise((grant) => (voice.grant = grant));
      return silence();
    };
    """
    shop.site["voice"] = {"speech": False, "dictation": True}
    for page in visit(chromium, shop, STUBS + MICROPHONE + asked):
        microphone(page).click()
        until(page, partial(page.evaluate, "voice.grant !== null"))
        microphone(page).click()
        page.evaluate("voice.grant()")

        until(page, partial(page.evaluate, "voice.tracks === 1"))  # it is off again
        assert page.evaluate("voice.asked") == 1
        expect(microphone(page)).to_have_attribute("aria-pressed", "false")


@pytest.mark.parametrize(
    ("error", "words"),
    [("not-allowed", "Mikrofon belum diizinkan"), ("no-speech", "Belum terdengar apa-apa")],
)
def test_a_dictation_that_fails_is_explained(
    page: Page, shop: Double, error: str, words: str
) -> None:
    dictate(page)
    page.evaluate("(error) => hear('', error)", error)

    expect(page.get_by_text(words)).to_be_visible()


def test_where_the_recogniser_is_out_of_reach_a_voice_message_is_recorded_and_sent(
    chromium: Browser, shop: Double
) -> None:
    for page in visit(chromium, shop, STUBS + MICROPHONE):
        dictate(page)
        page.evaluate("hear('', 'network')")
        expect(page.get_by_text("merekam pesan suara")).to_be_visible()

        microphone(page).click()
        expect(page.get_by_text("Merekam pesan suara")).to_be_visible()
        microphone(page).click()

        until(page, lambda: any("file" in one for one in shop.heard))
        sent = next(one for one in shop.heard if "file" in one)
        assert (sent["file"], sent["size"]) == ("suara.webm", 7)
        assert page.evaluate("voice.tracks") == 1  # the microphone is off


def test_the_server_hears_where_it_can_and_no_word_goes_to_the_browsers_maker(
    chromium: Browser, shop: Double
) -> None:
    shop.site["voice"] = {"speech": False, "dictation": True}
    sent: list[Any] = []

    def hear(route: Route) -> None:
        sent.append(route.request.post_data_json)
        route.fulfill(json={"text": "kapan pesanan saya sampai"})

    for page in visit(chromium, shop, STUBS + MICROPHONE):
        page.route("**/api/web/dictation", hear)
        microphone(page).click()
        expect(page.get_by_text("Mendengarkan…")).to_be_visible()
        microphone(page).click()

        box = page.get_by_role("textbox", name="Pesan Anda")
        expect(box).to_have_value("kapan pesanan saya sampai")
        assert base64.b64decode(sent[0]["audio"]) == b"\x1aE\xdf\xa3\x01\x02\x03"
        assert (sent[0]["mime"], sent[0]["lang"]) == ("audio/webm", "id")
        assert page.evaluate("voice.recognisers.length") == 0


def test_a_customer_may_write_on_while_it_speaks(page: Page, shop: Double) -> None:
    read_aloud(page)
    write(page, "halo")
    shop.say("Hai, Kak.")

    until(page, lambda: ["id-ID", "Hai, Kak."] in said(page))
