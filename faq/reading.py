"""Read one article from the YAML tree in which it was written, and note every fault by its line.

Imported tables and Markdown are turned into the same tree, so that one set of rules holds for all.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import yaml

from faq.articles import LANGUAGES, NEXT_ACTIONS, Article, Text

MIN_WORDINGS = 3
MAX_ANSWER_CHARS = 600  # fits a phone
_REQUIRED = {"article", "topic", "updated", "texts"}
REFERENCE = re.compile(r"\[\[([^\[\]]*)\]\]")


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """Why an article cannot be published, and where it says so."""

    file: str
    line: int  # from 1
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


@dataclass
class Reading:
    """What has been read so far, across files."""

    articles: list[Article] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)  # article id -> file:line
    wordings: dict[tuple[str, str], str] = field(default_factory=dict)  # (lang, plain) -> file:line
    references: list[tuple[str, str, int]] = field(default_factory=list)  # article id, file, line

    def found_faults(self) -> list[Fault]:
        """Return every fault by file and line, now that all is read that may be referred to."""
        gone = [
            Fault(file, line, f"there is no article {referred!r}")
            for referred, file, line in self.references
            if referred not in self.places
        ]
        return sorted({*self.faults, *gone})


@dataclass
class At:
    """A YAML node and the file it stands in; faults found here are kept."""

    reading: Reading
    file: str
    node: yaml.Node

    @property
    def line(self) -> int:
        return int(self.node.start_mark.line) + 1

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"

    def fault(self, reason: str) -> None:
        self.reading.faults.append(Fault(self.file, self.line, reason))

    def at(self, node: yaml.Node) -> "At":
        return At(self.reading, self.file, node)

    def mapping(self, what: str, required: set[str], optional: set[str]) -> dict[str, "At"]:
        """Return the values by key; report a missing, unknown or repeated key."""
        if not isinstance(self.node, yaml.MappingNode):
            self.fault(f"{what} must be a mapping of {', '.join(sorted(required))}")
            return {}
        values: dict[str, At] = {}
        for key, value in self.node.value:
            name = str(key.value)
            if name in values:
                self.at(key).fault(f"{name!r} is given twice in {what}")
            elif name not in required | optional:
                self.at(key).fault(f"unknown key {name!r} in {what}")
            else:
                values[name] = self.at(value)
        for name in sorted(required - values.keys()):
            self.fault(f"{what} has no {name!r}")
        return values

    def items(self, what: str) -> Iterator["At"]:
        if isinstance(self.node, yaml.SequenceNode):
            yield from map(self.at, self.node.value)
        else:
            self.fault(f"{what} must be a list")

    def text(self, what: str) -> str:
        """Return the words exactly as written, so that a title `No` stays a word."""
        if not isinstance(self.node, yaml.ScalarNode):
            self.fault(f"{what} must be text")
            return ""
        words = str(self.node.value).strip()
        if not words or self.node.tag == "tag:yaml.org,2002:null":
            self.fault(f"{what} is empty")
            return ""
        return words


def read_article(at: At) -> None:
    """Add the article that stands in this node, or its faults, to what has been read.

    References in its answers are left as they are written.
    """
    before = len(at.reading.faults)
    keys = at.mapping("the article", _REQUIRED, {"next", "see", "draft"})
    article_id = _read_id(keys["article"]) if "article" in keys else ""
    topic = keys["topic"].text("topic") if "topic" in keys else ""
    updated = _read_date(keys["updated"]) if "updated" in keys else None
    texts = _read_texts(keys["texts"]) if "texts" in keys else {}
    actions = _read_next(keys["next"]) if "next" in keys else []
    see = _read_see(keys["see"]) if "see" in keys else []
    if "draft" in keys:
        _refuse_draft(keys["draft"], article_id)
    if len(at.reading.faults) == before and updated is not None:
        article = Article.of(article_id, topic, updated, texts, next_actions=actions, see=see)
        at.reading.articles.append(article)


def _refuse_draft(at: At, article_id: str) -> None:
    draft = at.text("draft")
    if draft == "true":
        at.fault(
            f"article {article_id!r} is a draft; when it is right, delete this line to approve it"
        )
    elif draft and draft != "false":
        at.fault(f"draft {draft!r} is neither true nor false")


def _read_id(at: At) -> str:
    article_id = at.text("the article id")
    if not article_id:
        return ""
    if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", article_id):
        at.fault(f"article id {article_id!r} must be small letters, digits and single hyphens")
    if article_id in at.reading.places:
        at.fault(f"article {article_id!r} exists already at {at.reading.places[article_id]}")
    at.reading.places.setdefault(article_id, at.place)
    return article_id


def _read_date(at: At) -> date | None:
    written = at.text("updated")
    try:
        return date.fromisoformat(written)
    except ValueError:
        if written:
            at.fault(f"updated {written!r} is not a date like 2026-11-01")
        return None


def _read_texts(at: At) -> dict[str, Text]:
    languages = at.mapping("texts", set(LANGUAGES), set())
    return {lang: _read_text(each, lang) for lang, each in languages.items()}


def _read_text(at: At, lang: str) -> Text:
    keys = at.mapping(f"the {lang} text", {"title", "questions", "answer"}, set())
    title = keys["title"].text(f"the {lang} title") if "title" in keys else ""
    questions = _read_questions(keys["questions"], lang) if "questions" in keys else []
    answer = _read_answer(keys["answer"], lang) if "answer" in keys else ""
    return Text(title, tuple(questions), answer)


def _read_questions(at: At, lang: str) -> list[str]:
    questions: dict[str, str] = {}  # by plain form
    for each in at.items(f"the {lang} questions"):
        question = each.text("a wording")
        plain = plain_form(question)
        if question and not plain:
            each.fault(f"wording {question!r} has no letters or digits")
        elif plain:
            earlier = at.reading.wordings.setdefault((lang, plain), each.place)
            if earlier != each.place or plain in questions:
                each.fault(f"wording {question!r} appears already at {earlier}")
            questions[plain] = question
    if len(questions) < MIN_WORDINGS:
        at.fault(f"{len(questions)} {lang} wordings, at least {MIN_WORDINGS} are needed")
    return list(questions.values())


def _read_answer(at: At, lang: str) -> str:
    answer = at.text(f"the {lang} answer")
    if len(answer) > MAX_ANSWER_CHARS:
        at.fault(f"the {lang} answer has {len(answer)} characters, at most {MAX_ANSWER_CHARS}")
    for referred in REFERENCE.findall(answer):
        at.reading.references.append((referred, at.file, at.line))
    return answer


def _read_next(at: At) -> list[str]:
    actions = []
    for each in at.items("next"):
        keys = each.mapping("next", {"action"}, set())
        action = keys["action"].text("the action") if "action" in keys else ""
        if action and action not in NEXT_ACTIONS:
            keys["action"].fault(
                f"unknown action {action!r}; known are {', '.join(sorted(NEXT_ACTIONS))}"
            )
        actions.append(action)
    return actions


def _read_see(at: At) -> list[str]:
    see = []
    for each in at.items("see"):
        referred = each.text("the article id in see")
        at.reading.references.append((referred, each.file, each.line))
        see.append(referred)
    return see


def plain_form(words: str) -> str:
    """Return only the letters and digits, so that case, spaces and punctuation do not differ."""
    folded = unicodedata.normalize("NFKC", words).casefold()
    return "".join(c for c in folded if c.isalnum())
