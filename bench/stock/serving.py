"""The stock assistant as its documentation runs it: `rasa run` and an action server beside it."""

import os
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import yaml

from app.supervisor import end_with_parent
from bench.serving import free_port
from bench.stock.project import ENVIRONMENT, RASA
from settings import PROJECT_DIR

_READY_S = 900.0  # TensorFlow on a busy machine


@dataclass
class StockServing:
    """Rasa with the REST channel, its tracker store in memory as it is by default."""

    model: Path
    folder: Path
    database: Path  # a Sapa's SQLite file, whose orders the actions read
    port: int = field(default_factory=free_port)
    actions_port: int = field(default_factory=free_port)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def begin(self) -> None:
        """Start both; they load for a while."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "credentials.yml").write_text("rest:\n")
        endpoint = {"url": f"http://127.0.0.1:{self.actions_port}/webhook"}
        endpoints = yaml.safe_dump({"action_endpoint": endpoint})
        (self.folder / "endpoints.yml").write_text(endpoints)
        actions = ("--actions", "bench.stock.actions", "--port", str(self.actions_port))
        run = (
            *("run", "--model", str(self.model), "--port", str(self.port)),
            *("--interface", "127.0.0.1", "--credentials", str(self.folder / "credentials.yml")),
            *("--endpoints", str(self.folder / "endpoints.yml")),
        )
        self.processes = [
            self._begin("rasa_sdk", *actions),
            self._begin("rasa", *run),
        ]

    def wait(self) -> None:
        """Wait until both answer. Raises AssertionError if they do not."""
        for url in (f"http://127.0.0.1:{self.actions_port}/health", f"{self.url}/webhooks/rest/"):
            self._wait_for(url)

    def stop(self) -> None:
        """Stop both."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(20)

    def _begin(self, *words: str) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            **ENVIRONMENT,
            "PYTHONPATH": str(PROJECT_DIR),
            "STOCK_KNOWLEDGE": str(PROJECT_DIR / "knowledge"),
            "STOCK_DATABASE": str(self.database),
        }
        with (self.folder / f"{words[0]}.log").open("wb") as log:
            return subprocess.Popen(
                [str(RASA), "-m", *words], cwd=self.folder, env=environment,
                stdout=log, stderr=log, preexec_fn=end_with_parent,  # noqa: PLW1509 - no lock
            )  # fmt: skip

    def _wait_for(self, url: str) -> None:
        until = time.monotonic() + _READY_S
        while time.monotonic() < until:
            try:
                if httpx.get(url, timeout=2).is_success:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.3)
        raise AssertionError(f"stock Rasa does not answer at {url}; its logs: {self.folder}")
