import base64
import hashlib
import json
import re
from pathlib import Path

from desk.words import Sentences, Words
from settings import PROJECT_DIR

CONSOLE = PROJECT_DIR / "web" / "console"
VENDOR = CONSOLE / "static" / "vendor"


def test_every_text_is_there_in_both_languages_with_the_same_slots() -> None:
    for texts in (Words.load().texts, Sentences.load().texts):
        for key, both in texts.items():
            slots = [sorted(re.findall(r"{(\w+)}", both[lang])) for lang in ("id", "en")]
            assert (key, sorted(both), slots[0]) == (key, ["en", "id"], slots[1])


def test_every_text_that_a_template_says_exists() -> None:
    known = Words.load().texts
    said = {
        key
        for template in CONSOLE.glob("templates/*.html")
        for key in re.findall(r'say\("([a-z_.]+)"[,) ]', template.read_text(encoding="utf-8"))
        if not key.endswith(".")
    }

    assert len(said) > 40
    assert said - set(known) == set()


def test_every_text_that_a_script_shows_exists() -> None:
    known = Words.load().texts
    for script in CONSOLE.glob("static/*.js"):
        for key in re.findall(r"\btexts\.(\w+)", script.read_text(encoding="utf-8")):
            assert f"script.{key}" in known


def test_templates_carry_no_inline_script_or_style() -> None:
    for template in CONSOLE.glob("templates/*.html"):
        html = template.read_text(encoding="utf-8")
        assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", html) == []


def test_vendored_files_are_what_the_lock_says() -> None:
    locked = json.loads((VENDOR / "vendor.lock.json").read_text(encoding="utf-8"))

    assert {entry["file"] for entry in locked} == {path.name for path in VENDOR.glob("*.js")}
    for entry in locked:
        assert entry["integrity"] == _integrity(VENDOR / entry["file"])
        assert entry["licence"] == "0BSD"


def _integrity(path: Path) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()
