"""The processes of one run: the app, Rasa, PostgreSQL and a small disk, all of which can be killed.

They are started again by the same code that `sapa serve` uses (app/supervisor.py: Part).
"""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from time import monotonic

import httpx

from app.supervisor import Part
from app.training import newest_model, rasa_command, rasa_environment
from bench.faults.options import Options
from db.migrate import migrate
from settings import PROJECT_DIR, Settings

_DISK_MB = 400  # and for long runs
_DISK_KB_A_MESSAGE = 10
_STOP_S = 10.0


class World:
    """Starts everything in a folder of its own, and stops it again."""

    def __init__(self, options: Options, folder: Path, settings: Mapping[str, str]) -> None:
        """`settings` are further ones of the app."""
        self._options = options
        self.folder = folder
        self.points = folder / "points"
        self.data = folder / "disk" / "data"
        self._clock = folder / "points" / "clock"
        folder.mkdir(parents=True, exist_ok=True)
        self._log = (folder / "log").open("ab")
        self._given = dict(settings)
        self._tasks: list[asyncio.Task[None]] = []
        self.app = Part("app", [], {}, _STOP_S)
        self.rasa: Part | None = None
        self._postgres: subprocess.Popen[bytes] | None = None
        self.has_disk = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._options.port}"

    @property
    def vendor_url(self) -> str:
        return f"http://127.0.0.1:{self._options.port + 1}"

    @property
    def database_url(self) -> str:
        if self._options.database == "sqlite":
            return f"sqlite+aiosqlite:///{self.data / 'sapa.db'}"
        return f"postgresql+psycopg://postgres@127.0.0.1:{self._options.port + 3}/postgres"

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SAPA_")}
        return {
            **kept,
            "PYTHONPATH": str(PROJECT_DIR),
            "SAPA_DEMO": "true",
            "SAPA_DATA_DIR": str(self.data),
            "SAPA_PORT": str(self._options.port),
            "SAPA_RASA_URL": f"http://127.0.0.1:{self._options.port + 2}",
            "SAPA_DATABASE_URL": self.database_url.replace("+aiosqlite", "").replace(
                "+psycopg", ""
            ),
            "FAULTS_DIR": str(self.points),
            "FAULTS_ASSISTANT": self._options.assistant,
            "FAULTS_SEND_LEASE_S": str(self._options.send_lease_s),
            **self._given,
        }

    async def begin(self) -> None:
        """Make the disk, the database and the data folder, and start all processes."""
        self.points.mkdir(parents=True)
        self.jump(0)
        self._make_disk()
        self.data.mkdir(exist_ok=True)
        if self._options.database == "postgresql":
            self._make_postgres()
            self.start_postgres()
        await asyncio.to_thread(self._prepare)
        command = [
            *(sys.executable, "-m", "uvicorn", "bench.faults.app:create", "--factory"),
            *("--port", str(self._options.port), "--no-access-log", "--log-level", "warning"),
        ]
        self.app = Part("app", command, self.environment, _STOP_S, output=self._log)
        self._tasks.append(asyncio.create_task(self.app.run(self._say)))
        if self._options.assistant == "rasa":
            self._start_rasa()
        await self.wait_until_ready(180, self.rasa is not None)

    def _start_rasa(self) -> None:
        settings = Settings(
            demo=True,
            data_dir=self.data,
            port=self._options.port,
            rasa_url=self.environment["SAPA_RASA_URL"],
        )
        model = newest_model(settings)
        assert model is not None, "run `sapa prepare` first"
        environment = rasa_environment(settings)
        command = rasa_command(settings, model, "127.0.0.1", self._options.port + 2)
        self.rasa = Part("Rasa", command, environment, _STOP_S, output=self._log)
        self._tasks.append(asyncio.create_task(self.rasa.run(self._say)))

    def _prepare(self) -> None:
        for made in ("models", "faq", "encoder"):
            source = PROJECT_DIR / "var" / made
            if source.is_dir():
                shutil.copytree(source, self.data / made)
        sapa = Path(sys.executable).with_name("sapa")
        if self._options.assistant == "echo":
            migrate(self.database_url)
            return
        subprocess.run(
            [sapa, "prepare"], cwd=PROJECT_DIR, env=self.environment, check=True,
            stdout=self._log, stderr=self._log,
        )  # fmt: skip

    def _say(self, text: str) -> None:
        self._log.write(f"{monotonic():.3f} {text}\n".encode())
        self._log.flush()

    async def wait_until_ready(self, patience_s: float, rasa: bool = False) -> float:
        """Wait until messages are accepted, and say after how many seconds."""
        begun = monotonic()
        async with httpx.AsyncClient(timeout=2) as http:
            while monotonic() - begun < patience_s:
                try:
                    answer = await http.get(f"{self.url}/readyz")
                    if answer.is_success and (not rasa or answer.json()["rasa"] == "up"):
                        return monotonic() - begun
                except httpx.HTTPError:
                    pass
                await asyncio.sleep(0.02)
        raise AssertionError(f"not ready after {patience_s} s, see {self.folder}/log")

    def kill(self, part: Part | None) -> None:
        """Kill -9 the app or Rasa."""
        if part is not None and part.process is not None and part.process.returncode is None:
            part.process.kill()

    @property
    def app_pid(self) -> int:
        return self.app.process.pid if self.app.process else 0

    # The small disk

    def _make_disk(self) -> None:
        """Mount a file system of its own; where that is not allowed, its fault is left out."""
        disk, image = self.folder / "disk", self.folder / "disk.img"
        disk.mkdir(exist_ok=True)  # opening the database has made it already
        if self._options.faults and "disk-full" not in self._options.faults:
            return
        with image.open("wb") as file:
            size_kb = (_DISK_MB << 10) + _DISK_KB_A_MESSAGE * self._options.events
            file.truncate(size_kb << 10)
        steps = (["mkfs.ext4", "-q", str(image)], ["mount", "-o", "loop", str(image), str(disk)])
        done = (subprocess.run(step, capture_output=True, check=False) for step in steps)
        self.has_disk = all(map(shutil.which, ("mkfs.ext4", "mount"))) and all(
            one.returncode == 0 for one in done
        )

    def fill_disk(self) -> None:
        """Leave no byte free."""
        with (self.folder / "disk" / "ballast").open("wb", buffering=0) as ballast:
            disk = os.statvfs(ballast.fileno())
            with contextlib.suppress(OSError):  # the app may take some of it first
                os.posix_fallocate(ballast.fileno(), 0, disk.f_bavail * disk.f_frsize)
            ballast.seek(0, os.SEEK_END)
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while ballast.write(b"\0" * size) == size:
                        pass
                except OSError:
                    continue

    def empty_disk(self) -> None:
        """Take the ballast away."""
        (self.folder / "disk" / "ballast").unlink(missing_ok=True)

    # The clock

    def jump(self, seconds: int) -> None:
        """Set the app's clock that far off, from its next look at it."""
        part = self._clock.with_suffix(".part")
        part.write_text(str(seconds))
        part.replace(self._clock)

    # PostgreSQL

    def _make_postgres(self) -> None:
        cluster = self.data / "pg"
        cluster.mkdir()
        self._as_postgres("initdb", "-D", str(cluster), "-A", "trust", "-U", "postgres").wait()

    def start_postgres(self) -> None:
        """Start the server; one that was killed recovers first."""
        cluster = self.data / "pg"
        (cluster / "postmaster.pid").unlink(missing_ok=True)
        port = str(self._options.port + 3)
        while True:
            self._postgres = self._as_postgres(
                *("postgres", "-D", str(cluster), "-p", port, "-k", ""),
                *("-c", "listen_addresses=127.0.0.1"),
            )
            check = self._as_postgres("pg_isready", "-h", "127.0.0.1", "-p", port, "-t", "1")
            for _ in range(200):
                if check.wait() == 0:
                    return
                if self._postgres.poll() is not None:  # children of the killed one still live
                    break
                check = self._as_postgres("pg_isready", "-h", "127.0.0.1", "-p", port, "-t", "1")

    def kill_postgres(self) -> None:
        """Kill -9 the server; its children end themselves."""
        assert self._postgres is not None
        self._postgres.kill()
        self._postgres.wait()

    def _as_postgres(self, program: str, *words: str) -> subprocess.Popen[bytes]:
        found = shutil.which(program) or str(
            max(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), default=program)
        )
        root = os.geteuid() == 0  # PostgreSQL refuses to run as root
        if root:
            for folder in (self.folder, self.folder / "disk", self.data):
                folder.chmod(0o711)
            shutil.chown(self.data / "pg", "postgres", "postgres")
        become = (
            ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if root else []
        )
        return subprocess.Popen([*become * root, found, *words], stdout=self._log, stderr=self._log)

    async def end(self) -> None:
        """Stop all processes and give the disk back."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._postgres is not None:
            self._postgres.send_signal(signal.SIGINT)
            self._postgres.wait(30)
        self._log.close()
        if self.has_disk:
            await asyncio.to_thread(_unmount, self.folder / "disk")


def _unmount(folder: Path) -> None:
    subprocess.run([shutil.which("umount") or "umount", str(folder)], check=False)
