"""Fit BG/NBD on a public purchase log, beside the parameters that its paper published.

    .venv/bin/python -m bench.purchases --log CDNOW_sample.txt

The log is CDNOW's 1/10 sample (Fader and Hardie; brucehardie.com/datasets, also inside the package
`lifetimes` 0.11.3): lines of "master-id id yyyymmdd cds dollars", 1 January 1997 to 30 June 1998.
As in the paper the first 39 weeks are learned from; beyond it, the 39 that follow are foretold
and counted. Orders of one day are one purchase.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import numpy as np

from crm.value.bgnbd import BgNbd, Numbers, fit

PAPER = BgNbd(0.243, 4.414, 0.793, 2.426)  # Fader, Hardie, Lee 2005, table 2
_END = date(1997, 9, 30)  # of the 39 weeks
_WEEK_DAYS = 7.0
_AHEAD_WEEKS = 39.0
_CLOSE = 0.02  # relative


class BadLog(Exception):
    """The log cannot be used; the message names file, line and reason."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit, compare and print; 1 if the parameters differ by more than 2 %."""
    parser = argparse.ArgumentParser(description="Fit BG/NBD on CDNOW's log.")
    parser.add_argument("--log", type=Path, required=True)
    file = parser.parse_args(arguments).log
    try:
        days = read(file)
    except BadLog as error:
        print(error, file=sys.stderr)
        return 1
    repeats, last, age, later = habits(days)
    found = fit(repeats, last, age)
    if found is None:
        print(f"{file}: too few customers", file=sys.stderr)
        return 1
    print(f"{len(days)} customers, {int(repeats.sum())} repeat purchases in 39 weeks")
    print(f"{'':8}{'found':>9}{'paper':>9}")
    worst = 0.0
    for name, value in found.as_json().items():
        published = PAPER.as_json()[name]
        worst = max(worst, abs(value / published - 1))
        print(f"{name:8}{value:9.3f}{published:9.3f}")
    expected = found.expected(repeats, last, age, _AHEAD_WEEKS)
    print(f"farthest from the paper: {worst:.1%}")
    print(
        f"the 39 weeks that follow: {expected.sum():.0f} foretold, {later.sum():.0f} seen; "
        f"correlation by customer {np.corrcoef(expected, later)[0, 1]:.3f}"
    )
    return 0 if worst <= _CLOSE else 1


def read(file: Path) -> dict[str, set[date]]:
    """Return the days on which each customer bought. Raises BadLog."""
    days: dict[str, set[date]] = defaultdict(set)
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadLog(f"{file}: {error}") from error
    for number, line in enumerate(lines, 1):
        cells = line.split()
        try:
            _, customer, day, _, _ = cells
            days[customer].add(datetime.strptime(day, "%Y%m%d").date())  # noqa: DTZ007 - a day
        except ValueError as error:
            raise BadLog(f"{file}:{number}: {error}") from error
    return days


def habits(days: dict[str, set[date]]) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Return repeats, last and age (n,) in weeks until the end, and the purchases after it."""
    rows = []
    for bought in days.values():
        known = sorted(day for day in bought if day <= _END)
        if known:
            first = known[0]
            rows.append(
                (
                    len(known) - 1,
                    (known[-1] - first).days / _WEEK_DAYS,
                    (_END - first).days / _WEEK_DAYS,
                    len(bought) - len(known),
                )
            )
    table = np.array(rows, dtype=np.float64)
    return table[:, 0], table[:, 1], table[:, 2], table[:, 3]


if __name__ == "__main__":
    sys.exit(main())
