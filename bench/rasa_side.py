"""Train and ask stock Rasa, in Rasa's environment; started by bench/rasa_way.py.

    .venv-rasa/bin/python bench/rasa_side.py TASK.json OUT.json

TASK holds `labels`, `examples` [[label, text]], `responses` {label: answer}, `questions` [text] and
`epochs`. OUT gets, for each question, the ranked labels with their confidences, and the times.
If there are responses the labels are told apart by ResponseSelector, otherwise by DIETClassifier.
"""

import asyncio
import json
import logging
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from rasa.core.agent import Agent
from rasa.model_training import train_nlu
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.utils.log_utils import configure_structlog

_RETRIEVAL = "faq"  # ResponseSelector wants the intent faq/LABEL
_SEED = 1


def main(task_file: Path, out_file: Path) -> None:
    """Train on the task, ask its questions and write what came out.

    The model is kept beside OUT until the questions are answered, so that a run that was stopped
    need not train again.
    """
    configure_structlog(logging.ERROR)
    task = json.loads(task_file.read_text(encoding="utf-8"))
    kept, seconds = out_file.with_suffix(".tar.gz"), out_file.with_suffix(".seconds")
    if not seconds.exists():
        with tempfile.TemporaryDirectory() as folder:
            begun = time.perf_counter()
            shutil.move(_train(task, Path(folder)), kept)
            seconds.write_text(str(time.perf_counter() - begun))
    ranked, times_ms = asyncio.run(_ask(str(kept), task["questions"], bool(task["responses"])))
    trained_s = float(seconds.read_text())
    out = {"ranked": ranked, "times_ms": times_ms, "trained_s": trained_s}
    out_file.write_text(json.dumps(out), encoding="utf-8")
    kept.unlink()
    seconds.unlink()


def _train(task: Mapping[str, Any], folder: Path) -> str:
    """Train Rasa's own default pipeline; only its epochs and its seed are set."""
    default = files("rasa.engine.recipes.config_files").joinpath("default_config.yml")
    config = yaml.safe_load(default.read_text())
    for component in config["pipeline"]:
        if "epochs" in component:
            component.update(epochs=task["epochs"], random_seed=_SEED)
    names = {label: f"label{number}" for number, label in enumerate(task["labels"])}
    prefix = f"{_RETRIEVAL}/" if task["responses"] else ""
    data = TrainingData(
        [Message.build(text, prefix + names[label]) for label, text in task["examples"]]
    )
    responses = {
        f"utter_{prefix}{names[label]}": [{"text": answer}]
        for label, answer in task["responses"].items()
    }
    domain = {"version": "3.1", "responses": responses}
    (folder / "config.yml").write_text(yaml.safe_dump(config, sort_keys=False))
    (folder / "domain.yml").write_text(yaml.safe_dump(domain), encoding="utf-8")
    (folder / "nlu.yml").write_text(data.nlu_as_yaml(), encoding="utf-8")
    places = [str(folder / name) for name in ("config.yml", "nlu.yml", "models", "domain.yml")]
    trained = train_nlu(*places[:3], domain=places[3])
    return str(trained)


async def _ask(
    model: str, questions: Sequence[str], selecting: bool
) -> tuple[list[list[tuple[int, float]]], list[float]]:
    """Return the numbers of the labels, best first, with their confidences, and times in ms."""
    agent = Agent.load(model)
    await agent.parse_message("warm up")
    ranked, times_ms = [], []
    for question in questions:
        begun = time.perf_counter()
        parsed: Any = await agent.parse_message(question)
        times_ms.append((time.perf_counter() - begun) * 1_000)
        if selecting:
            rows = parsed["response_selector"]["default"]["ranking"]
            found = [(row["intent_response_key"], row["confidence"]) for row in rows]
        else:
            found = [(row["name"], row["confidence"]) for row in parsed["intent_ranking"]]
        ranked.append([(_number(name), float(sure)) for name, sure in found if "label" in name])
    return ranked, times_ms


def _number(name: str) -> int:
    return int(name.rpartition("label")[2])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
