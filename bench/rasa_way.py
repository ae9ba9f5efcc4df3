"""Stock Rasa on a public set, trained and asked in its own environment (bench/rasa_side.py).

Training takes minutes to hours, so it is boxed: a set that has no entry in EPOCHS is left out, and
what was measured is kept beside the other results until the data or the epochs change.
"""

import hashlib
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.public_sets import PublicSet

ROOT = Path(__file__).parents[1]
# Rasa's default is 100. Banking77 gets as many as ten minutes of half a core allow; CLINC150 would
# need hours there, at 20 times the examples.
EPOCHS = {"stackfaq": 100, "tegal": 100, "hint3": 100, "banking77_10": 100}
_ANSWERED_BY_TEXT = frozenset({"stackfaq", "tegal"})  # ResponseSelector; DIET for the others
_PATIENCE_S = 7_200
_ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "TF_INTRA_OP_PARALLELISM_THREADS": "1",
    "TF_INTER_OP_PARALLELISM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "RASA_TELEMETRY_ENABLED": "false",
}


class RasaFailed(RuntimeError):
    """Rasa's process ended without a result, or was not there to start."""


@dataclass(frozen=True, slots=True)
class RasaRun:
    """What Rasa found for every question of a set."""

    component: str
    epochs: int
    trained_s: float
    ranked: list[list[str]]  # ids, best first
    confidence: list[float]
    times_ms: list[float]


def run(one: PublicSet, keep: Path) -> RasaRun | None:
    """Train and ask Rasa, or read what an earlier run kept; None if the set is left out.

    Raises RasaFailed, with the end of what Rasa said.
    """
    if one.name not in EPOCHS:
        return None
    selecting = one.name in _ANSWERED_BY_TEXT
    labels = [entry.id for entry in one.entries]
    task = {
        "labels": labels,
        "examples": [[labels[row], text] for row, text in one.examples],
        "responses": {entry.id: entry.answer for entry in one.entries} if selecting else {},
        "questions": [question.text for question in one.questions],
        "epochs": EPOCHS[one.name],
    }
    written = json.dumps(task)
    digest = hashlib.sha256(written.encode()).hexdigest()[:12]
    out = keep / f"rasa-{one.name}-{digest}.json"
    if not out.exists():
        task_file = out.with_suffix(".task")
        task_file.write_text(written, encoding="utf-8")
        _train_and_ask(task_file, out)
        task_file.unlink()
    found = json.loads(out.read_text(encoding="utf-8"))
    return RasaRun(
        "ResponseSelector" if selecting else "DIETClassifier",
        EPOCHS[one.name],
        found["trained_s"],
        [[labels[number] for number, _ in row] for row in found["ranked"]],
        [row[0][1] if row else 0.0 for row in found["ranked"]],
        found["times_ms"],
    )


def _train_and_ask(task_file: Path, out: Path) -> None:
    python = ROOT / ".venv-rasa/bin/python"
    command = [str(python), str(ROOT / "bench/rasa_side.py"), str(task_file), str(out)]
    try:
        subprocess.run(
            command, check=True, capture_output=True, timeout=_PATIENCE_S,
            env={**os.environ, **_ONE_THREAD},
        )  # fmt: skip
    except subprocess.CalledProcessError as error:
        raise RasaFailed(error.stderr.decode(errors="replace")[-2_000:]) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RasaFailed(str(error)) from error
