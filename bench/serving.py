"""A whole Sapa as `sapa serve` runs it, with a data folder of its own; for tests and bench."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from app.supervisor import end_with_parent
from settings import PROJECT_DIR

_READY_S = 400
_STOP_S = 60
_PORTS = range(11_000, 21_000)


@dataclass
class Serving:
    """One `sapa serve` on free ports, with a data folder of its own."""

    data_dir: Path
    extra: dict[str, str] = field(default_factory=dict)  # more settings
    process: subprocess.Popen[bytes] | None = None
    port: int = 0
    rasa_port: int = 0

    def __post_init__(self) -> None:
        """Choose free ports."""
        self.port, self.rasa_port = free_port(), free_port()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SAPA_")}
        return {
            **kept,
            "SAPA_DEMO": "true",
            "SAPA_DATA_DIR": str(self.data_dir),
            "SAPA_PORT": str(self.port),
            "SAPA_RASA_URL": f"http://127.0.0.1:{self.rasa_port}",
            **self.extra,
        }

    @property
    def log(self) -> str:
        return (self.data_dir / "serve.log").read_text(encoding="utf-8", errors="replace")

    def prepare(self) -> None:
        """Make the data folder; model and index are copied where `sapa prepare` made them."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        for made in ("models", "faq", "encoder"):
            if (PROJECT_DIR / "var" / made).is_dir():
                shutil.copytree(PROJECT_DIR / "var" / made, self.data_dir / made)
        self.run("prepare", timeout_s=400)

    def run(self, *words: str, timeout_s: float = 60, given: str = "") -> str:
        """Run one `sapa` command to its end and give what it printed; raises if it failed."""
        done = subprocess.run(
            [*sapa_command(), *words],
            cwd=PROJECT_DIR, env=self.environment, input=given.encode(), timeout=timeout_s,
            capture_output=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise AssertionError(f"sapa {words}: {done.stderr.decode()}{done.stdout.decode()}")
        return done.stdout.decode()

    def start(self, *, wait_for_rasa: bool = True) -> None:
        """Start serving and wait until it is ready."""
        with (self.data_dir / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*sapa_command(), "serve"], cwd=PROJECT_DIR, env=self.environment,
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
                preexec_fn=end_with_parent,  # noqa: PLW1509 - one system call, no lock
            )  # fmt: skip
        self.wait_for("answers")
        if wait_for_rasa:
            self.wait_for("rasa")

    def wait_for(self, part: str, state: str = "up") -> None:
        """Wait until `/readyz` says that `part` is in `state`."""
        until = time.monotonic() + _READY_S
        while time.monotonic() < until:
            if self.process is not None and self.process.poll() is not None:
                break
            try:
                if httpx.get(f"{self.url}/readyz", timeout=2).json().get(part) == state:
                    return
            except (httpx.HTTPError, ValueError):
                pass
            time.sleep(0.2)
        raise AssertionError(f"{part} is not {state}:\n{self.log[-4000:]}")

    def stop(self) -> int:
        """Stop as a service manager does, and give the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(_STOP_S)

    def pids(self, words: str) -> list[int]:
        """Find our child processes whose command line has `words`."""
        assert self.process is not None
        found = []
        for status in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = status.read_text().rpartition(")")[2].split()
                line = (status.parent / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if int(fields[1]) == self.process.pid and words in line:
                found.append(int(status.parent.name))
        return found

    def kill(self, words: str) -> None:
        """Kill -9 the child whose command line has `words`."""
        for pid in self.pids(words):
            os.kill(pid, signal.SIGKILL)


def sapa_command() -> list[str]:
    return [str(Path(sys.executable).with_name("sapa"))]


def free_port(count: int = 1) -> int:
    """Return the first of `count` neighbouring ports, none of which is taken.

    They lie below those that outgoing connections are given, so that a part that was killed finds
    its own again.
    """
    while True:
        first = secrets.choice(_PORTS)
        with ExitStack() as probes, suppress(OSError):
            for port in range(first, first + count):
                probes.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first
