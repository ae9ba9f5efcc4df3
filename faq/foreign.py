"""Read a foreign knowledge base and questions to it, as `sapa faq evaluate` takes them."""

import json
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from faq.corpus import Corpus, Passage

Row = TypeVar("Row")


class BadRow(ValueError):
    """A line of the given files is not what it should be."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a foreign knowledge base."""

    id: str
    question: str
    answer: str
    lang: str
    wordings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """One question and every entry that answers it; none if nothing does."""

    text: str
    faq_ids: frozenset[str]
    lang: str
    style: str


def read_kb(file: Path) -> list[Entry]:
    """Read the entries. Raises BadRow, with file and line, for what is not an entry."""
    seen: set[str] = set()

    def entry(row: Mapping[str, Any]) -> Entry:
        entry_id = _id(row.get("id"), "id")
        if entry_id in seen:
            raise BadRow(f"the id {entry_id!r} is given to two entries")
        seen.add(entry_id)
        wordings = row.get("wordings") or []
        if not isinstance(wordings, list) or not all(isinstance(w, str) for w in wordings):
            raise BadRow("'wordings' must be a list of texts")
        question, answer = _text(row, "question"), _text(row, "answer")
        if not any(text.strip() for text in (question, answer, *wordings)):
            raise BadRow("the entry has no words to find it by")
        return Entry(entry_id, question, answer, _text(row, "lang"), tuple(wordings))

    entries = _read(file, entry)
    if not entries:
        raise BadRow(f"{file}: no entries")
    return entries


def read_queries(file: Path, known: Container[str]) -> list[Question]:
    """Read the questions. Raises BadRow, with file and line, for what is not a question.

    `known` holds the ids of all entries; a question that names another one is refused.
    """

    def question(row: Mapping[str, Any]) -> Question:
        several = row.get("faq_ids")
        if several is None and "faq_id" not in row:
            raise BadRow("the row has no 'faq_id'; write null if no entry answers it")
        if several is not None and not isinstance(several, list):
            raise BadRow("'faq_ids' must be a list of ids")
        one = row.get("faq_id")
        right = several or ([] if one is None else [one])
        ids = frozenset(_id(each, "faq_id") for each in right)
        for each in sorted(ids):
            if each not in known:
                raise BadRow(f"no entry of the knowledge base has the id {each!r}")
        style = "" if row.get("style") is None else _text(row, "style")
        return Question(_text(row, "text"), ids, _text(row, "lang"), style)

    return _read(file, question)


def foreign_corpus(entries: Sequence[Entry]) -> Corpus:
    """Return the corpus of foreign entries; one without any question is found by its answer."""
    wordings, answers = [], []
    for row, entry in enumerate(entries):
        asked = dict.fromkeys(w.strip() for w in (entry.question, *entry.wordings) if w.strip())
        for turn, text in enumerate(asked or [entry.answer]):
            wordings.append(Passage(row, text, entry.lang, turn))
        if entry.answer.strip():
            answers.append(Passage(row, entry.answer, entry.lang))
    return Corpus.of_passages([entry.id for entry in entries], wordings, answers)


def _read(file: Path, make: Callable[[Mapping[str, Any]], Row]) -> list[Row]:
    rows = []
    # Split as bytes: a text may hold U+2028 and other characters that str.splitlines breaks at.
    for number, line in enumerate(file.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line.decode("utf-8"))
            if not isinstance(row, dict):
                raise BadRow("a row must be a JSON object")
            rows.append(make(row))
        except UnicodeDecodeError as error:
            raise BadRow(f"{file}:{number}: not UTF-8") from error
        except json.JSONDecodeError as error:
            raise BadRow(f"{file}:{number}: broken JSON: {error.msg}") from error
        except RecursionError as error:
            raise BadRow(f"{file}:{number}: broken JSON: nested too deep") from error
        except BadRow as error:
            raise BadRow(f"{file}:{number}: {error}") from error
    return rows


def _text(row: Mapping[str, Any], field: str) -> str:
    if field not in row:
        raise BadRow(f"the row has no {field!r}")
    if not isinstance(row[field], str):
        raise BadRow(f"{field!r} must be text")
    return str(row[field])


def _id(value: object, field: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise BadRow(f"{field!r} must be text")
    if not str(value).strip():
        raise BadRow(f"{field!r} is empty")
    return str(value)
