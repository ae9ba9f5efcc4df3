"""The widget's words exist in both languages, and the widget and the shop agree about codes."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WIDGET = ROOT / "web" / "widget" / "src"
DYNAMIC = re.compile(
    "(state|item|link|status|ticketStatus|level|category|start|hours)[.]|^(listening|recording)$"
)


def words(lang: str) -> dict[str, str]:
    """All there are: the first load's, and each part's."""
    found: dict[str, str] = {}
    for file in sorted(WIDGET.glob(f"*/{lang}.json")):
        found |= json.loads(file.read_text("utf-8"))
    return found


def content(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text("utf-8"))


def test_both_languages_have_the_same_texts_with_the_same_slots() -> None:
    slots = {
        lang: {key: sorted(re.findall(r"{(\w+)}", text)) for key, text in words(lang).items()}
        for lang in ("id", "en")
    }
    assert slots["id"] == slots["en"]


def test_no_text_is_empty() -> None:
    assert [key for lang in ("id", "en") for key, text in words(lang).items() if not text] == []


def test_every_text_is_used_and_every_used_text_exists() -> None:
    code = "".join(path.read_text("utf-8") for path in WIDGET.glob("**/*.js"))
    used = set(re.findall(r'\bt\(\s*"([\w.]+)"', code))
    used |= {
        key for pair in re.findall(r'\bt\([^"()]*\? "([\w.]+)" : "([\w.]+)"', code) for key in pair
    }
    fixed = {key for key in words("id") if not DYNAMIC.match(key)}
    assert used - set(words("id")) == set()
    assert fixed - used == set()


@pytest.mark.parametrize("lang", ["id", "en"])
def test_the_widget_knows_every_kind_and_state_of_ticket(lang: str) -> None:
    tickets = content("crm/content/tickets.yml")
    known = words(lang)
    names = {code: kind["name"][lang] for code, kind in tickets["categories"].items()}
    assert {code: known.get(f"category.{code}") for code in names} == names
    assert [code for code in tickets["statuses"] if f"ticketStatus.{code}" not in known] == []
