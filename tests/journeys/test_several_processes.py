"""Two apps and two Rasas on one PostgreSQL and one Redis, also when some of them die."""

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from sqlalchemy import make_url
from websockets.sync.client import ClientConnection, connect

from bot.rasas import Rasas
from tests.journeys.customer import Visitor
from tests.journeys.topology import Topology
from tests.redis_server import RedisServer

pytestmark = [pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def several(
    prepared: Path, tmp_path_factory: pytest.TempPathFactory, postgres_server: str
) -> Iterator[Topology]:
    data_dir = tmp_path_factory.mktemp("several") / "var"
    shutil.copytree(prepared, data_dir)
    name = f"sapa_scale_{os.getpid()}"
    redis = RedisServer()
    redis.start()
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        url = make_url(postgres_server).set(database=name)
        topology = Topology(data_dir, url.render_as_string(hide_password=False), redis)
        topology.start()
        yield topology
        code = topology.stop()
        redis.stop()
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    assert code == 0


def _at(port: int) -> Visitor:
    return Visitor(f"http://127.0.0.1:{port}")


@contextmanager
def _socket(port: int, visitor: Visitor) -> Iterator[ClientConnection]:
    """The visitor's socket at another app than they wrote to, past the greeting of presence."""
    address = f"127.0.0.1:{port}"
    with connect(f"ws://{address}/api/web/socket", origin=f"http://{address}") as socket:  # type: ignore[arg-type]
        socket.send(json.dumps({"token": visitor.token}))
        assert json.loads(socket.recv(10))["type"] == "presence"
        yield socket


def _frames(socket: ClientConnection, until: str, patience_s: float = 40) -> list[dict[str, Any]]:
    """Receive up to the first event or author of this name."""
    frames: list[dict[str, Any]] = []
    ends = time.monotonic() + patience_s
    while True:
        frame = json.loads(socket.recv(max(0.1, ends - time.monotonic())))
        frames.append(frame)
        if until in (frame["type"], frame.get("message", {}).get("author")):
            return frames


def _post(visitor: Visitor, text: str, client_id: str = "1") -> None:
    sent = {"client_id": client_id, "text": text}
    visitor.http.post("/api/web/messages", json=sent).raise_for_status()


def _answers(visitor: Visitor, port: int) -> list[str]:
    """Read the whole conversation at the app on `port`, and give what the bot answered."""
    read = httpx.get(
        f"http://127.0.0.1:{port}/api/web/messages?after=0",
        headers=dict(visitor.http.headers) | {"Origin": f"http://127.0.0.1:{port}"},
    )
    messages = read.raise_for_status().json()["messages"]
    assert [message["seq"] for message in messages] == list(range(1, len(messages) + 1))
    return [message["source"]["id"] for message in messages if message["author"] == "bot"]


def test_a_customer_is_answered_through_the_proxy_which_shows_nothing_internal(
    several: Topology,
) -> None:
    with Visitor(several.url, "en") as customer:
        (answer,) = customer.says("how long do I have to return an item?")

    assert answer["data"]["article"] == "returns-window"
    hidden = [httpx.get(f"{several.url}{path}").status_code for path in ("/metrics", "/bot/x")]
    assert hidden == [404, 404]


def test_what_one_app_accepts_is_seen_being_typed_and_answered_at_the_other(
    several: Topology,
) -> None:
    one, other = several.apps
    with _at(one) as customer, _socket(other, customer) as socket:
        _post(customer, "bisa bayar pakai qris?")
        frames = _frames(socket, "bot")

    kinds = [frame.get("message", {}).get("kind", frame["type"]) for frame in frames]
    assert "typing" in kinds  # only Redis carries it
    assert kinds[-1] == "answer"


def test_when_a_rasa_is_killed_its_conversations_go_on_with_the_other(several: Topology) -> None:
    urls = [f"http://127.0.0.1:{port}" for port in several.rasas]
    with _at(several.apps[0]) as customer:
        customer.says("lacak pesanan TL-261118-0042")
        own = Rasas(urls, "", 1).order(customer.conversation_id)[0]
        several.signal(int(own.rpartition(":")[2]), signal.SIGKILL)
        order = customer.says("4321")[0]

    assert order["kind"] == "order"


def test_with_redis_killed_everybody_is_still_answered_a_second_later(several: Topology) -> None:
    one, other = several.apps
    with _at(one) as customer, _socket(other, customer) as socket:
        several.redis.kill()
        several.wait_for(other, redis="down")
        _post(customer, "jam buka toko kapan?")
        answer = _frames(socket, "bot")[-1]["message"]
    several.redis.start()
    for app in several.apps:
        several.wait_for(app, redis="up")

    assert answer["kind"] == "answer"


def test_an_app_that_is_stopped_leaves_no_message_behind(several: Topology) -> None:
    one, other = several.apps
    customers = [_at(one) for _ in range(6)]
    for customer in customers:
        _post(customer, "bisa bayar pakai qris?")
    several.signal(one, signal.SIGTERM)
    for customer in customers:
        with _socket(other, customer) as socket:
            _frames(socket, "bot")
        customer.http.close()

    assert [len(_answers(customer, other)) for customer in customers] == [1] * 6


def test_a_turn_whose_app_was_killed_is_answered_once_by_the_other(several: Topology) -> None:
    one, other = several.apps
    several.wait_for(one, redis="up", rasa="up")
    with _at(one) as customer, _socket(other, customer) as socket:
        for rasa in several.rasas:
            several.signal(rasa, signal.SIGSTOP)
        try:
            _post(customer, "bisa bayar pakai qris?")
            _frames(socket, "typing")  # the turn has begun
            several.signal(one, signal.SIGKILL)
        finally:
            for rasa in several.rasas:
                several.signal(rasa, signal.SIGCONT)
        _frames(socket, "bot")

    assert len(_answers(customer, other)) == 1
