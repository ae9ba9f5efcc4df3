"""On other people's pages: hostile styles, the strictest policy, scripts that throw us out."""

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.web.shop_double import LOADER, Double
from tests.web.test_widget_looks import show_every_kind
from tests.web.visitor import open_chat, sees, until, write

pytestmark = pytest.mark.chromium

HOSTILE = """<style>
body * { all: unset !important; display: none !important; position: static !important;
  font: 60px fantasy !important; color: red !important; transform: rotate(9deg) !important;
  visibility: hidden !important; opacity: .1 !important; direction: rtl !important; }
button, textarea, li, p, header { display: none !important; background: lime !important; }
:root { font-size: 40px !important; }
</style>"""
STRICTEST = (
    "default-src 'none'; script-src 'self'; connect-src 'self' ws:; img-src 'self' blob:; "
    "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)


@pytest.fixture
def host(chromium: Browser, shop: Double) -> Iterator[Page]:
    """A page that embeds the widget by its loader, not opened yet."""
    shop.page = LOADER
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="id-ID")
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield page
    context.close()


def _slowly(route: Route) -> None:
    time.sleep(0.5)
    route.continue_()


def _boxes(page: Page) -> list[Any]:
    """Where everything in the widget is, and how it looks once nothing moves any more."""
    found: list[Any] = page.evaluate(
        """async () => {
          const inside = document.querySelector("sapa-chat").shadowRoot;
          const ends = (one) => one.effect.getComputedTiming().endTime !== Infinity;
          await Promise.allSettled(inside.getAnimations().filter(ends).map((one) => one.finished));
          return [...inside.querySelectorAll("*")]
            .filter((node) => node.checkVisibility() && !node.closest(".face"))
            .map((node) => {
              const { x, y, width, height } = node.getBoundingClientRect();
              const { color, fontSize, fontFamily, opacity } = getComputedStyle(node);
              const box = [x, y, width, height].map(Math.round);
              return [node.localName, ...box, color, fontSize, fontFamily, opacity].join(" ");
            });
        }"""
    )
    return found


def test_no_style_of_the_page_gets_in(host: Page, shop: Double) -> None:
    looks = []
    for styles in ("", HOSTILE):
        shop.page = LOADER.replace("<main>", f"{styles}<main>")
        host.goto(shop.url)
        open_chat(host, shop)
        expect(host.get_by_role("button", name="Lacak pesanan")).to_be_visible()
        looks.append(_boxes(host))
        host.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")

    assert looks[0]
    assert looks[0] == looks[1]


def test_the_strictest_policy_has_nothing_to_complain_about(host: Page, shop: Double) -> None:
    shop.policy = STRICTEST
    host.add_init_script(
        "window.broken = []; addEventListener('securitypolicyviolation', "
        "(event) => broken.push(event.violatedDirective + ' ' + event.blockedURI))"
    )
    host.goto(shop.url)
    open_chat(host, shop)
    write(host, "Halo")
    show_every_kind(shop)
    expect(host.get_by_text("Maaf, ada gangguan.")).to_be_visible()
    host.get_by_role("button", name="Pilihan lain").click()
    expect(host.get_by_role("button", name="Simpan percakapan ini")).to_be_visible()
    expect(host.locator(".card.handoff")).to_be_visible()

    assert host.evaluate("broken") == []


def test_a_page_speaks_to_the_chat_before_it_is_there(host: Page, shop: Double) -> None:
    host.route("**/chat-*.js", _slowly)
    host.goto(shop.url)
    host.evaluate(
        """() => {
            window.heard = [];
            for (const event of ["ready", "open", "close", "message", "unread"])
                Sapa.on(event, (detail) => heard.push([event, detail]));
            Sapa.theme({ accent: "#ffd400", on_accent: "#ffffff", position: "left" });
            Sapa.page({ kind: "cart", total_idr: 689000 });
            Sapa.open("Berapa ongkirnya?");
        }"""
    )
    expect(host.get_by_role("textbox", name="Pesan Anda")).to_have_value("Berapa ongkirnya?")
    until(host, lambda: shop.pages == [{"kind": "cart", "total_idr": 689000}])
    until(host, lambda: len(shop.sockets) == 1)
    host.evaluate("Sapa.close()")
    shop.say("Halo.")
    until(host, lambda: ["unread", {"count": 1}] in host.evaluate("heard"))

    names = [name for name, _ in host.evaluate("heard")]
    assert names == ["ready", "open", "close", "message", "unread"]
    assert ["message", {"author": "bot", "kind": "text", "seq": 1}] in host.evaluate("heard")
    launcher = host.get_by_role("button", name="Buka obrolan")
    box = launcher.bounding_box()
    assert box is not None
    assert box["x"] < 100
    # White on yellow could not be read, so the words are dark.
    assert launcher.evaluate("node => getComputedStyle(node).color") == "rgb(17, 24, 23)"


def test_a_snippet_that_is_there_twice_gives_one_chat(host: Page, shop: Double) -> None:
    tag = LOADER[LOADER.index("<script") : LOADER.index("</script>") + 9]
    shop.page = LOADER.replace("</main>", f"</main>{tag}{tag}")
    host.goto(shop.url)
    expect(host.get_by_role("button", name="Buka obrolan")).to_have_count(1)


