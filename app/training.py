"""Train the assistant in Rasa's environment, only when what it learns from has changed."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from settings import PROJECT_DIR, Settings

_LEARNT_FROM = (
    "config.yml",
    "bot/domain",
    "bot/data",
    "bot/nlu",
    "language",
    "requirements/rasa.txt",
)
_KEPT_MODELS = 2
_SUFFIXES = {".yml", ".yaml", ".py", ".txt"}


class TrainingFailed(RuntimeError):
    """Rasa could not train; the message says what it printed last, and what to do."""


@dataclass(frozen=True, slots=True)
class Training:
    """A trained model, and whether it was made just now."""

    model: Path
    fresh: bool


def trained_model(settings: Settings) -> Path | None:
    """Find the model for what is in the project now; None if it must be trained."""
    model = settings.model_dir / f"{_name()}.tar.gz"
    return model if model.is_file() else None


def newest_model(settings: Settings) -> Path | None:
    """Find the model trained last, for whatever content; None if there is none."""
    models = sorted(settings.model_dir.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    return models[-1] if models else None


def train(settings: Settings, *, force: bool = False) -> Training:
    """Train if needed. Blocks for tens of seconds. Raises TrainingFailed."""
    known = trained_model(settings)
    if known is not None and not force:
        return Training(known, fresh=False)
    if not settings.rasa_python.exists():
        raise TrainingFailed(
            f"{settings.rasa_python} is missing: run `make environments`, or set SAPA_RASA_PYTHON"
        )
    settings.model_dir.mkdir(parents=True, exist_ok=True)
    name = _name()  # once: a file may be edited while Rasa trains
    model = settings.model_dir / f"{name}.tar.gz"
    command = [
        str(settings.rasa_python), "-m", "bot.rasa.start", "train",
        "--config", "config.yml", "--domain", "bot/domain", "--data", "bot/data",
        "--out", str(settings.model_dir), "--fixed-model-name", name,
    ]  # fmt: skip
    log = settings.data_dir / "train.log"
    with log.open("wb") as output:
        code = subprocess.run(  # noqa: S603 - our own interpreter and arguments
            command, cwd=PROJECT_DIR, env=rasa_environment(settings), stdout=output,
            stderr=subprocess.STDOUT, check=False,
        ).returncode  # fmt: skip
    if code != 0 or not model.is_file():
        last = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
        raise TrainingFailed(f"rasa train ended with {code}; the whole log is {log}\n{last}")
    _forget_old_models(settings)
    return Training(model, fresh=True)


def rasa_environment(settings: Settings) -> dict[str, str]:
    """Give the environment of a Rasa process: our modules, our token, and where our actions are."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104
    here = f"http://{host}:{settings.port}/bot/actions"
    return {
        **os.environ,
        "PYTHONPATH": str(PROJECT_DIR),
        "SAPA_RASA_TOKEN": settings.rasa_token.get_secret_value(),
        "SAPA_ACTIONS_URL": settings.actions_url or here,
    }


def rasa_command(settings: Settings, model: Path, host: str, port: int) -> list[str]:
    """Give the command that becomes one Rasa process; run it in the project's folder."""
    return [
        str(settings.rasa_python), "-m", "bot.rasa.start", "run", "--model", str(model),
        "--host", host, "--port", str(port),
    ]  # fmt: skip


def _name() -> str:
    digest = sha256()
    for path in _learnt_files():
        digest.update(path.relative_to(PROJECT_DIR).as_posix().encode())
        digest.update(path.read_bytes())
    return f"sapa-{digest.hexdigest()[:16]}"


def _learnt_files() -> Iterator[Path]:
    for name in _LEARNT_FROM:
        path = PROJECT_DIR / name
        if path.is_file():
            yield path
        else:
            yield from sorted(
                file
                for file in path.rglob("*")
                if file.suffix in _SUFFIXES and "__pycache__" not in file.parts
            )


def _forget_old_models(settings: Settings) -> None:
    models = sorted(settings.model_dir.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    for model in models[:-_KEPT_MODELS]:
        model.unlink()
