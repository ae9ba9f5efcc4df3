"""Scores the trained model on sentences that nobody who tuned it has read."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from settings import PROJECT_DIR, Settings
from tests.bot.rasa_process import rasa_environment

pytestmark = [pytest.mark.rasa, pytest.mark.timeout(400)]

MIN_ACCURACY = 0.93
MIN_ACCURACY_OF_KNOWN = 0.98
MIN_RECALL_OF_REQUEST_HUMAN = 0.99


@pytest.fixture(scope="module")
def model() -> Path:
    models = Path(Settings(_env_file=None).model_dir).glob("*.tar.gz")  # type: ignore[call-arg]
    newest = max(models, key=lambda path: path.stat().st_mtime, default=None)
    assert newest, "no trained model: run `sapa train`"
    return newest


@pytest.mark.parametrize("lang", ["id", "en"])
def test_unseen_messages_are_understood(
    lang: str, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report, mistakes = _score(f"test_{lang}", model, tmp_path)
    human = report["request_human"]["recall"]
    lines = [f"accuracy {report['accuracy']:.3f}, request_human recall {human:.3f}"]
    lines += [
        f"{one['intent']} taken for {one['intent_prediction']['name']}"
        f" ({one['intent_prediction']['confidence']:.2f})"
        for one in mistakes
    ]
    written = Path(Settings(_env_file=None).data_dir) / "reports" / f"understanding-{lang}.txt"  # type: ignore[call-arg]
    written.parent.mkdir(parents=True, exist_ok=True)
    written.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with capsys.disabled():
        print(f"\nunderstanding, {lang}: {lines[0]}; mistakes: {written}")

    assert report["accuracy"] >= MIN_ACCURACY
    assert human >= MIN_RECALL_OF_REQUEST_HUMAN


def test_what_customers_wrote_is_still_understood(model: Path, tmp_path: Path) -> None:
    report, mistakes = _score("customers", model, tmp_path)

    assert report["request_human"]["recall"] == 1.0
    assert report["accuracy"] >= MIN_ACCURACY_OF_KNOWN, mistakes


def _score(name: str, model: Path, folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    python = Settings(_env_file=None).rasa_python  # type: ignore[call-arg]
    sentences = PROJECT_DIR / "tests" / "nlu" / f"{name}.yml"
    files = ["--model", model, "--nlu", sentences, "--out", folder, "--domain", "bot/domain"]
    subprocess.run(
        [python, "-W", "ignore", "-m", "rasa", "test", "nlu", "--no-plot", *files],
        cwd=PROJECT_DIR, env=rasa_environment(""), check=True, capture_output=True,
    )  # fmt: skip
    report = json.loads((folder / "intent_report.json").read_text(encoding="utf-8"))
    errors = folder / "intent_errors.json"
    mistakes = json.loads(errors.read_text(encoding="utf-8")) if errors.exists() else []
    return report, mistakes