def test_a_page_that_removes_the_element_does_not_end_the_talk(host: Page, shop: Double) -> None:
    host.goto(shop.url)
    open_chat(host, shop)
    write(host, "satu")
    sees(host, ["satu"])
    host.get_by_role("textbox", name="Pesan Anda").fill("sedang saya tulis")
    host.evaluate("document.querySelector('sapa-chat').remove()")
    until(host, lambda: len(shop.sockets) == 1)
    shop.say("dua")
    sees(host, ["satu", "dua"])
    host.evaluate("document.body.innerHTML = '<h1>Halaman lain</h1>'")
    shop.say("tiga")
    sees(host, ["satu", "dua", "tiga"])
    host.evaluate(
        "() => { const body = document.createElement('body'); document.body.replaceWith(body); }"
    )
    shop.say("empat")
    sees(host, ["satu", "dua", "tiga", "empat"])
    expect(host.get_by_role("textbox")).to_have_value("sedang saya tulis")
    assert len(shop.conversations) == 1
    host.evaluate("Sapa.remove()")
    host.wait_for_timeout(200)
    assert host.locator("sapa-chat").count() == 0
    until(host, lambda: not shop.sockets)


def test_a_page_that_insists_on_removing_it_gets_its_way(host: Page, shop: Double) -> None:
    host.goto(shop.url)
    expect(host.get_by_role("button", name="Buka obrolan")).to_be_visible()
    host.evaluate(
        """() => new MutationObserver(() => document.querySelector("sapa-chat")?.remove())
            .observe(document.body, { childList: true })"""
    )
    host.evaluate("document.querySelector('sapa-chat').remove()")
    host.wait_for_timeout(300)
    assert host.locator("sapa-chat").count() == 0
    assert host.evaluate("1 + 1") == 2


@pytest.mark.parametrize("part", ["chat", "talk"])
def test_a_file_that_was_changed_on_the_way_does_not_run(
    host: Page, shop: Double, part: str
) -> None:
    def poison(route: Route) -> None:
        route.fulfill(
            response=(answer := route.fetch()), body=f"window.owned = true;{answer.text()}"
        )

    host.route(f"**/{part}-*.js", poison)
    host.goto(shop.url)
    if part == "talk":  # the text of a card says the same
        open_chat(host, shop)
        show_every_kind(shop)
        expect(host.get_by_text("Pesanan Kakak di jalan.")).to_be_visible()
        assert host.locator(".card").count() == 0
    host.wait_for_timeout(300)
    assert host.evaluate("window.owned") is None


def _proof(customer: str) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"sub": customer}).encode()).decode().rstrip("=")
    return f"e30.{claims}.c2ln"


def test_who_logs_in_keeps_the_talk_and_another_customer_never_sees_it(
    host: Page, shop: Double
) -> None:
    host.goto(shop.url)
    open_chat(host, shop)
    write(host, "rahasia Ayu")
    sees(host, ["rahasia Ayu"])
    host.evaluate("(proof) => Sapa.identify(proof)", _proof("ayu"))
    until(host, lambda: shop.conversation.asked.get("proof") == 1)
    host.evaluate("(proof) => Sapa.identify(proof)", _proof("ayu"))
    sees(host, ["rahasia Ayu"])

    host.evaluate("(proof) => Sapa.identify(proof)", _proof("budi"))
    until(host, lambda: len(shop.conversations) == 2)
    sees(host, [])
    assert shop.conversations[0].asked["proof"] == 1

    write(host, "rahasia Budi")
    sees(host, ["rahasia Budi"])
    host.evaluate("Sapa.identify(null)")
    until(host, lambda: len(shop.conversations) == 3)
    sees(host, [])
    assert "rahasia" not in host.evaluate("JSON.stringify({ ...localStorage, ...sessionStorage })")


def test_who_logs_out_while_their_talk_is_just_opened_leaves_it_too(
    host: Page, shop: Double
) -> None:
    host.goto(shop.url)
    open_chat(host, shop)
    host.evaluate("(proof) => Sapa.identify(proof)", _proof("ayu"))
    until(host, lambda: shop.conversation.asked.get("proof") == 1)
    host.route("**/api/web/sessions", _slowly)
    with host.expect_request("**/api/web/sessions"):
        host.evaluate("(proof) => void Sapa.identify(proof)", _proof("budi"))
    host.evaluate("() => void Sapa.identify(null)")
    until(host, lambda: len(shop.conversations) == 3)
    host.wait_for_timeout(200)  # until the answer is there

    stored = host.evaluate("Object.entries(localStorage).find(([key]) => key.endsWith('session'))")
    assert '"subject":null' in stored[1]


def test_a_proof_that_ran_out_in_the_middle_leaves_the_talk_as_it_is(
    host: Page, shop: Double
) -> None:
    host.goto(shop.url)
    open_chat(host, shop)
    write(host, "satu")
    sees(host, ["satu"])
    host.evaluate(
        "() => { window.states = []; Sapa.on('identity', ({ state }) => states.push(state)); }"
    )
    shop.proofs = [(422, "Bukti identitas sudah berakhir.")]
    host.evaluate("(proof) => Sapa.identify(proof)", _proof("ayu"))
    until(host, lambda: host.evaluate("states") == ["refused"])
    write(host, "dua")
    sees(host, ["satu", "dua"])
    host.evaluate("(proof) => Sapa.identify(proof)", _proof("ayu"))
    until(host, lambda: host.evaluate("states") == ["refused", "known"])
    assert len(shop.conversations) == 1
