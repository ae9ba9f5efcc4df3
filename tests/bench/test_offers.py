import csv
import gzip
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("implicit", reason="only with the extra [bench]: make bench-offers")

from bench import offers
from bench.baskets import COLUMNS, BadBaskets, split
from bench.offer_rivals import ease, item_cosine, ours, popularity
from crm.recommending.purchases import Purchases

Row = tuple[str, str, str, str, str, str, str]
START, END = offers._day("2026-03-01"), offers._day("2026-04-01")


def line(customer: str, basket: str, date: str, item: str, qty: str = "1") -> Row:
    return customer, basket, date, item, f"name of {item}", qty, "1.5"


def write(folder: Path, rows: Iterable[Row], columns: tuple[str, ...] = COLUMNS) -> Path:
    file = folder / "shop" / "baskets.csv.gz"
    file.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(file, "wt", encoding="utf-8", newline="") as text:
        csv.writer(text).writerows([columns, *rows])
    return file


def shop() -> list[Row]:
    """Twenty customers bought shoes and a belt in February, ten shoes alone, which buy a belt."""
    both = [line(f"B{n}", f"b{n}", "2026-02-01", item) for n in range(20) for item in ("S", "T")]
    alone = [line(f"A{n}", f"a{n}", "2026-02-01 10:00", "S") for n in range(10)]
    lamps = [line(f"L{n}", f"l{n}", "2026-02-01", "L") for n in range(25)]
    later = [line(f"A{n}", f"n{n}", "2026-03-02", "T") for n in range(10)]
    return [*both, *alone, *lamps, *later]


def test_asked_is_what_was_never_bought_of_the_first_later_basket(tmp_path: Path) -> None:
    rows = [
        line("C", "1", "2026-02-01", "OLD"),
        line("C", "3", "2026-03-09", "SECOND"),
        line("C", "2", "2026-03-05 08:26", "OLD"),
        line("C", "2", "2026-03-05 08:26", "NEW"),
        line("D", "4", "2026-03-05", "NEW"),  # nobody learned from
        line("E", "5", "2026-02-01", "OLD"),
        line("E", "6", "2026-03-05", "OLD"),  # nothing new
        line("E", "7", "2026-03-06", "NEW"),
        line("F", "8", "2026-02-01", "OLD"),
        line("F", "9", "2026-04-01", "NEW"),  # too late
    ]
    task = split(write(tmp_path, rows), START, END)

    assert (task.given, task.wanted) == ([["OLD"]], [frozenset({"NEW"})])
    assert task.purchases.customers.keys() == {"C", "E", "F"}


def test_what_cannot_be_learned_from_is_left_out_and_counted(tmp_path: Path) -> None:
    rows = [
        *shop(),
        line("", "x", "2026-02-01", "S"),
        line("C", "C1", "2026-02-01", "S", qty="-3"),
        ("A0", "y", "2026-02-01", "S2", "name of S", "1", "1"),
    ]

    assert split(write(tmp_path, rows), START, END).left_out == {
        "returned or cancelled (quantity not above 0)": 1,
        "names sold under several codes, each code learned by itself": 1,
        "of no known customer, or without a date": 1,
    }


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (line("C", "1", "2026-02-30", "S"), ":2: day is out of range for month"),
        (line("C", "1", "2026-02-01", "S", qty="three"), ":2: could not convert string to float"),
        (line("C", "", "2026-02-01", "S"), ":2: basket_id or item_id is empty"),
        (line("C", "1", "2026-02-01", ""), ":2: basket_id or item_id is empty"),
    ],
)
def test_a_bad_line_is_refused_with_file_line_and_reason(
    tmp_path: Path, row: Row, reason: str
) -> None:
    file = write(tmp_path, [row])
    with pytest.raises(BadBaskets) as refused:
        split(file, START, END)

    assert str(refused.value).startswith(f"{file}{reason}")


def test_a_file_without_a_column_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, [], COLUMNS[1:])
    with pytest.raises(BadBaskets, match=r":1: column missing: customer_id"):
        split(file, START, END)


@pytest.mark.parametrize("days", [(None, None), (START, None), (END, START), (START, START)])
def test_a_file_with_dates_needs_two_days_in_order(tmp_path: Path, days: tuple[None, None]) -> None:
    with pytest.raises(BadBaskets, match="give --train-before and a later --test-before"):
        split(write(tmp_path, shop()), *days)


def test_of_anonymous_baskets_every_fifth_is_asked_for_one_product(tmp_path: Path) -> None:
    rows = [line("", str(n), "", item) for n in range(20) for item in ("A", "B", f"C{n}")]
    file = write(tmp_path, rows)
    task = split(file, None, None)

    assert list(task.purchases.customers) == [str(n) for n in range(20) if n % 5]
    assert [
        sorted([*given, *wanted]) for given, wanted in zip(task.given, task.wanted, strict=True)
    ] == [["A", "B", f"C{n}"] for n in range(0, 20, 5)]
    assert split(file, None, None).wanted == task.wanted


def test_all_ways_are_asked_the_same_and_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, shop())
    days = ["--train-before", "2026-03-01", "--test-before", "2026-04-01"]
    assert offers.main(["--data", str(tmp_path), "--set", "shop", *days, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)

    assert found["asked"] == 10
    assert list(found["results"]) == ["sapa", "popularity", "item cosine", "ALS", "BM25", "EASE"]
    for name, hit in {"sapa": 1.0, "popularity": 0.0, "item cosine": 1.0, "EASE": 1.0}.items():
        assert found["results"][name]["figures"]["hit@1"] == [hit, hit, hit]
    assert found["results"]["sapa"]["hit10_over_cosine"] == [0.0, 0.0, 0.0]
    (example, *_) = found["examples"][0]
    assert (example["sku"], example["because"], example["together"], example["buyers"]) == (
        "T", "S", 20, 30,
    )  # fmt: skip

    assert offers.main(["--data", str(tmp_path), "--set", "shop", *days]) == 0
    assert "e.g. T: 20 of 30 who bought S bought it as well" in capsys.readouterr().out


def test_a_missing_file_and_a_silent_time_end_with_a_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert offers.main(["--data", str(tmp_path), "--set", "none"]) == 1
    assert "No such file" in capsys.readouterr().err
    write(tmp_path, shop())
    days = ["--train-before", "2026-05-01", "--test-before", "2026-06-01"]
    assert offers.main(["--data", str(tmp_path), "--set", "shop", *days]) == 1
    assert "nobody who is learned from" in capsys.readouterr().err


def test_the_rivals_rank_by_their_formulas() -> None:
    purchases = Purchases(START)
    baskets = {"1": "AB", "2": "AB", "3": "A", "4": "C", "5": "BC"}
    purchases.add((who, item, START) for who, items in baskets.items() for item in items)
    given = purchases.matrix()[2]  # A: by 1, 2, 3; B: by 1, 2, 5; C: by 4, 5

    np.testing.assert_allclose(popularity(purchases)(given), [[3, 3, 2]])
    np.testing.assert_allclose(item_cosine(purchases)(given), [[0, 2 / 3, 0]])
    both = np.array([[3, 2, 0], [2, 3, 1], [0, 1, 2]])
    inverse = np.linalg.inv(both + 300 * np.eye(3))
    wanted = [0, -inverse[0, 1] / inverse[1, 1], -inverse[0, 2] / inverse[2, 2]]
    np.testing.assert_allclose(ease(purchases)(given)[0], wanted)
    assert ours(purchases)(given)[0].argmax() == 1
