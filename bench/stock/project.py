"""A stock Rasa assistant for the same shop: `rasa init`'s pipeline, our examples, plain rules.

What it says is enough to be measured against: small talk from responses, questions and orders from
an action server (bench/stock/actions.py). In the default configuration only `assistant_id`,
`language` and the epochs are set: 100 epochs over our examples take hours on two cores, and what a
turn costs does not depend on them.
"""

import hashlib
import os
import subprocess
from pathlib import Path
from typing import Any

import yaml

from settings import PROJECT_DIR

RASA = PROJECT_DIR / ".venv-rasa/bin/python"
_EXAMPLES = PROJECT_DIR / "bot/data/nlu"
_DEFAULT_CONFIG = "rasa/engine/recipes/config_files/default_config.yml"
_ANSWERED_BY_ACTION = frozenset({"faq", "chitchat", "out_of_scope", "nlu_fallback"})
_EPOCHS = 3
_SLOTS = ("order_number", "proof")  # asked in this order
ENVIRONMENT = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "PYTHONWARNINGS": "ignore",
    # As for ours: more threads only spin on two cores.
    "OMP_NUM_THREADS": "1",
    "TF_INTRA_OP_PARALLELISM_THREADS": "1",
    "TF_INTER_OP_PARALLELISM_THREADS": "1",
}


def write(folder: Path) -> None:
    """Write the assistant's files; the examples are read where they lie."""
    (folder / "rules").mkdir(parents=True, exist_ok=True)
    [default] = (PROJECT_DIR / ".venv-rasa/lib").glob(f"python3*/site-packages/{_DEFAULT_CONFIG}")
    config = {**yaml.safe_load(default.read_text()), "assistant_id": "stock", "language": "id"}
    for component in [*config["pipeline"], *config["policies"]]:
        if "epochs" in component:
            component["epochs"] = _EPOCHS
    _write(folder / "config.yml", config)
    intents = _intents()
    _write(folder / "domain.yml", _domain(intents))
    _write(folder / "rules/rules.yml", {"version": "3.1", "rules": _rules(intents)})
    _write(folder / "rules/stories.yml", {"version": "3.1", "stories": _stories()})


def trained(cache: Path) -> Path:
    """Return the trained model, from `cache` or trained now, which takes tens of minutes.

    Raises subprocess.CalledProcessError; the log lies in `cache`.
    """
    project = cache / "project"
    write(project)
    model = cache / f"stock-{_digest(project)}.tar.gz"
    if not model.is_file():
        command = [
            str(RASA), "-m", "rasa", "train", "--config", "config.yml", "--domain", "domain.yml",
            "--data", str(_EXAMPLES), "rules", "--out", str(cache),
            "--fixed-model-name", model.name.removesuffix(".tar.gz"),
        ]  # fmt: skip
        with (cache / "train.log").open("wb") as log:
            subprocess.run(
                command, cwd=project, env={**os.environ, **ENVIRONMENT}, check=True,
                stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
    return model


def _intents() -> list[str]:
    files = sorted(_EXAMPLES.glob("*.yml"))
    groups = [one for file in files for one in yaml.safe_load(file.read_text("utf-8"))["nlu"]]
    return sorted({one["intent"] for one in groups if "intent" in one})


def _domain(intents: list[str]) -> dict[str, Any]:
    asked = {"active_loop": "track_order_form"}
    slots = {
        slot: {
            "type": "text",
            "influence_conversation": False,
            "mappings": [{"type": "from_text", "conditions": [{**asked, "requested_slot": slot}]}],
        }
        for slot in _SLOTS
    }
    spoken = [f"utter_{one}" for one in intents if one not in _ANSWERED_BY_ACTION]
    spoken += [f"utter_ask_{slot}" for slot in _SLOTS]
    return {
        "version": "3.1",
        "intents": intents,
        "slots": slots,
        "forms": {"track_order_form": {"required_slots": list(_SLOTS)}},
        "actions": ["action_answer", "action_show_order", "validate_track_order_form"],
        "responses": {name: [{"text": f"Stock says {name}."}] for name in spoken},
        "session_config": {
            "session_expiration_time": 60,
            "carry_over_slots_to_new_session": True,
        },
    }


def _rules(intents: list[str]) -> list[dict[str, Any]]:
    form, loop = {"action": "track_order_form"}, {"active_loop": "track_order_form"}
    rules: list[dict[str, Any]] = [
        {"rule": "track", "steps": [{"intent": "track_order"}, form, loop]},
        {
            "rule": "show",
            "condition": [loop],
            "steps": [form, {"active_loop": None}, {"action": "action_show_order"}],
        },
    ]
    for one in intents:
        if one != "track_order":
            action = "action_answer" if one in _ANSWERED_BY_ACTION else f"utter_{one}"
            rules.append({"rule": one, "steps": [{"intent": one}, {"action": action}]})
    return rules


def _stories() -> list[dict[str, Any]]:
    """Return what MemoizationPolicy and TEDPolicy learn from; the rules decide everything."""
    said = [
        ("greet", "utter_greet"),
        ("faq", "action_answer"),
        ("thanks", "utter_thanks"),
        ("goodbye", "utter_goodbye"),
    ]
    return [
        {"story": "hello, question, goodbye", "steps": _steps(said)},
        {"story": "question, question", "steps": _steps([said[1], said[1], said[3]])},
    ]


def _steps(turns: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [step for intent, action in turns for step in ({"intent": intent}, {"action": action})]


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def _digest(project: Path) -> str:
    digest = hashlib.sha256()
    for path in [*sorted(project.rglob("*.yml")), *sorted(_EXAMPLES.glob("*.yml"))]:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
