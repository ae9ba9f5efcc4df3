"""Read the cells of a CSV file, and say in which line it is none."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from spreadsheets.writing import RISKY

_BYTE_ORDER_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


class NotATable(ValueError):
    """The file as a whole cannot be read."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"{line}: {reason}")
        self.line, self.reason = line, reason


@dataclass(frozen=True, slots=True)
class Record:
    """One row, and the physical line where it starts, from 1."""

    line: int
    cells: list[str]


def read_records(file: Path, separators: str = ",") -> list[Record]:
    """Return all rows, the heading first; blank lines are skipped.

    Of several `separators` the one that the heading has most is taken. Raises NotATable, OSError.
    """
    text = _decoded(file)
    heading = text.split("\n", 1)[0]
    try:
        records = list(_records(text, max(separators, key=heading.count)))
    except csv.Error as error:
        raise NotATable(1, f"not a CSV file: {error}") from error
    if not records:
        raise NotATable(1, "the file is empty")
    return records


def undefused(cell: str) -> str:
    """Take away the apostrophe with which a cell was kept from being a formula."""
    return cell[1:] if re.match(rf"'+[{RISKY}]", cell) else cell


def _decoded(file: Path) -> str:
    raw = file.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        looks_like = _BYTE_ORDER_MARKS.get(raw[:2], "another encoding")
        reason = f"not UTF-8 but {looks_like} (byte {raw[error.start]:#04x}); save it as UTF-8"
        raise NotATable(line, reason) from error


def _records(text: str, separator: str) -> Iterator[Record]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator)
    start = 1
    for cells in reader:
        if cells:
            yield Record(start, cells)
        start = reader.line_num + 1
