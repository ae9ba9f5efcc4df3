import gzip
from pathlib import Path

import numpy as np
import pytest

from bench import churn, purchases


def write(folder: Path, *rows: str) -> Path:
    file = folder / "churn" / "telco_ibm" / "telco_churn.csv.gz"
    file.parent.mkdir(parents=True)
    with gzip.open(file, "wt") as text:
        text.write("\n".join(["customerID,Contract,TotalCharges,Churn", *rows]))
    return file


def test_numbers_words_and_who_left_are_read(tmp_path: Path) -> None:
    table, numeric, left = churn.read(write(tmp_path, "a,Monthly, ,No", "b,Yearly,12.5,Yes"))

    assert table.tolist() == [["Monthly", 0.0], ["Yearly", 12.5]]
    assert numeric == [False, True]
    assert left.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["a,Monthly,1,No", "b,Yearly,1,Perhaps"], "gz:3: Churn is 'Perhaps'"),
        (["a,Monthly,1,No", "b,Yearly"], "gz:3: Churn is None"),
    ],
)
def test_a_bad_row_is_named_with_its_line(
    tmp_path: Path, rows: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, *rows)

    assert churn.main(["--data", str(tmp_path)]) == 1
    assert message in capsys.readouterr().err


def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert churn.main(["--data", str(tmp_path)]) == 1
    assert purchases.main(["--log", str(tmp_path / "none.txt")]) == 1
    assert capsys.readouterr().err.count(str(tmp_path)) >= 2


def test_chances_that_are_right_are_calibrated_and_rank_well() -> None:
    chance = np.random.default_rng(2)
    chances = chance.random(3_000)
    left = (chance.random(3_000) < chances).astype(np.int64)

    found = churn.figures(left, chances)

    assert 0.80 < found["auroc"] < 0.86
    assert all(abs(one["said"] - one["left"]) < 0.1 for one in found["calibration"])
    assert sum(one["customers"] for one in found["calibration"]) == 3_000


def test_a_log_becomes_repeats_and_weeks(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_text(
        "1 1 19970101 1 1.0\n1 1 19970108 1 1.0\n1 1 19970108 2 9.0\n1 1 19980101 1 1.0\n"
        "2 2 19970923 1 1.0\n"
    )

    repeats, last, age, later = purchases.habits(purchases.read(log))

    assert repeats.tolist() == [1, 0]
    assert last.tolist() == [1, 0]
    assert age.round(2).tolist() == [38.86, 1]
    assert later.tolist() == [1, 0]


def test_a_bad_line_of_a_log_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "log.txt"
    log.write_text("1 1 19970101 1 1.0\n1 1 19971301 1 1.0\n")

    assert purchases.main(["--log", str(log)]) == 1
    assert f"{log}:2: " in capsys.readouterr().err
