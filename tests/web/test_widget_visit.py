"""Whole visits: by keyboard alone, by what a reader is told, and with trouble brought along."""

import datetime as dt
import json
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from tests.channels.pictures import PNG
from tests.web.shop_double import PAGE, Double
from tests.web.test_widget_looks import HANDOFF
from tests.web.visitor import open_chat, sees, until, write

pytestmark = pytest.mark.chromium

SRC = Path(__file__).resolve().parents[2] / "web" / "widget" / "src"
ATTACK = '<img src=x onerror="alert(1)"><script>alert(1)</script>'
RING = "node => [node.matches(':focus-visible'), getComputedStyle(node).outlineStyle]"
SURVEY = {"kind": "survey", "data": {"survey_id": "1", "scale": 5}}
STARS = [{"id": f"rate:{stars}", "label": "★" * stars} for stars in range(1, 6)]


def _tab_to(page: Page, wanted: Locator, key: str = "Tab") -> None:
    """Press Tab until `wanted` has the focus, and see that it shows."""
    for _ in range(25):
        page.keyboard.press(key)
        if wanted.evaluate("node => node.getRootNode().activeElement === node"):
            assert wanted.evaluate(RING) == [True, "solid"]
            return
    raise AssertionError(f"{key} never came to {wanted}")


def test_a_whole_visit_by_keyboard_alone(page: Page, shop: Double) -> None:
    launcher = page.get_by_role("button", name="Buka obrolan dengan Nara")
    box = page.get_by_role("textbox", name="Pesan Anda")
    more = page.get_by_role("button", name="Pilihan lain")
    _tab_to(page, launcher)
    page.keyboard.press("Enter")
    expect(box).to_be_focused()
    page.keyboard.type("Halo")
    page.keyboard.press("Enter")
    sees(page, ["Halo"])

    shop.say("Mau apa, Kak?", choices=[{"id": "track", "label": "Lacak paket"}])
    sees(page, ["Halo", "Mau apa, Kak?"])
    expect(box).to_be_focused()
    _tab_to(page, page.get_by_role("button", name="Lacak paket"), "Shift+Tab")
    page.keyboard.press("Enter")
    until(page, lambda: [one.get("choice") for one in shop.heard if "choice" in one] == ["track"])
    expect(box).to_be_focused()

    _tab_to(page, more)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Simpan percakapan ini")).to_be_focused()
    page.keyboard.press("Escape")
    expect(more).to_be_focused()
    page.keyboard.press("Enter")
    _tab_to(page, page.get_by_role("button", name="Kirim percakapan ke e-mail"))
    page.keyboard.press("Enter")
    address = page.get_by_role("textbox", name="Alamat e-mail")
    expect(address).to_be_focused()
    shop.say("Bagaimana layanan kami?", choices=STARS, **SURVEY)
    expect(page.get_by_role("button", name="★★★★★")).to_be_attached()
    expect(address).to_be_focused()
    page.keyboard.type("ayu@contoh.id")
    page.keyboard.press("Enter")
    until(page, lambda: [mail["email"] for mail in shop.mails] == ["ayu@contoh.id"])
    expect(page.get_by_role("button", name="Kembali ke obrolan")).to_be_focused()
    page.keyboard.press("Enter")
    expect(more).to_be_focused()

    _tab_to(page, page.get_by_role("button", name="★★★★", exact=True))
    page.keyboard.press("Space")
    until(page, lambda: shop.heard[-1].get("choice") == "rate:4")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(launcher).to_be_focused()
    shop.say("Terima kasih, Kak.")
    called = page.get_by_role("button", name="Buka obrolan dengan Nara, 1 pesan baru")
    expect(called).to_be_focused()


NAMES = {
    "id": {
        "launcher": "Buka obrolan dengan Nara",
        "log": "Percakapan",
        "input": "Pesan Anda",
        "send": "Kirim pesan",
        "attach": "Kirim foto atau berkas",
        "choices": "Pilihan jawaban",
        "more": "Pilihan lain",
        "close": "Tutup obrolan",
        "typing": "Nara sedang mengetik…",
        "assistant": "Asisten virtual",
        "csr": "Petugas layanan",
        "you": "Anda",
    },
    "en": {
        "launcher": "Open chat with Nara",
        "log": "Conversation",
        "input": "Your message",
        "send": "Send message",
        "attach": "Send a photo or file",
        "choices": "Suggested answers",
        "more": "More options",
        "close": "Close chat",
        "typing": "Nara is typing…",
        "assistant": "Virtual assistant",
        "csr": "Customer service",
        "you": "You",
    },
}


