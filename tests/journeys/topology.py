"""Two apps, two Rasas and a proxy, as deploy/topology.py starts them, on PostgreSQL and Redis."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from app.supervisor import end_with_parent
from bench.serving import free_port
from settings import PROJECT_DIR
from tests.redis_server import RedisServer

_READY_S = 200
_PORTS = 13  # the proxy's, then the apps', and ten later the Rasas'


@dataclass
class Topology:
    """The running processes; `apps` and `rasas` by their ports."""

    data_dir: Path
    database_url: str
    redis: RedisServer
    port: int = field(default_factory=lambda: free_port(_PORTS))
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def apps(self) -> tuple[int, int]:
        return self.port + 1, self.port + 2

    @property
    def rasas(self) -> tuple[int, int]:
        return self.port + 10, self.port + 11

    def start(self) -> None:
        """Start all, and wait until all are ready."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SAPA_")}
        environment = kept | {
            "SAPA_DEMO": "true",
            "SAPA_DATA_DIR": str(self.data_dir),
            "SAPA_DATABASE_URL": self.database_url,
            "SAPA_REDIS_URL": self.redis.url,
            "SAPA_SESSIONS_PER_MINUTE": "6000",
            "SAPA_DRAIN_S": "1",
        }
        with (self.data_dir / "topology.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "deploy.topology", "--port", str(self.port)],
                cwd=PROJECT_DIR, env=environment, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=end_with_parent,  # noqa: PLW1509
            )  # fmt: skip
        for app in self.apps:
            self.wait_for(app, rasa="up", redis="up")

    def wait_for(self, app: int, **parts: str) -> None:
        """Wait until the app is ready and says this of its parts."""
        until = time.monotonic() + _READY_S
        said: object = None
        while time.monotonic() < until:
            assert self.process is not None
            if self.process.poll() is not None:
                break
            with suppress(httpx.HTTPError, ValueError):
                answer = httpx.get(f"http://127.0.0.1:{app}/readyz", timeout=5)
                said = answer.json()
                is_so = (
                    isinstance(said, dict)
                    and said | {"store": "up", "answers": "up"} | parts == said
                )
                if is_so and answer.is_success:  # one that leaves still says how its parts are
                    return
            time.sleep(0.1)
        log = (self.data_dir / "topology.log").read_text(encoding="utf-8", errors="replace")
        raise AssertionError(f"{app} says {said}, not {parts}:\n{log[-4000:]}")

    def signal(self, port: int, number: signal.Signals) -> None:
        """Send a signal to the app or the Rasa on `port`."""
        os.kill(self.pid(port), number)

    def pid(self, port: int) -> int:
        """Find the app or the Rasa on `port` among our children."""
        assert self.process is not None
        for status in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                parent = int(status.read_text().rpartition(")")[2].split()[1])
                line = (status.parent / "cmdline").read_bytes().decode().replace("\0", " ")
                given = (status.parent / "environ").read_bytes().split(b"\0")
                is_app = "app.uvicorn_server" in line and f"SAPA_PORT={port}".encode() in given
                if parent == self.process.pid and (is_app or f"--port {port}" in line):
                    return int(status.parent.name)
        raise AssertionError(f"nobody on {port}")

    def stop(self) -> int:
        """End all, and give the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)
