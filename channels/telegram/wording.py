"""Write a reply as Telegram messages: parts, formatting and buttons within Telegram's limits.

Formatting goes as entities beside the plain text, so that nothing a customer or a shop writes can
be taken for markup. Source: core.telegram.org/bots/api, "sendMessage", "MessageEntity" and
"InlineKeyboardButton".
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from channels.file import Enclosed
from channels.message import Choice, Lang, Reply
from channels.wording import parts, shortened

LONGEST_TEXT = 4_096
LONGEST_CAPTION = 1_024
_LONGEST_DATA = 64  # bytes
_LONGEST_LABEL = 60  # phones show less
_MOST_BUTTONS = 100
_WIDTH = 24  # characters of short buttons that stand side by side

_MARKDOWN = re.compile(r"\*\*(?P<bold>.+?)\*\*|\[(?P<label>[^\]]+)\]\((?P<url>\S+?)\)", re.DOTALL)

Payload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` of a text that are bold, or a link to `url`."""

    start: int
    end: int
    url: str | None = None


def parts_of(reply: Reply, enclosed: Enclosed | None = None) -> list[Payload]:
    """Give the messages that say `reply`, in order; choices are buttons below the last one.

    A file is the first of them; what stands there is what goes along with it.
    """
    if enclosed is not None:
        return _with_file(enclosed.caption)
    tapped, spelled = _fitting(reply.choices)
    said = reply.text
    if spelled:
        more = [_words("more", reply.lang), *(f"- {choice.label}" for choice in spelled)]
        said += "\n\n" + "\n".join(more)
    text, spans = plain(said)
    payloads = [_text(text, spans, part) for part in parts(text, LONGEST_TEXT, utf16_length)]
    if tapped:
        payloads[-1]["reply_markup"] = {"inline_keyboard": _rows(tapped)}
    return payloads


def _with_file(caption: str) -> list[Payload]:
    text, spans = plain(caption)
    if not text:
        return [{}]
    if utf16_length(text) > LONGEST_CAPTION:
        return [{}, *(_text(text, spans, part) for part in parts(text, LONGEST_TEXT, utf16_length))]
    entities = list(_entities(text, spans, slice(0, len(text))))
    return [{"caption": text, **({"caption_entities": entities} if entities else {})}]


def plain(text: str) -> tuple[str, list[Span]]:
    """Take our Markdown out of a text: the words, and what of them is bold or a link."""
    words, spans, end = "", list[Span](), 0
    for found in _MARKDOWN.finditer(text):
        words += text[end : found.start()]
        inner = found["bold"] or found["label"]
        spans.append(Span(len(words), len(words) + len(inner), found["url"]))
        words += inner
        end = found.end()
    return words + text[end:], spans


def utf16_length(text: str) -> int:
    """Measure as Telegram does: what lies beyond the basic plane, such as emoji, counts twice."""
    return len(text) + sum(character > "\uffff" for character in text)


def _text(text: str, spans: Sequence[Span], part: slice) -> Payload:
    entities = list(_entities(text, spans, part))
    payload: Payload = {"text": text[part], "link_preview_options": {"is_disabled": True}}
    return {**payload, "entities": entities} if entities else payload


def _entities(text: str, spans: Sequence[Span], part: slice) -> Iterator[Payload]:
    for span in spans:
        start, end = max(span.start, part.start), min(span.end, part.stop)
        if start < end:
            kind = {"type": "text_link", "url": span.url} if span.url else {"type": "bold"}
            offset = utf16_length(text[part.start : start])
            yield {**kind, "offset": offset, "length": utf16_length(text[start:end])}


def _fitting(choices: Sequence[Choice]) -> tuple[list[Choice], list[Choice]]:
    """Part choices in those that can be buttons and those that have to be written."""
    tapped = [one for one in choices if len(one.id.encode()) <= _LONGEST_DATA][:_MOST_BUTTONS]
    return tapped, [one for one in choices if one not in tapped]


def _rows(choices: Sequence[Choice]) -> list[list[Payload]]:
    """Put short choices side by side, and long ones below each other."""
    rows: list[list[Payload]] = []
    left = 0
    for choice in choices:
        label = shortened(choice.label, _LONGEST_LABEL)
        if len(label) > left:
            rows.append([])
            left = _WIDTH
        left -= len(label)
        rows[-1].append({"text": label, "callback_data": choice.id})
    return rows


def command_menu(lang: Lang) -> list[Payload]:
    """Give the commands that Telegram shows in the bot's menu."""
    described: Mapping[str, Mapping[str, str]] = _content()["commands"]
    return [{"command": name, "description": words[lang]} for name, words in described.items()]


def refusal_words() -> str:
    """Say that groups are not served; nobody knows the language of a group."""
    return "\n".join(_content()["refusal"][lang] for lang in ("id", "en"))


def _words(key: str, lang: Lang) -> str:
    return str(_content()[key][lang])


@cache
def _content() -> Mapping[str, Any]:
    file = Path(__file__).parents[1] / "content" / "telegram.yml"
    found: Mapping[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return found