@pytest.mark.parametrize("lang", ["id", "en"])
def test_a_whole_visit_by_what_a_screen_reader_is_told(page: Page, shop: Double, lang: str) -> None:
    name = NAMES[lang]
    expect(page.get_by_role("button", name=NAMES["id"]["launcher"])).to_be_visible()
    page.evaluate("localStorage.clear()")  # it remembers a language from now on
    shop.page = PAGE.replace('lang="id"', f'lang="{lang}"')
    page.reload()
    page.get_by_role("button", name=name["launcher"], exact=True, expanded=False).click()
    chat = page.get_by_role("dialog", name="Nara", exact=True)
    log = chat.get_by_role("log", name=name["log"], exact=True)
    box = chat.get_by_role("textbox", name=name["input"], exact=True)
    status = page.get_by_role("status")
    expect(chat.get_by_text(name["assistant"])).to_be_visible()
    expect(chat.get_by_role("heading", name="Nara")).to_be_visible()
    expect(chat.get_by_role("button", name=name["attach"], exact=True)).to_be_enabled()
    box.fill("SPX-1")
    chat.get_by_role("button", name=name["send"], exact=True).click()
    expect(log.get_by_role("listitem").filter(has_text="SPX-1")).to_contain_text(name["you"])

    until(page, lambda: len(shop.sockets) == 1)
    shop.frame({"type": "typing", "author": "bot", "on": True})
    expect(status).to_have_text(name["typing"])
    shop.say("Nara 1", choices=[{"id": "a", "label": "Satu"}, {"id": "b", "label": "Dua"}])
    offered = log.get_by_role("group", name=name["choices"], exact=True).get_by_role("button")
    expect(offered).to_have_text(["Satu", "Dua"])
    expect(status).to_have_text("")
    log.get_by_role("button", name="Dua", exact=True).click()
    expect(offered).to_have_count(0)

    shop.frame({"type": "presence", "state": "csr", "name": "Dewi"})
    chat = page.get_by_role("dialog", name="Dewi", exact=True)
    expect(chat.get_by_text(name["csr"])).to_be_visible()
    more = name["more"]
    chat.get_by_role("button", name=more, exact=True, expanded=False).click()
    expect(chat.get_by_role("region", name=more).get_by_role("link")).to_have_count(1)
    chat.get_by_role("button", name=more, exact=True, expanded=True).click()
    chat.get_by_role("button", name=name["close"], exact=True).click()
    expect(page.get_by_role("button", name=name["launcher"], expanded=False)).to_be_focused()
    expect(page.get_by_role("log")).to_have_count(0)


# Dark differs in its colours only, so the other rules need not look twice.
AXE: dict[Literal["light", "dark"], dict[str, list[str]]] = {
    "light": {"resultTypes": ["violations"]},
    "dark": {"resultTypes": ["violations"], "runOnly": ["color-contrast"]},
}


@pytest.mark.parametrize("lang", ["id", "en"])
def test_axe_finds_nothing_in_any_state_language_and_scheme(
    chromium: Browser, shop: Double, lang: str
) -> None:
    words = _words(lang)
    context = chromium.new_context(
        viewport={"width": 390, "height": 780}, locale=lang, reduced_motion="reduce"
    )
    page = context.new_page()
    shop.page = PAGE.replace('lang="id"', f'lang="{lang}"')
    page.goto(shop.url)
    findings: list[Any] = []

    def look(state: str, shown: Locator) -> None:
        expect(shown.first).to_be_visible()
        for scheme, rules in AXE.items():
            page.emulate_media(color_scheme=scheme)
            found = Axe().run(page, options=rules).response["violations"]
            findings.extend((state, scheme, one["id"], one["nodes"][0]["html"]) for one in found)

    def press(key: str) -> None:
        page.get_by_role("button", name=words[key], exact=True).click()

    launcher = page.get_by_role("button", name=words["open"].format(name="Nara"))
    look("closed", launcher)
    launcher.click()
    until(page, lambda: len(shop.sockets) == 1)
    look("open", page.get_by_role("button", name=words["start.track"]))
    press("more")
    look("menu", page.get_by_role("button", name=words["more.erase"]))
    press("more.mail")
    look("mail form", page.get_by_role("textbox", name=words["more.address"]))
    press("more.back")
    press("more.erase")
    look("erase form", page.get_by_role("button", name=words["more.eraseNow"]))
    press("more")
    shop.post_failures = [(422, {})]
    page.get_by_role("textbox", name=words["input"]).fill("Halo")
    press("send")
    page.locator("input[type=file]").set_input_files(_file("a.exe", "application/x-msdownload"))
    expect(page.get_by_text(words["attach.kind"])).to_have_count(2)  # shown, and said
    look("error", page.get_by_text(words["item.failed"]))
    shop.say("Sebentar ya.", kind="handoff", data=HANDOFF)
    look("handoff", page.locator(".card.handoff"))
    shop.say("Bagaimana layanan kami?", choices=STARS, **SURVEY)
    look("survey", page.get_by_role("button", name="★★★★★"))
    context.set_offline(True)
    shop.drop_sockets()
    look("offline", page.locator(".notice").get_by_text(words["link.offline"]))
    context.close()
    assert findings == []


