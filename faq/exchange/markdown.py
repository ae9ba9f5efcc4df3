"""Articles as Markdown, one file a topic, for those who write and review in text.

    # payment
    ## payment-cod
    updated: 2026-11-01
    next: ask_offer
    ### id: Bayar di tempat
    - Bisa COD?
    > Bisa, sampai Rp2.000.000.

A line break inside a title or a wording is written \\n, a backslash \\\\.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

from faq.articles import LANGUAGES, Article
from faq.exchange.trees import Placed
from faq.reading import Fault

_HEADING = re.compile(r"(#{1,3}) +(.*)")
_TOPIC, _ARTICLE = 1, 2  # levels of headings; below them stands a text
_FIELD = re.compile(r"(updated|next|see): *(.*)")


def write_markdown(articles: Sequence[Article], folder: Path) -> list[Path]:
    """Write one file a topic into `folder`, and return them. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    ordered = sorted(articles, key=attrgetter("topic"))
    for number, (topic, group) in enumerate(groupby(ordered, attrgetter("topic")), 1):
        name = re.sub(r"[^a-z0-9]+", "-", topic.lower()).strip("-") or f"topic-{number}"
        file = folder / f"{name}.md"
        if file in written:
            file = folder / f"{name}-{number}.md"
        lines = [f"# {_escaped(topic)}", *(line for one in group for line in _lines(one))]
        file.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
        written.append(file)
    return written


def read_markdown(file: Path) -> tuple[list[Placed], list[Fault]]:
    """Return the articles of one file as trees, and lines that are none. Raises OSError."""
    try:
        text = file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        return [], [Fault(str(file), 1, f"not UTF-8 at byte {error.start}")]
    reading = _Page()
    for number, line in enumerate(text.split("\n"), 1):
        reading.take(number, line)
    return reading.articles, [Fault(str(file), line, reason) for line, reason in reading.faults]


class _Page:
    """What has been read of one file, and where the next line belongs."""

    def __init__(self) -> None:
        self.articles: list[Placed] = []
        self.faults: list[tuple[int, str]] = []
        self._topic = ""
        self._article: dict[str, Any] | None = None
        self._text: dict[str, Any] | None = None

    def take(self, number: int, line: str) -> None:
        """Add one line; the first mark in it says what it is."""
        heading, known = _HEADING.fullmatch(line.rstrip()), _FIELD.fullmatch(line.rstrip())
        if heading:
            self._begin(number, len(heading[1]), _unescaped(heading[2]))
        elif line.startswith("- ") and self._text is not None:
            wording = Placed(number, _unescaped(line[2:].strip()))
            self._text.setdefault("questions", Placed(number, [])).tree.append(wording)
        elif line.startswith(">") and self._text is not None:
            said = self._text.setdefault("answer", Placed(number, ""))
            said.tree += ("\n" if said.tree else "") + line[1:].removeprefix(" ")
        elif known and self._article is not None and self._text is None:
            self._article[known[1]] = Placed(number, _field(known[1], known[2]))
        elif line.strip():
            self.faults.append((number, f"{line.strip()[:40]!r} is no part of an article"))

    def _begin(self, number: int, level: int, words: str) -> None:
        if level == _TOPIC:
            self._topic, self._article, self._text = words, None, None
        elif level == _ARTICLE:
            self._article = {"article": words, "topic": self._topic, "texts": {}}
            self._text = None
            self.articles.append(Placed(number, self._article))
        elif self._article is None:
            self.faults.append((number, "a text must stand below an article (## id)"))
        else:
            lang, _, title = words.partition(":")
            self._text = {"title": title.strip()}
            if lang in self._article["texts"]:
                self.faults.append((number, f"the text {lang!r} is there already"))
            self._article["texts"][lang] = Placed(number, self._text)


def _lines(article: Article) -> Iterator[str]:
    yield ""
    yield f"## {article.id}"
    yield f"updated: {article.updated.isoformat()}"
    if article.next_actions:
        yield f"next: {' '.join(article.next_actions)}"
    if article.see:
        yield f"see: {' '.join(article.see)}"
    for lang in LANGUAGES:
        text = article.texts[lang]
        yield ""
        yield f"### {lang}: {_escaped(text.title)}"
        yield ""
        yield from (f"- {_escaped(question)}" for question in text.questions)
        yield ""
        yield from (f"> {line}" if line else ">" for line in text.answer.split("\n"))


def _field(name: str, value: str) -> Any:
    if name == "next":
        return [{"action": each} for each in value.split()]
    return value.split() if name == "see" else value


def _escaped(words: str) -> str:
    return words.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")


def _unescaped(words: str) -> str:
    return re.sub(r"\\([nr\\])", lambda each: {"n": "\n", "r": "\r"}.get(each[1], each[1]), words)
