"""Read a file of baskets, and split it into what is learned from and what is asked.

With customers and dates: learn from the baskets before one day; asked is, of every customer among
them, the first basket from then on and before another day, and of it only what they had never
bought. Without them: of every fifth basket one product, drawn with a seed, is asked and the others
are given; the other four fifths are learned from.
"""

import csv
import gzip
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from crm.recommending.purchases import Purchases

COLUMNS = ("customer_id", "basket_id", "date", "item_id", "item_name", "qty", "price")
_EVERY, _SEED = 5, 1


class BadBaskets(Exception):
    """A file cannot be used; the message names file, line and reason."""


@dataclass(frozen=True, slots=True)
class Line:
    """One product of a basket."""

    customer: str
    basket: str
    date: datetime | None
    item: str
    name: str


@dataclass(slots=True)
class Task:
    """Purchases to learn from, and questions."""

    purchases: Purchases
    given: list[list[str]] = field(default_factory=list)  # what was bought before
    wanted: list[frozenset[str]] = field(default_factory=list)  # never bought before, bought then
    left_out: dict[str, int] = field(default_factory=dict)  # lines, by reason


def read(file: Path) -> tuple[list[Line], dict[str, int]]:
    """Return the sales in the file, and how many lines were left out and why.

    Raises BadBaskets.
    """
    left_out: dict[str, int] = defaultdict(int)
    codes: dict[str, set[str]] = defaultdict(set)
    lines = []
    try:
        with gzip.open(file, "rt", encoding="utf-8", newline="") as text:
            for line, quantity in _parsed(file, csv.DictReader(text)):
                codes[line.name].add(line.item)
                if quantity <= 0:
                    left_out["returned or cancelled (quantity not above 0)"] += 1
                else:
                    lines.append(line)
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise BadBaskets(f"{file}: {error}") from error
    if not lines:
        raise BadBaskets(f"{file}: no basket in it")
    left_out["names sold under several codes, each code learned by itself"] = sum(
        len(found) > 1 for name, found in codes.items() if name
    )
    return lines, dict(left_out)


def split(file: Path, train_before: datetime | None, test_before: datetime | None) -> Task:
    """Make the task. Raises BadBaskets, also if days are asked for that the file lacks."""
    lines, left_out = read(file)
    if all(line.date is None and not line.customer for line in lines):
        return _completion(lines, left_out)
    if train_before is None or test_before is None or train_before >= test_before:
        raise BadBaskets(f"{file}: has dates: give --train-before and a later --test-before")
    return _later(file, lines, left_out, train_before, test_before)


def _later(
    file: Path, lines: list[Line], left_out: dict[str, int], start: datetime, end: datetime
) -> Task:
    task = Task(Purchases(start), left_out=left_out)
    had: dict[str, dict[str, None]] = defaultdict(dict)
    later: dict[str, list[tuple[datetime, str, str]]] = defaultdict(list)
    nobody = 0
    for line in lines:
        if not line.customer or line.date is None:
            nobody += 1
        elif line.date < start:
            had[line.customer][line.item] = None
            task.purchases.add([(line.customer, line.item, line.date)])
        elif line.date < end:
            later[line.customer].append((line.date, line.basket, line.item))
    left_out["of no known customer, or without a date"] = nobody
    if not had:
        raise BadBaskets(f"{file}: no basket of a customer before {start:%Y-%m-%d}")
    for customer, bought in had.items():
        if customer not in later:
            continue
        _, first, _ = min(later[customer])
        new = frozenset(item for _, basket, item in later[customer] if basket == first) - set(
            bought
        )
        if new:
            task.given.append(list(bought))
            task.wanted.append(new)
    return task


def _completion(lines: list[Line], left_out: dict[str, int]) -> Task:
    day = datetime(2000, 1, 1)  # noqa: DTZ001 - any day will do: nothing has a date
    task = Task(Purchases(day), left_out=left_out)
    baskets: dict[str, dict[str, None]] = defaultdict(dict)
    for line in lines:
        baskets[line.basket][line.item] = None
    drawn = random.Random(_SEED)
    for number, (basket, found) in enumerate(baskets.items()):
        items = list(found)
        if number % _EVERY:
            task.purchases.add((basket, item, day) for item in items)
        elif len(items) > 1:
            wanted = drawn.choice(items)
            task.given.append([item for item in items if item != wanted])
            task.wanted.append(frozenset({wanted}))
    return task


def _parsed(file: Path, rows: "csv.DictReader[str]") -> Iterator[tuple[Line, float]]:
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        raise BadBaskets(f"{file}:1: column missing: {', '.join(missing)}")
    for row in rows:
        try:
            if not row["basket_id"] or not row["item_id"]:
                raise ValueError("basket_id or item_id is empty")
            date = datetime.fromisoformat(row["date"]) if row["date"] else None
            yield (
                Line(row["customer_id"], row["basket_id"], date, row["item_id"], row["item_name"]),
                float(row["qty"]),
            )
        except (ValueError, TypeError) as error:
            raise BadBaskets(f"{file}:{rows.line_num}: {error}") from error
