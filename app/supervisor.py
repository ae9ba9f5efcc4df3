"""Run the app and Rasa side by side: start both, watch both, restart what dies, stop cleanly.

Kept free of heavy imports: this process only watches.
"""

import asyncio
import contextlib
import ctypes
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import httpx

from app.training import rasa_command, rasa_environment
from settings import PROJECT_DIR, Settings

_STOP_S = 20.0  # the app: open requests 5 s, then turns and sends under way
_READY_S = 120.0
_LONGEST_PAUSE_S = 30.0
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
# Opened here, because between fork and exec nothing may be loaded.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_FIRST_PAUSE_S = 0.5
_STEADY_S = 10.0  # a part that ran this long is started again at once

Say = Callable[[str], None]


class CannotServe(RuntimeError):
    """Serving is impossible as things are; the message says what to do."""


@dataclass(slots=True)
class Part:
    """One child process that is kept running."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    patience_s: float  # to stop; then it is killed
    process: asyncio.subprocess.Process | None = field(default=None)
    output: IO[bytes] | None = None  # None: where ours goes

    async def run(self, say: Say) -> None:
        """Start the process, and again whenever it ends, until cancelled."""
        pause_s = 0.0
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            self.process = await asyncio.create_subprocess_exec(
                *self.command,
                cwd=PROJECT_DIR,
                env=dict(self.environment),
                start_new_session=True,  # a Ctrl-C in the terminal reaches only the supervisor
                preexec_fn=end_with_parent,
                stdout=self.output,
                stderr=self.output,
            )
            try:
                code = await self.process.wait()
            except asyncio.CancelledError:
                await self._stop()
                raise
            if loop.time() - started > _STEADY_S:
                pause_s = 0.0
            say(f"{self.name} ended with {code}; starting it again in {pause_s:g} s")
            await asyncio.sleep(pause_s)
            pause_s = min(max(pause_s * 2, _FIRST_PAUSE_S), _LONGEST_PAUSE_S)

    async def _stop(self) -> None:
        if self.process is None or self.process.returncode is not None:
            return
        self.process.terminate()
        try:
            async with asyncio.timeout(self.patience_s):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()


def end_with_parent() -> None:
    """Have Linux stop this child when its parent is killed, so that no port stays taken."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


async def serve(settings: Settings, model: Path, say: Say) -> None:
    """Serve until SIGINT or SIGTERM. Raises CannotServe before anything is started."""
    places = [
        (address.hostname or "127.0.0.1", address.port or 5005)
        for address in map(urlsplit, settings.rasa_urls)
    ]
    _refuse_taken_port(settings.host, settings.port, "SAPA_PORT")
    for place in places:
        _refuse_taken_port(*place, "SAPA_RASA_URL")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    environment = rasa_environment(settings)
    patience_s = settings.drain_s + _STOP_S
    app = Part("app", [sys.executable, "-m", "app.uvicorn_server"], environment, patience_s)
    rasas = [
        Part(f"Rasa on {port}", rasa_command(settings, model, host, port), environment, _STOP_S)
        for host, port in places
    ]
    say("starting the app and Rasa")
    tasks = [asyncio.create_task(part.run(say)) for part in (app, *rasas)]
    announcing = asyncio.create_task(_say_when_ready(settings, say))
    await stop.wait()
    say("stopping")
    await _ended(announcing, tasks[0])  # first the app, which still asks Rasa for open turns
    await _ended(*tasks[1:])
    say("stopped")


async def _ended(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _refuse_taken_port(host: str, port: int, setting: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotServe(
                f"port {port} is taken on {host} ({error.strerror}): stop what runs there, or set "
                f"{setting}; for Rasa on another machine there is `sapa serve --app-only`"
            ) from error


async def _say_when_ready(settings: Settings, say: Say) -> None:
    """Tell once when the app answers, and once when Rasa does too."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104
    async with httpx.AsyncClient(base_url=f"http://{host}:{settings.port}", timeout=2) as client:
        app_up = await _wait_for(lambda: _readiness(client, "answers"))
        if not app_up:
            say("the app is not answering yet; it is kept being restarted, see the log above")
            return
        if await _wait_for(lambda: _readiness(client, "rasa")):
            say(f"Sapa is ready: http://localhost:{settings.port}")
        else:
            say("Rasa is not answering yet; questions are answered without it meanwhile")


async def _readiness(client: httpx.AsyncClient, part: str) -> bool:
    with contextlib.suppress(httpx.HTTPError, ValueError):
        response = await client.get("/readyz")
        return bool(response.json().get(part) == "up")
    return False


async def _wait_for(check: Callable[[], Awaitable[bool]]) -> bool:
    loop = asyncio.get_running_loop()
    until = loop.time() + _READY_S
    while loop.time() < until:
        if await check():
            return True
        await asyncio.sleep(0.2)
    return False
