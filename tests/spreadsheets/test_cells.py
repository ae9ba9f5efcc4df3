import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spreadsheets.reading import NotATable, Record, read_records, undefused
from spreadsheets.writing import ENCODING, defused, write_records


@given(st.text())
def test_every_cell_comes_back_as_it_was(cell: str) -> None:
    assert undefused(defused(cell)) == cell


@pytest.mark.parametrize("start", "=+-@\t\r\n＝＋－＠")
def test_no_cell_is_computed(start: str) -> None:
    assert defused(f"{start}cmd|'/c calc'!A1").startswith("'")
    assert defused(f"a{start}b") == f"a{start}b"


def test_a_written_table_is_read_with_the_line_of_each_row(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    with file.open("w", encoding=ENCODING, newline="") as stream:
        write_records(stream, [("a", "b"), ("two\nlines", 1), ("x,y", '"')])

    assert read_records(file) == [
        Record(1, ["a", "b"]),
        Record(2, ["two\nlines", "1"]),
        Record(4, ["x,y", '"']),
    ]


def test_the_separator_is_the_one_of_the_heading(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a;b\nx,y;z\n", encoding="utf-8")

    assert read_records(tmp_path / "a.csv", ",;\t")[1] == Record(2, ["x,y", "z"])
    assert read_records(tmp_path / "a.csv")[0] == Record(1, ["a;b"])


@pytest.mark.parametrize(
    ("raw", "line", "reason"),
    [
        (b"", 1, "the file is empty"),
        (b"\n\n", 1, "the file is empty"),
        (b"a,b\nx,\xe9\n", 2, "not UTF-8 but another encoding (byte 0xe9); save it as UTF-8"),
        ("a,b".encode("utf-16"), 1, "not UTF-8 but UTF-16 (byte 0xff); save it as UTF-8"),
        (b'a\n"open\n', 1, "not a CSV file: unexpected end of data"),
    ],
)
def test_what_is_no_table_says_where(tmp_path: Path, raw: bytes, line: int, reason: str) -> None:
    (tmp_path / "a.csv").write_bytes(raw)

    with pytest.raises(NotATable) as refused:
        read_records(tmp_path / "a.csv")
    assert (refused.value.line, refused.value.reason) == (line, reason)


def test_rows_may_come_from_anywhere() -> None:
    stream = io.StringIO(newline="")
    write_records(stream, [["=1"]])

    assert stream.getvalue() == "'=1\r\n"
