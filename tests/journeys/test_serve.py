import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.serving import Serving, sapa_command
from settings import PROJECT_DIR
from tests.journeys.customer import Visitor


def _run(
    environment: dict[str, str], *words: str, given: str = ""
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*sapa_command(), *words], cwd=PROJECT_DIR, env=environment, input=given.encode(),
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_taken_port_is_named_with_the_setting_that_changes_it(sapa: Serving) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = _run({**sapa.environment, "SAPA_PORT": str(port)}, "serve")

    said = done.stderr.decode()
    assert done.returncode == 1
    assert f"port {port} is taken" in said
    assert "SAPA_PORT" in said
    assert "Traceback" not in said


def test_serving_outside_demo_mode_without_secrets_is_refused(
    sapa: Serving, tmp_path: Path
) -> None:
    environment = {**sapa.environment, "SAPA_DEMO": "false", "SAPA_DATA_DIR": str(tmp_path)}

    done = _run(environment, "serve")

    assert done.returncode == 1
    assert "SAPA_SECRET_KEY, SAPA_RASA_TOKEN, SAPA_SITES" in done.stderr.decode()


def test_a_wrong_setting_is_named(sapa: Serving) -> None:
    done = _run({**sapa.environment, "SAPA_PORT": "many"}, "serve")

    assert done.returncode == 1
    assert "port" in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()


def test_the_terminal_holds_a_conversation(sapa: Serving) -> None:
    lines = sapa.run("chat", "--lang", "en", "--json", given="how do I pay with QRIS?\n\n")

    messages = [json.loads(line) for line in lines.splitlines()]
    assert [(message["author"], message["kind"]) for message in messages[:2]] == [
        ("customer", "text"),
        ("bot", "answer"),
    ]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_app_and_rasa_and_leaves_no_process(
    new_sapa: Callable[..., Serving], number: signal.Signals
) -> None:
    serving = new_sapa()
    serving.start()
    children = serving.pids("")
    assert len(children) == 2
    assert serving.process is not None
    serving.process.send_signal(number)

    assert serving.process.wait(20) == 0
    assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []


def test_a_killed_supervisor_takes_its_children_along(
    new_sapa: Callable[..., Serving],
) -> None:
    serving = new_sapa()
    serving.start(wait_for_rasa=False)
    children = serving.pids("")
    assert serving.process is not None
    os.kill(serving.process.pid, signal.SIGKILL)
    serving.process.wait()
    until = time.monotonic() + 15
    while time.monotonic() < until and any(Path(f"/proc/{pid}").exists() for pid in children):
        time.sleep(0.1)

    assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []


def test_what_goes_past_the_framework_is_counted_and_readable_for_the_shops_page(
    sapa: Serving, visitor: Callable[..., Visitor]
) -> None:
    customer = visitor()
    line = 'sapa_direct_request_seconds_count{path="/api/web/messages",status="202"}'

    def counted() -> float:
        said = customer.http.get("/metrics").text
        found = (one.removeprefix(line) for one in said.splitlines() if one.startswith(line))
        return float(next(found, 0))

    before = counted()
    message = {"client_id": "a1", "text": "halo"}
    taken = customer.http.post("/api/web/messages", json=message)
    refused = customer.http.post("/api/web/messages", json={"client_id": "a2", "text": ""})

    assert (taken.status_code, refused.status_code) == (202, 422)
    assert [one.headers["Access-Control-Allow-Origin"] for one in (taken, refused)] == ["*", "*"]
    assert counted() == before + 1
