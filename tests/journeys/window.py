"""What somebody without a mouse does in a browser window, and what is seen there."""

import json

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, ViewportSize, expect

from bench.serving import Serving
from settings import PROJECT_DIR

SHOTS = PROJECT_DIR / "screenshots"
HEIGHTS = {320: 640, 390: 844, 1280: 800}


def screen(width: int) -> ViewportSize:
    return {"width": width, "height": HEIGHTS[width]}


def go_to(page: Page, goal: Locator, key: str = "Tab") -> None:
    """Walk to `goal` with one key, as somebody without a mouse does."""
    expect(goal).to_be_visible()
    for _ in range(80):
        if goal.evaluate("node => node.getRootNode().activeElement === node"):
            return
        page.keyboard.press(key)
    raise AssertionError("the keyboard does not get there")


def open_chat(page: Page, name: str = "Buka obrolan") -> None:
    go_to(page, page.get_by_role("button", name=name), "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#input")).to_be_focused()


def say(page: Page, words: str) -> Locator:
    """Write a message; returns what is answered to it."""
    expect(page.locator("#input")).to_be_focused()
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    return answers(page, words)


def choose(page: Page, label: str) -> Locator:
    """Press a choice, coming up from the input; returns what is answered to it."""
    go_to(page, page.get_by_role("button", name=label, exact=True), "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#input")).to_be_focused()
    return answers(page, label)


def answers(page: Page, words: str) -> Locator:
    asked = f'li.customer:has(.plain:text-is("{words}"))'
    return page.locator(f"{asked} ~ li.message:not(.customer)")


def log_ticket(page: Page, opening: str, contact: str) -> Locator:
    """Tell a problem and answer what is asked about it; returns the ticket's card."""
    answer = say(page, opening).last
    for _ in range(6):
        expect(answer).to_be_visible()
        if answer.get_attribute("data-kind") == "ticket":
            break
        offered = answer.locator(".choice").all_inner_texts()
        quick = next((one for one in offered if one in {"Ya", "Tidak ada nomornya"}), None)
        answer = (choose(page, quick) if quick else say(page, contact)).last
    return answer.locator(".card")


def told(page: Page) -> list[str]:
    return page.locator("li.message:not([hidden]) > .words").all_text_contents()


def shoot(page: Page, name: str) -> None:
    """Keep a picture at each size for people to look at."""
    SHOTS.mkdir(exist_ok=True)
    before = page.viewport_size
    for width in (390, 1280):
        page.set_viewport_size(screen(width))
        page.screenshot(path=SHOTS / f"{name}-{width}.png")
    page.set_viewport_size(before or screen(390))


def log_in(page: Page, sapa: Serving) -> None:
    page.goto(f"{sapa.url}/console")
    expect(page.locator("#login")).to_be_focused()
    page.keyboard.type("demo")
    page.keyboard.press("Tab")
    page.keyboard.type((sapa.data_dir / "demo_csr_password").read_text().strip())
    page.keyboard.press("Enter")
    expect(page.locator("#queue")).to_be_visible()


def conversation_of(page: Page) -> str:
    session = page.evaluate("localStorage.getItem('sapa:demo:session')")
    return str(json.loads(session)["conversation_id"])


def findings(page: Page) -> list[tuple[str, str]]:
    """What axe has to say, and whether the page is wider than the screen."""
    violations = Axe().run(page).response["violations"]
    found = [(one["id"], one["nodes"][0]["html"]) for one in violations]
    too_wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [*found, *([("too wide", str(too_wide))] if too_wide > 0 else [])]
