"""Start Rasa as Sapa needs it; runs in Rasa's environment and needs nothing but Python.

    python -m bot.rasa.start run [--model FILE] [--host 127.0.0.1] [--port 5005]
    python -m bot.rasa.start train …      # what follows goes to `rasa train`

`run` reads SAPA_RASA_TOKEN (or the file SAPA_RASA_TOKEN_FILE), SAPA_ACTIONS_URL, and SAPA_DATA_DIR,
where it finds the model that was trained last.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import NoReturn

_PROJECT = Path(__file__).resolve().parents[2]
_QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    # Two threads double the CPU and make the slowest turns ten times slower (rasa.md).
    "OMP_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "PYTHONWARNINGS": "ignore",
}


def main(words: list[str]) -> NoReturn:
    """Become Rasa. Exits with a message when something is missing."""
    match words:
        case ["run", *options]:
            _become("run", *_run_options(options))
        case ["train", *options]:
            _become("train", *options)
    sys.exit(__doc__)


def _run_options(options: list[str]) -> list[str]:
    parser = argparse.ArgumentParser(prog="bot.rasa.start run")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5005)
    wish = parser.parse_args(options)
    os.environ["SAPA_RASA_TOKEN"] = _token()
    if not os.environ.get("SAPA_ACTIONS_URL"):
        sys.exit("rasa: SAPA_ACTIONS_URL is not set: where does the app answer /bot/actions?")
    model = wish.model or _newest_model()
    return [
        "--model", str(model.resolve()), "--interface", wish.host, "--port", str(wish.port),
        "--credentials", "bot/rasa/credentials.yml", "--endpoints", "bot/rasa/endpoints.yml",
    ]  # fmt: skip


def _token() -> str:
    file = os.environ.get("SAPA_RASA_TOKEN_FILE")
    if file:
        return Path(file).read_text(encoding="utf-8").strip()
    token = os.environ.get("SAPA_RASA_TOKEN", "")
    if not token:
        sys.exit("rasa: SAPA_RASA_TOKEN is not set: Rasa would obey anybody who reaches it")
    return token


def _newest_model() -> Path:
    folder = Path(os.environ.get("SAPA_DATA_DIR") or _PROJECT / "var") / "models"
    models = sorted(folder.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    if not models:
        sys.exit(f"rasa: no trained model in {folder}: run `sapa train` first")
    return models[-1]


def _become(*words: str) -> NoReturn:
    environment = {**os.environ, **_QUIET, "PYTHONPATH": str(_PROJECT)}
    os.chdir(_PROJECT)  # the paths above, and those of config.yml
    os.execve(sys.executable, [sys.executable, "-m", "rasa", *words], environment)  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
