import json
from pathlib import Path

import pytest

pytest.importorskip("bm25s", reason="only with the extra [bench]: make bench-answers")

from bench.answers import main


def measure(data: Path, folder: Path, *options: str) -> int:
    keep = ["--data", str(data), "--keep", str(folder / "keep")]
    return main([*keep, *options])


def test_a_set_is_measured_and_written_down_with_intervals_and_a_curve(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "answers.md"
    options = [
        "--sets",
        "pegadaian",
        "--searches",
        "sapa_light,letters",
        "--out",
        str(page),
        "--json",
    ]
    assert measure(data, tmp_path, *options) == 0
    found = json.loads(capsys.readouterr().out)["pegadaian"]
    assert list(found["searches"]) == ["sapa_light", "letters"]
    assert found["questions"]["all"] == [4, 3]
    ours = found["searches"]["sapa_light"]["parts"]["all"]
    assert (ours["top1"][0], ours["auroc"][0]) == (1, 1)
    assert found["searches"]["letters"]["parts"]["all"]["answered"] is None
    text = page.read_text()
    assert "| Pegadaian, Indonesian, all | top-1 | ≥ .650 | 1.000 [1.000, 1.000] |" in text
    assert "![share wrong by share answered](images/answers.svg)" in text
    assert (tmp_path / "images/answers.svg").read_text().startswith("<?xml")


def test_searches_of_an_earlier_run_stay_on_the_page(data: Path, tmp_path: Path) -> None:
    measure(data, tmp_path, "--sets", "pegadaian", "--searches", "letters")
    measure(data, tmp_path, "--sets", "pegadaian", "--searches", "bm25")
    kept = json.loads((tmp_path / "keep/pegadaian.json").read_text())
    assert list(kept["searches"]) == ["letters", "bm25"]


def test_the_same_results_give_the_same_files(data: Path, tmp_path: Path) -> None:
    options = ["--sets", "pegadaian", "--searches", "letters"]
    for name in ("a", "b"):
        measure(data, tmp_path / name, *options, "--out", str(tmp_path / name / "page.md"))
    images = [(tmp_path / name / "images/answers.svg").read_bytes() for name in ("a", "b")]
    assert images[0] == images[1]


def test_a_folder_without_data_ends_with_a_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert measure(tmp_path, tmp_path, "--sets", "tegal") == 1
    assert capsys.readouterr().err.endswith("--data takes the folder of public sets\n")


def test_an_unknown_set_is_refused_with_the_known_ones(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        measure(data, tmp_path, "--sets", "nothing")
    assert "no such set: nothing; there are stackfaq, tegal" in capsys.readouterr().err
