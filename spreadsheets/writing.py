"""Write CSV that a spreadsheet opens as what it is: words, never formulas.

Source: OWASP, "CSV Injection": https://owasp.org/www-community/attacks/CSV_Injection
"""

import csv
import re
from collections.abc import Iterable, Sequence
from typing import TextIO

# What makes a spreadsheet compute a cell; the full-width signs do in Japanese settings.
RISKY = r"=+\-@\t\r\n＝＋－＠"

ENCODING = "utf-8-sig"  # without the mark Excel takes UTF-8 for a Western code page


def write_records(stream: TextIO, rows: Iterable[Sequence[object]]) -> None:
    """Write rows to `stream`, opened with newline="" and, for a file, with ENCODING."""
    csv.writer(stream).writerows([defused(str(cell)) for cell in row] for row in rows)


def defused(cell: str) -> str:
    """Put an apostrophe before what would be a formula; `undefused` takes it away again."""
    return f"'{cell}" if re.match(rf"'*[{RISKY}]", cell) else cell
