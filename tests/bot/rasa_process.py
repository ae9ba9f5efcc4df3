"""A trained small assistant behind our channel, with its actions in this process."""

import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionMissingDomainException

from settings import PROJECT_DIR, Settings
from tests.bot.assistant import actions as assistant

TOKEN = "a token of the tests, long enough"
ASSISTANT = Path(__file__).parent / "assistant"


@dataclass
class Actions:
    """The action server, and what it was sent."""

    url: str = ""
    calls: list[dict[str, Any]] = field(default_factory=list)
    clients: set[tuple[str, int]] = field(default_factory=set)
    tokens: set[str] = field(default_factory=set)

    def app(self) -> FastAPI:
        app, executor = FastAPI(), ActionExecutor()
        for action in assistant.ALL:
            executor.register_action(action)

        @app.post("/bot/actions")
        async def run(request: Request) -> Response:
            call = await request.json()
            self.calls.append(call)
            self.clients.add((request.client.host, request.client.port))  # type: ignore[union-attr]
            self.tokens.add(request.headers.get("authorization", ""))
            if call["next_action"] == "action_nonsense":
                return JSONResponse({"events": "none", "responses": []})
            try:
                result = await executor.run(call)
            except ActionMissingDomainException:
                return JSONResponse({"error": "no domain"}, status_code=449)
            except ActionExecutionRejection as error:
                body = {"error": str(error), "action_name": error.action_name}
                return JSONResponse(body, status_code=400)
            return JSONResponse(result.model_dump() if result else {})

        return app


@dataclass
class RasaProcess:
    """A running Rasa, the files it was made of, and its action server."""

    url: str
    pid: int
    model: Path
    log: Path
    actions: Actions


@contextmanager
def running_rasa(folder: Path) -> Iterator[RasaProcess]:
    """Train and start the small assistant; stop it afterwards."""
    python = Settings(_env_file=None).rasa_python  # type: ignore[call-arg]
    actions = Actions()
    with _served(actions), (folder / "rasa.log").open("wb") as log:
        environment = rasa_environment(actions.url)
        rasa = [str(python), "-W", "ignore", "-m", "rasa"]
        train = ["train", "--config", "config.yml", "--domain", "domain.yml", "--data", "data"]
        subprocess.run(
            [*rasa, *train, "--out", str(folder / "models")],
            cwd=ASSISTANT, env=environment, stdout=log, stderr=log, check=True,
        )  # fmt: skip
        model = next((folder / "models").glob("*.tar.gz"))
        port = free_port()
        settings = PROJECT_DIR / "bot" / "rasa"
        files = [
            "--credentials",
            f"{settings}/credentials.yml",
            "--endpoints",
            f"{settings}/endpoints.yml",
        ]
        process = subprocess.Popen(
            [*rasa, "run", "--model", str(model), *files, "-i", "127.0.0.1", "-p", str(port)],
            cwd=folder, env=environment, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            url = f"http://127.0.0.1:{port}/webhooks/sapa"
            _wait_until_ready(url, process, Path(log.name))
            yield RasaProcess(url, process.pid, model, Path(log.name), actions)
        finally:
            process.terminate()
            process.wait(20)


def rasa_environment(actions_url: str) -> dict[str, str]:
    """Return the environment that `sapa serve` gives Rasa."""
    return {
        **os.environ,
        "PYTHONPATH": str(PROJECT_DIR),
        "SAPA_RASA_TOKEN": TOKEN,
        "SAPA_ACTIONS_URL": actions_url,
        "RASA_TELEMETRY_ENABLED": "false",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "OMP_NUM_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }


@contextmanager
def _served(actions: Actions) -> Iterator[None]:
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(actions.app(), port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    actions.url = f"http://127.0.0.1:{port}/bot/actions"
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(10)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(360):
        if process.poll() is not None:
            raise RuntimeError(f"Rasa ended:\n{log.read_text()[-3000:]}")
        try:
            if httpx.get(f"{url}/").status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.5)
    raise RuntimeError(f"Rasa is not ready:\n{log.read_text()[-3000:]}")
