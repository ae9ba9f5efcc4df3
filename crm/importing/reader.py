"""Read a CSV file into rows of values, noting everything that is wrong with it."""

from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from crm.importing.kinds import Kind, Row
from crm.importing.problems import ImportRefused, Problem
from spreadsheets.reading import NotATable, read_records


@dataclass(frozen=True, slots=True)
class Line:
    """One row and the physical line where it starts."""

    number: int
    row: Row


@dataclass(frozen=True, slots=True)
class Content:
    """What a file holds."""

    lines: list[Line]  # rows that are well formed
    problems: list[Problem]  # of the other rows
    keys: set[str]  # first key of every row, also of those with problems


def read(file: Path, kind: Kind, zone: ZoneInfo) -> Content:
    """Read the rows, and note what is wrong with the others.

    Raises ImportRefused if the file as a whole cannot be read, OSError if it is not there.
    """
    try:
        heading, *rest = read_records(file)
    except NotATable as error:
        raise ImportRefused(str(file), [Problem(error.line, "", error.reason)]) from error
    columns = [name.strip() for name in heading.cells]
    problems = _heading_problems(columns, kind)
    if problems:
        raise ImportRefused(str(file), problems)
    lines = []
    keys = set()
    seen: dict[tuple[object, ...], int] = {}
    for record in rest:
        number = record.line
        row, found = _row(number, record.cells, columns, kind, zone)
        problems += found
        keys.add(str(row.get(kind.keys[0])))
        if found:
            continue
        key = tuple(row[name] for name in kind.keys)
        if key in seen:
            reason = f"{_shown(key)} is already in line {seen[key]}"
            problems.append(Problem(number, kind.keys[0], reason))
            continue
        seen[key] = number
        lines.append(Line(number, row))
    return Content(lines, problems, keys)


def _heading_problems(columns: list[str], kind: Kind) -> list[Problem]:
    if len(columns) == 1 and (";" in columns[0] or "\t" in columns[0]):
        return [Problem(1, "", "columns must be separated by commas")]
    problems = [
        Problem(1, name, "unknown column; known are " + ", ".join(kind.columns))
        for name in columns
        if name not in kind.columns
    ]
    problems += [
        Problem(1, name, "the column is missing")
        for name, column in kind.columns.items()
        if column.required and name not in columns
    ]
    twice = {name for name in columns if columns.count(name) > 1}
    return problems + [Problem(1, name, "the column is there twice") for name in sorted(twice)]


def _row(
    number: int, record: list[str], columns: list[str], kind: Kind, zone: ZoneInfo
) -> tuple[Row, list[Problem]]:
    if len(record) != len(columns):
        reason = f"{len(record)} cells for {len(columns)} columns"
        return {}, [Problem(number, "", reason)]
    row = {}
    problems = []
    for name, cell in zip(columns, record, strict=True):
        column = kind.columns[name]
        stripped = cell.strip()
        if not stripped:
            row[name] = list(column.empty) if isinstance(column.empty, tuple) else column.empty
            if column.required:
                problems.append(Problem(number, name, "is empty"))
            continue
        try:
            row[name] = column.cell(stripped, zone)
        except ValueError as error:
            problems.append(Problem(number, name, str(error)))
    if not problems and kind.rule is not None:
        problems += [Problem(number, name, reason) for name, reason in kind.rule(row)]
    return row, problems


def _shown(key: tuple[object, ...]) -> str:
    return " ".join(str(part) for part in key)