def _words(lang: str) -> dict[str, str]:
    files = [SRC / part / f"{lang}.json" for part in ("texts", "more", "attach")]
    return {key: text for file in files for key, text in json.loads(file.read_text()).items()}


def _file(name: str, kind: str, content: bytes = b"MZ") -> Any:
    return {"name": name, "mimeType": kind, "buffer": content}


def test_a_file_that_would_be_refused_is_refused_before_it_is_sent(
    page: Page, shop: Double
) -> None:
    open_chat(page, shop)
    expect(page.get_by_role("button", name="Kirim foto atau berkas")).to_be_visible()
    picker, tray = page.locator("input[type=file]"), page.locator(".tray")
    large = "Ukurannya 1,5 MB, terlalu besar. Paling besar 1 MB."
    kind = "Jenis berkas ini tidak bisa diterima. Kirim foto, PDF, atau rekaman suara, ya."
    for name, mime, content, why in [
        ("b.png", "image/png", b"x" * 1_500_000, large),
        ("a.exe", "application/x-msdownload", b"MZ", kind),
        ("a.svg", "image/svg+xml", b"<svg/>", kind),
        ("kosong.pdf", "application/pdf", b"", "Berkasnya kosong."),
    ]:
        picker.set_input_files(_file(name, mime, content))
        expect(tray).to_have_text(f"{name}: {why}")
        expect(page.get_by_role("status")).to_have_text(why)
        page.keyboard.press("Enter")
    write(page, "Halo")
    sees(page, ["Halo"])
    assert [one.get("text") for one in shop.heard if "client_id" in one] == ["Halo"]


def test_the_name_of_a_file_and_of_a_person_stay_text(page: Page, shop: Double) -> None:
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    shop.site["persona"] = {**shop.site["persona"], "name": ATTACK}
    page.reload()
    page.get_by_role("button", name=f"Buka obrolan dengan {ATTACK}", exact=True).click()
    expect(page.get_by_role("heading", name=ATTACK, exact=True)).to_be_visible()
    until(page, lambda: len(shop.sockets) == 1)
    name = "<img src=x onerror=alert(1)>.png"
    page.locator("input[type=file]").set_input_files(_file(name, "image/png", PNG))
    expect(page.get_by_role("button", name=f"Batal kirim {name}", exact=True)).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=f"Simpan {name} (1 KB)", exact=True)).to_be_visible()
    shop.say("Halo.", author="csr", name=ATTACK)
    shop.frame({"type": "presence", "state": "csr", "name": f"Dewi {ATTACK}"})
    expect(page.get_by_role("dialog", name=f"Dewi {ATTACK}", exact=True)).to_be_visible()
    expect(page.locator("li.csr .who")).to_have_text(ATTACK)
    shop.frame({"type": "typing", "author": "csr", "on": True})
    expect(page.get_by_role("status")).to_have_text(f"Dewi {ATTACK} sedang mengetik…")
    assert page.locator("sapa-chat script, sapa-chat img:not(.picture)").count() == 0


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_is_an_hour_wrong_changes_nothing(
    page: Page, shop: Double, hours: int
) -> None:
    now = dt.datetime.now(dt.UTC)
    page.clock.install(time=now + dt.timedelta(hours=hours))
    page.reload()
    open_chat(page, shop)
    write(page, "satu")
    sees(page, ["satu"])
    shop.say("dua")
    shop.drop_sockets()
    until(page, lambda: not shop.sockets)
    shop.say("tiga")
    sees(page, ["satu", "dua", "tiga"])
    page.route("**/api/web/messages", lambda route: route.abort())
    write(page, "empat")
    page.clock.set_system_time(now)  # somebody put it right
    write(page, "lima")
    sees(page, ["satu", "dua", "tiga", "empat", "lima"])
    page.unroute("**/api/web/messages")
    page.reload()
    open_chat(page, shop)
    sees(page, ["satu", "dua", "tiga", "empat", "lima"])
    until(page, lambda: len(shop.conversation.messages) == 5)
    said = [message["text"] for message in shop.conversation.messages]
    assert said == ["satu", "dua", "tiga", "empat", "lima"]
