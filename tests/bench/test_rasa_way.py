import json
from pathlib import Path

import pytest

from bench import rasa_way
from bench.public_sets import load

FOUND = {
    "ranked": [[[0, 0.9], [2, 0.1]], [[2, 0.8]], [], [[1, 0.4]]],
    "times_ms": [9, 8, 7, 6],
    "trained_s": 12.5,
}


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A python of Rasa's environment that answers at once, instead of Rasa's."""
    python = tmp_path / ".venv-rasa/bin/python"
    python.parent.mkdir(parents=True)
    monkeypatch.setattr(rasa_way, "ROOT", tmp_path)
    monkeypatch.setitem(rasa_way.EPOCHS, "pegadaian", 7)
    return python


def script(python: Path, *lines: str) -> None:
    python.write_text("\n".join(["#!/bin/sh", *lines]))
    python.chmod(0o755)


def test_what_rasa_found_is_read_by_the_names_of_the_labels(
    data: Path, environment: Path, tmp_path: Path
) -> None:
    script(environment, f"echo '{json.dumps(FOUND)}' > \"$3\"")
    found = rasa_way.run(load("pegadaian", data), tmp_path)
    assert found is not None
    assert found.ranked == [["gadai", "jam"], ["jam"], [], ["tenor"]]
    assert found.confidence == [0.9, 0.8, 0.0, 0.4]
    assert (found.component, found.epochs, found.trained_s) == ("DIETClassifier", 7, 12.5)


def test_what_was_measured_is_not_trained_again(
    data: Path, environment: Path, tmp_path: Path
) -> None:
    script(environment, f"echo '{json.dumps(FOUND)}' > \"$3\"")
    first = rasa_way.run(load("pegadaian", data), tmp_path)
    environment.unlink()
    assert rasa_way.run(load("pegadaian", data), tmp_path) == first


def test_the_end_of_what_a_failing_rasa_said_is_passed_on(
    data: Path, environment: Path, tmp_path: Path
) -> None:
    script(environment, "echo no such component >&2", "exit 3")
    with pytest.raises(rasa_way.RasaFailed, match="no such component"):
        rasa_way.run(load("pegadaian", data), tmp_path)


def test_an_environment_that_is_not_installed_is_named(
    data: Path, environment: Path, tmp_path: Path
) -> None:
    with pytest.raises(rasa_way.RasaFailed, match=r"\.venv-rasa/bin/python"):
        rasa_way.run(load("pegadaian", data), tmp_path)


def test_a_set_too_large_to_train_on_is_left_out(data: Path, tmp_path: Path) -> None:
    assert rasa_way.run(load("banking77", data), tmp_path) is None
