"""Write a reply as WhatsApp messages: parts, buttons and lists within Meta's limits.

Source: developers.facebook.com, WhatsApp Business Platform, "Interactive reply buttons messages",
"Interactive list messages" and "Text messages".
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from channels.file import Enclosed
from channels.message import Choice, Lang, Reply
from channels.wording import shortened, split

_LONGEST_TEXT = 4_096
_LONGEST_BODY = 1_024  # beside buttons or a list, or below a picture
_MOST_BUTTONS = 3
_LONGEST_BUTTON = 20
_MOST_ROWS = 10
_LONGEST_ROW = 24
_LONGEST_DESCRIPTION = 72

_BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
_LINK = re.compile(r"\[([^\]]+)\]\((\S+?)\)")

Payload = dict[str, Any]


def parts_of(reply: Reply, enclosed: Enclosed | None = None) -> list[Payload]:
    """Give the messages that say `reply`, in order; choices are on the last one.

    A file is the first of them, and still lacks the id that Meta gives it.
    """
    if enclosed is not None:
        return _with_file(enclosed)
    text = plain(reply.text)
    choices = list(reply.choices)
    if not choices:
        return [_text(part) for part in split(text, _LONGEST_TEXT)]
    listed, spelled = choices[:_MOST_ROWS], choices[_MOST_ROWS:]
    if spelled:
        text += "\n\n" + "\n".join([_words("more", reply.lang), *(f"- {c.label}" for c in spelled)])
    *before, last = split(text, _LONGEST_BODY)
    return [_text(part) for part in _joined(before)] + [_interactive(last, listed, reply.lang)]


def _with_file(enclosed: Enclosed) -> list[Payload]:
    caption = plain(enclosed.caption)
    beside = 0 < len(caption) <= _LONGEST_BODY
    media = {"caption": caption} if beside else {}
    if enclosed.kind == "document":
        media["filename"] = enclosed.name
    rest = [] if beside or not caption else split(caption, _LONGEST_TEXT)
    return [{"type": enclosed.kind, enclosed.kind: media}, *map(_text, rest)]


def _joined(parts: Sequence[str]) -> list[str]:
    """Fewer messages of plain text: it may be four times as long as beside buttons."""
    return split("\n".join(parts), _LONGEST_TEXT) if parts else []


def plain(text: str) -> str:
    """Write our Markdown in WhatsApp's way: *bold*, and links in full."""
    return _LINK.sub(r"\1: \2", _BOLD.sub(r"*\1*", text))


def _text(body: str) -> Payload:
    return {"type": "text", "text": {"body": body, "preview_url": False}}


def _interactive(body: str, choices: Sequence[Choice], lang: Lang) -> Payload:
    labels = [choice.label for choice in choices]
    fits = len(choices) <= _MOST_BUTTONS and all(len(one) <= _LONGEST_BUTTON for one in labels)
    titles = _titles(labels, _LONGEST_BUTTON if fits else _LONGEST_ROW)
    made = _buttons(choices, titles) if fits else _list(choices, titles, lang)
    return {"type": "interactive", "interactive": {"body": {"text": body}, **made}}


def _buttons(choices: Sequence[Choice], titles: Sequence[str]) -> Payload:
    buttons = [
        {"type": "reply", "reply": {"id": choice.id, "title": title}}
        for choice, title in zip(choices, titles, strict=True)
    ]
    return {"type": "button", "action": {"buttons": buttons}}


def _list(choices: Sequence[Choice], titles: Sequence[str], lang: Lang) -> Payload:
    rows = []
    for choice, title in zip(choices, titles, strict=True):
        row = {"id": choice.id, "title": title}
        if title != choice.label:
            row["description"] = shortened(choice.label, _LONGEST_DESCRIPTION)
        rows.append(row)
    action = {"button": _words("choose", lang), "sections": [{"rows": rows}]}
    return {"type": "list", "action": action}


def _titles(labels: Sequence[str], longest: int) -> list[str]:
    """Cut labels to length; Meta refuses two that are equal."""
    titles: list[str] = []
    for label in labels:
        title, number = shortened(label, longest), 2
        while title in titles:
            title = f"{shortened(label, longest - 3)} {number}"
            number += 1
        titles.append(title)
    return titles


def _words(key: str, lang: Lang) -> str:
    return _content()[key][lang]


@cache
def _content() -> Mapping[str, Mapping[str, str]]:
    file = Path(__file__).parents[1] / "content" / "whatsapp.yml"
    found: Mapping[str, Mapping[str, str]] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return found
