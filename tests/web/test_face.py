"""The assistant's face in Chromium: its moods, its mouth, and that it can be still."""

import gzip
import json

import pytest
from playwright.sync_api import Browser, Page

from settings import PROJECT_DIR
from tests.web.shop_double import Double

pytestmark = pytest.mark.chromium

DIST = PROJECT_DIR / "web" / "widget" / "dist"
SHOTS = PROJECT_DIR / "screenshots"
MOODS = ["neutral", "happy", "thinking", "sorry", "surprised", "listening"]
SOUNDS = ["rest", "m", "f", "s", "l", "e", "a", "o", "u"]


@pytest.fixture
def faces(chromium: Browser, shop: Double) -> Page:
    return on_a_page(chromium.new_context(locale="id-ID").new_page(), shop)


def on_a_page(page: Page, shop: Double) -> Page:
    """Put a face on an empty page of the shop, as `face`."""
    file = json.loads((DIST / "manifest.json").read_text())["face"]["file"]
    page.goto(f"{shop.url}/web/widget/manifest.json")
    page.set_content("<main></main>")
    page.evaluate(
        """async (file) => {
          const { createFace, styles } = await import(file);
          Object.assign(window, { createFace, face: createFace({ pictures: null }) });
          document.querySelector("main").append(face.element);
          window.mouth = () => face.element.querySelector("[data-part=mouth]").getAttribute("d");
        }""",
        f"/web/widget/{file}",
    )
    return page


def drawn(page: Page) -> str:
    """The face as it is drawn right now."""
    return str(page.evaluate("face.element.outerHTML"))


def test_each_mood_has_a_face_of_its_own_at_every_size(faces: Page) -> None:
    SHOTS.mkdir(exist_ok=True)
    seen = {}
    for mood in MOODS:
        faces.evaluate("(mood) => face.setMood(mood)", mood)
        faces.wait_for_timeout(700)
        seen[mood] = drawn(faces)
        for size in (32, 64, 160):
            faces.evaluate("(size) => { face.element.style.width = `${size}px`; }", size)
            faces.locator("main > *").screenshot(path=SHOTS / f"face-{mood}-{size}.png")
    faces.evaluate("face.setMood('furious')")

    assert len(set(seen.values())) == len(MOODS)
    assert faces.evaluate("face.element.dataset.mood") == "neutral"
    assert faces.evaluate("face.element.getAttribute('aria-hidden')") == "true"


def test_the_mouth_follows_the_sounds_and_rests_when_they_end(faces: Page) -> None:
    shapes = [{"shape": shape, "at": at * 150} for at, shape in enumerate(SOUNDS)]
    rest = faces.evaluate("mouth()")
    seen = faces.evaluate(
        """async (shapes) => {
          face.speak(shapes);
          const seen = new Set();
          for (let step = 0; step < 14; step += 1) {
            await new Promise((go) => setTimeout(go, 100));
            seen.add(mouth());
          }
          face.speak(null);
          await new Promise((go) => setTimeout(go, 900));
          return [...seen];
        }""",
        shapes,
    )

    assert len(seen) >= len(SOUNDS) - 2
    assert faces.evaluate("mouth()") == rest


def test_speech_of_unknown_sounds_moves_the_mouth_until_it_ends(faces: Page) -> None:
    moved = faces.evaluate(
        """async () => {
          const before = mouth();
          face.speak([]);
          await new Promise((go) => setTimeout(go, 400));
          return before !== mouth();
        }"""
    )

    assert moved is True


def test_who_wants_less_motion_sees_a_still_face_that_still_has_moods(
    chromium: Browser, shop: Double
) -> None:
    calm = chromium.new_context(reduced_motion="reduce").new_page()
    on_a_page(calm, shop)
    calm.evaluate(
        """() => {
          window.frames = 0;
          const asked = requestAnimationFrame;
          window.requestAnimationFrame = (step) => { frames += 1; return asked(step); };
          face.setMood("happy");
        }"""
    )
    before = drawn(calm)
    calm.evaluate("face.speak([])")
    calm.wait_for_timeout(1_200)

    assert (drawn(calm), calm.evaluate("frames")) == (before, 0)
    assert 'data-mood="happy"' in before
    calm.context.close()


def test_a_face_that_is_stopped_moves_no_more(faces: Page) -> None:
    faces.evaluate("face.speak([]); face.stop();")
    before = drawn(faces)
    faces.wait_for_timeout(1_000)

    assert drawn(faces) == before


def test_a_site_has_its_own_pictures_and_a_missing_one_is_the_neutral_one(faces: Page) -> None:
    known = "/web/widget/nara.svg"
    shown = faces.evaluate(
        """async (known) => {
          const pictures = { neutral: known, happy: known + "?happy", sorry: "/gone.png" };
          const own = createFace({ pictures });
          document.querySelector("main").replaceChildren(own.element);
          const seen = [];
          for (const mood of ["happy", "thinking", "sorry"]) {
            own.setMood(mood);
            own.speak([]);
            await new Promise((go) => setTimeout(go, 400));
            seen.push(own.element.getAttribute("src"));
          }
          return [own.element.localName, own.element.alt, ...seen];
        }""",
        known,
    )

    assert shown == ["img", "", f"{known}?happy", known, known]


def test_the_face_loads_in_a_few_kilobytes() -> None:
    manifest = json.loads((DIST / "manifest.json").read_text())
    content = (DIST / manifest["face"]["file"]).read_bytes()

    assert len(gzip.compress(content)) <= 5_000
    assert len(gzip.compress((DIST / "nara.svg").read_bytes())) <= 1_500
