"""Articles as CSV: one row a language and article, so that translators see both side by side.

Wordings stand in one cell, separated by " | "; a bar inside a wording is written \\|, a backslash
\\\\. `next` and `see` are ids separated by spaces, and need stand in one of the rows only.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from faq.articles import LANGUAGES, Article
from faq.exchange.trees import Placed, Tree
from faq.reading import Fault
from spreadsheets.reading import NotATable, read_records, undefused
from spreadsheets.writing import ENCODING, write_records

COLUMNS = ("article", "topic", "updated", "lang", "title", "questions", "answer", "next", "see")
_SEPARATORS = ",;\t"
_SHARED = ("topic", "updated", "next", "see")  # the same in every row of an article
_BAR = " | "


def write_table(articles: Sequence[Article], file: Path) -> None:
    """Write all articles to `file`. Raises OSError."""
    rows = [
        (
            article.id,
            article.topic,
            article.updated.isoformat(),
            lang,
            article.texts[lang].title,
            _BAR.join(map(_escaped, article.texts[lang].questions)),
            article.texts[lang].answer,
            " ".join(article.next_actions),
            " ".join(article.see),
        )
        for article in articles
        for lang in LANGUAGES
    ]
    with file.open("w", encoding=ENCODING, newline="") as stream:
        write_records(stream, [COLUMNS, *rows])


def read_table(file: Path) -> tuple[list[Placed], list[Fault]]:
    """Return the articles as trees, and what is wrong with the table itself. Raises OSError."""
    try:
        heading, *records = read_records(file, _SEPARATORS)
    except NotATable as error:
        return [], [Fault(str(file), error.line, error.reason)]
    columns = [name.strip().lower() for name in heading.cells]
    if sorted(columns) != sorted(COLUMNS):
        reason = f"the columns must be {', '.join(COLUMNS)}, not {', '.join(columns)}"
        return [], [Fault(str(file), 1, reason)]
    articles: dict[str, dict[str, Any]] = {}
    lines: dict[str, int] = {}
    faults: list[Fault] = []
    for record in records:
        if len(record.cells) != len(columns):
            reason = f"{len(record.cells)} cells for {len(columns)} columns"
        else:
            cells = (undefused(cell.strip()) for cell in record.cells)
            row = dict(zip(columns, cells, strict=True))
            lines.setdefault(row["article"], record.line)
            reason = _add(row, record.line, articles)
        if reason:
            faults.append(Fault(str(file), record.line, reason))
    return [Placed(lines[each], article) for each, article in articles.items()], faults


def _add(row: Mapping[str, str], line: int, articles: dict[str, dict[str, Any]]) -> str:
    """Add a row to its article; returns what is wrong with the row."""
    name = row["article"]
    article = articles.setdefault(name, {"article": name, "texts": {}})
    for key in _SHARED:
        value = _shared(key, row[key])
        if value and article.setdefault(key, value) != value:
            return f"{key}: differs from the row above for {name!r}"
    if row["lang"] in article["texts"]:
        return f"lang: {name!r} has {row['lang']!r} already"
    questions = _wordings(row["questions"])
    text = {"title": row["title"], "questions": questions, "answer": row["answer"]}
    article["texts"][row["lang"]] = Placed(line, text)
    return ""


def _shared(name: str, cell: str) -> Tree:
    if name == "next":
        return [{"action": each} for each in cell.split()]
    return cell.split() if name == "see" else cell


def _escaped(wording: str) -> str:
    return wording.replace("\\", "\\\\").replace("|", "\\|")


def _wordings(cell: str) -> list[str]:
    parts = re.split(r"((?:[^\\|]|\\.)*)(?:\||$)", cell, flags=re.DOTALL)[1::2]
    return [
        re.sub(r"\\(.)", r"\1", part, flags=re.DOTALL) for each in parts if (part := each.strip())
    ]
