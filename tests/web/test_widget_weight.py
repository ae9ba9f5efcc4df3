"""What the widget costs the page it is on: bytes, time, and not one pixel moved."""

import gzip
import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from tests.web.shop_double import LOADER, Double
from tests.web.visitor import open_chat, sees, until, write

pytestmark = pytest.mark.chromium

FIRST, ALL = 20_000, 35_000  # bytes, gzip
LAUNCHER_MS = 200  # 85 to 116 were measured on a busy machine; twice the aim is a fault
SLOWED = 4
BARE = '<!doctype html><html lang="id"><title>Toko</title><h1>Toko</h1></html>'
_SHIFT = """() => new Promise((done) => new PerformanceObserver((list) =>
    done(list.getEntries().reduce((sum, one) => sum + (one.hadRecentInput ? 0 : one.value), 0)))
    .observe({ type: "layout-shift", buffered: true }) || setTimeout(() => done(0), 500))"""
_DRAWN_MS = 800


@pytest.fixture
def host(chromium: Browser, shop: Double) -> Iterator[Page]:
    """A page that embeds the widget by its loader; everything it fetches is kept in `fetched`."""
    shop.page = LOADER
    context = chromium.new_context(viewport={"width": 390, "height": 780}, locale="id-ID")
    yield context.new_page()
    context.close()


def test_all_that_comes_before_the_first_message_is_light_and_from_one_place(
    host: Page, shop: Double
) -> None:
    fetched: list[Response] = []
    asked: list[str] = []

    def keep(response: Response) -> None:
        fetched.append(response)

    host.on("response", keep)
    host.on("request", lambda request: asked.append(request.url))
    host.on("websocket", lambda socket: asked.append(socket.url.replace("ws://", "http://")))
    host.goto(shop.url)
    open_chat(host, shop)
    host.wait_for_load_state("networkidle")
    until(host, lambda: any("/face-" in response.url for response in fetched))

    def weight(*names: str) -> int:
        parts = [one for one in fetched if one.url != f"{shop.url}/" and one.ok]
        return sum(
            len(gzip.compress(one.body(), 9))
            for one in parts
            if not any(f"/{name}-" in one.url for name in names)
        )

    first = weight("face", "voice")
    host.evaluate(
        """async () => {
            const { voice } = await (await fetch("/web/widget/manifest.json")).json();
            await fetch(`/web/widget/${voice.file}`);
        }"""
    )
    everything = weight("manifest")
    manifest = next(one for one in fetched if one.url.endswith("/manifest.json"))
    everything -= len(gzip.compress(manifest.body(), 9))
    print(f"before the first message {first} bytes gzip, with face and voice {everything}")
    assert first <= FIRST
    assert everything <= ALL
    assert [url for url in asked if not url.startswith(shop.url)] == []


def test_the_launcher_takes_little_of_a_slow_phones_main_thread(
    chromium: Browser, shop: Double
) -> None:
    """CPU time until the launcher is painted, four times: Chromium's own slowing waits by the
    clock, so beside other work on the machine it slows down more than it says."""
    # The least of two: whatever else the machine does only adds.
    bare = min(_main_thread_ms(chromium, shop, BARE) for _ in range(2))
    whole = min(_main_thread_ms(chromium, shop, LOADER) for _ in range(2))
    print(f"launcher painted after {(whole - bare) * SLOWED:.0f} ms on a phone four times slower")
    assert (whole - bare) * SLOWED < LAUNCHER_MS


def _main_thread_ms(chromium: Browser, shop: Double, page: str) -> float:
    """CPU time of the page's thread from its first byte to what was painted last."""
    shop.page = page
    context = chromium.new_context(viewport={"width": 390, "height": 780}, locale="id-ID")
    tab = context.new_page()
    chromium.start_tracing(page=tab, categories=["toplevel", "devtools.timeline", "loading"])
    tab.goto(shop.url)
    tab.wait_for_timeout(
        _DRAWN_MS
    )  # looking into the page would cost its thread more than all else
    events = json.loads(chromium.stop_tracing())["traceEvents"]
    if page is LOADER:
        expect(tab.get_by_role("button", name="Buka obrolan")).to_be_visible()
    context.close()
    begun = next(
        one
        for one in events
        if one["name"] == "CommitLoad" and shop.url in json.dumps(one.get("args"))
    )
    thread = [one for one in events if one["tid"] == begun["tid"] and one["pid"] == begun["pid"]]
    painted = max(one["ts"] for one in thread if one["name"] == "Paint")
    tasks = [one for one in thread if one["name"].endswith("RunTask") and "tdur" in one]
    return float(sum(one["tdur"] for one in tasks if begun["ts"] < one["ts"] < painted)) / 1000


def test_nothing_of_the_page_moves(host: Page, shop: Double) -> None:
    host.add_init_script(
        """window.shifts = [];
        new PerformanceObserver((list) => shifts.push(...list.getEntries()
            .flatMap((entry) => entry.sources.map(({ node }) => node))
            .filter((node) => node?.getRootNode() === document && node.nodeName !== "SAPA-CHAT")
            .map((node) => node.nodeName)))
            .observe({ type: "layout-shift", buffered: true });"""
    )
    host.goto(shop.url)
    heading = host.get_by_role("heading", name="Toko").bounding_box()
    expect(host.get_by_role("button", name="Buka obrolan")).to_be_visible()
    assert host.evaluate(_SHIFT) == 0
    open_chat(host, shop)
    write(host, "Halo")
    sees(host, ["Halo"])
    host.keyboard.press("Escape")

    assert host.evaluate("shifts") == []
    assert host.get_by_role("heading", name="Toko").bounding_box() == heading
