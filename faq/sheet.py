"""Try the articles on a test sheet: questions as customers ask them, and what must answer each."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from faq.articles import LANGUAGES
from faq.engine import FaqEngine, Finding
from spreadsheets.reading import NotATable, Record, read_records, undefused

COLUMNS = ("question", "article", "lang")
_REQUIRED = ("question", "article")
_SEPARATORS = ",;\t"
_MAX_CHARS = 4_096

Verdict = Literal["ok", "asks", "wrong"]


@dataclass(frozen=True, slots=True, order=True)
class BadRow:
    """What is wrong with one row of a sheet."""

    file: str
    line: int
    column: str  # empty: the whole row
    reason: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: "
        return where + (f"{self.column}: " if self.column else "") + self.reason


class BadSheet(ValueError):
    """The sheet has rows that say nothing one could test."""

    def __init__(self, rows: Sequence[BadRow]) -> None:
        super().__init__("\n".join(map(str, rows)))
        self.rows = tuple(rows)


@dataclass(frozen=True, slots=True)
class Case:
    """One row: what is asked, and the article that must answer, None for no article."""

    line: int
    question: str
    article: str | None
    lang: Literal["id", "en"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one row; `before` is what the index in use finds, None if there is none."""

    case: Case
    found: Finding
    before: Finding | None

    @property
    def verdict(self) -> Verdict:
        """Whether the customer is told the right thing, is asked what they mean, or neither.

        Asking is half right: the right title must be among the choices.
        """
        return _verdict(self.case, self.found)

    @property
    def has_changed(self) -> bool:
        """Whether publishing would change what the customer is told."""
        return self.before is not None and _told(self.before) != _told(self.found)


def read_sheet(file: Path, known_articles: Collection[str]) -> list[Case]:
    """Return the rows of a sheet. Raises BadSheet, naming every bad row, or OSError."""
    try:
        heading, *records = read_records(file, _SEPARATORS)
    except NotATable as error:
        raise BadSheet([BadRow(str(file), error.line, "", error.reason)]) from error
    columns = [name.strip().lower() for name in heading.cells]
    bad = [BadRow(str(file), 1, *each) for each in _bad_columns(columns)]
    if bad:
        raise BadSheet(bad)
    cases, seen = [], dict[tuple[str, str], int]()
    for record in records:
        cells = dict(zip(columns, (undefused(cell.strip()) for cell in record.cells), strict=False))
        faults = [
            BadRow(str(file), record.line, *each)
            for each in _faults(record, columns, cells, known_articles, seen)
        ]
        bad += faults
        if not faults:
            lang: Literal["id", "en"] = "en" if cells.get("lang") == "en" else "id"
            cases.append(Case(record.line, cells["question"], cells["article"] or None, lang))
    if not cases and not bad:
        bad.append(BadRow(str(file), 1, "", "the sheet has no questions"))
    if bad:
        raise BadSheet(sorted(bad))
    return cases


def try_out(cases: Sequence[Case], now: FaqEngine, before: FaqEngine | None) -> list[Outcome]:
    """Ask both engines every question."""
    return [
        Outcome(
            case,
            now.search(case.question, case.lang),
            before.search(case.question, case.lang) if before else None,
        )
        for case in cases
    ]


def described(finding: Finding) -> str:
    """Say in a few words what a customer would be told."""
    told = _told(finding)
    if told[0] == "abstain":
        return "gives no answer"
    word = "answers" if told[0] == "answer" else "asks"
    return f"{word} {' or '.join(told[1:])} ({finding.confidence:.2f})"


def _told(finding: Finding) -> tuple[str, ...]:
    if finding.decision == "answer":
        return ("answer", finding.ranked[0].article_id)
    if finding.decision == "clarify":
        return ("clarify", *(match.article_id for match in finding.choices))
    return ("abstain",)


def _verdict(case: Case, found: Finding) -> Verdict:
    kind, *articles = _told(found)
    if kind == "clarify":
        return "asks" if case.article is None or case.article in articles else "wrong"
    return "ok" if articles == ([case.article] if case.article else []) else "wrong"


def _bad_columns(columns: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name in columns:
        if name not in COLUMNS:
            yield name, f"unknown column; known are {', '.join(COLUMNS)}"
        elif columns.count(name) > 1:
            yield name, "the column is there twice"
    for name in _REQUIRED:
        if name not in columns:
            yield name, "the column is missing"


def _faults(
    record: Record,
    columns: Sequence[str],
    cells: dict[str, str],
    known_articles: Collection[str],
    seen: dict[tuple[str, str], int],
) -> Iterator[tuple[str, str]]:
    if len(record.cells) != len(columns):
        yield "", f"{len(record.cells)} cells for {len(columns)} columns"
        return
    question, article, lang = cells["question"], cells["article"], cells.get("lang", "")
    if not question:
        yield "question", "is empty"
    elif len(question) > _MAX_CHARS:
        yield "question", f"has {len(question)} characters, at most {_MAX_CHARS}"
    elif (earlier := seen.setdefault((question, lang), record.line)) != record.line:
        yield "question", f"{question!r} is already in line {earlier}"
    if article and article not in known_articles:
        yield "article", f"there is no article {article!r}"
    if lang and lang not in LANGUAGES:
        yield "lang", f"{lang!r} is none of {', '.join(LANGUAGES)}"
