"""No container engine runs here: what the Dockerfiles name is held against the project."""

import json
import re
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from settings import PROJECT_DIR, Settings
from tests.deploy.deployment import DEPLOY, IMAGES, compose, environment, instructions, pods

IMAGE_OF = pytest.mark.parametrize("dockerfile", IMAGES.values(), ids=IMAGES)


@IMAGE_OF
def test_the_python_is_the_one_that_the_tests_run_in(dockerfile: Path) -> None:
    bases = [rest.split()[0] for word, rest in instructions(dockerfile) if word == "FROM"]
    pythons = {base for base in bases if base.startswith("python:")}
    used = "{}.{}".format(*sys.version_info)

    assert pythons == {f"python:{used}-slim-bookworm"}
    assert f"command -v python{used}" in (PROJECT_DIR / "Makefile").read_text(encoding="utf-8")


@IMAGE_OF
def test_what_is_copied_and_run_is_there_and_nobody_is_root(dockerfile: Path) -> None:
    lines = instructions(dockerfile)
    copied = [rest.split()[:-1] for word, rest in lines if word == "COPY" and "--from" not in rest]
    locks = re.findall(r"-r (requirements/\S+)", " ".join(rest for _, rest in lines))
    [*_, command] = [json.loads(rest) for word, rest in lines if word == "CMD"]
    module = PROJECT_DIR / (command[2].replace(".", "/") + ".py")

    assert [one for row in copied for one in row if not (PROJECT_DIR / one).exists()] == []
    assert locks
    assert [one for one in locks if not (PROJECT_DIR / one).is_file()] == []
    assert command[:2] == ["python", "-m"]
    assert '__name__ == "__main__"' in module.read_text(encoding="utf-8")
    assert [rest for word, rest in lines if word == "USER"] == ["10001:10001"]


def test_the_app_image_gets_every_folder_that_the_package_names() -> None:
    allowed = (PROJECT_DIR / ".dockerignore").read_text(encoding="utf-8").splitlines()
    project = (PROJECT_DIR / "pyproject.toml").read_text(encoding="utf-8")
    [listed] = re.findall(r"^include = \[(.*)\]$", project, re.MULTILINE)
    folders = re.findall(r'"(\w+)\*"', listed)

    assert [one for one in [*folders, "web", "knowledge"] if f"!{one}" not in allowed] == []


def test_the_ports_are_one_in_image_settings_and_manifest() -> None:
    app = environment(IMAGES["sapa-app"])
    [rasa] = [
        json.loads(rest) for word, rest in instructions(IMAGES["sapa-rasa"]) if word == "CMD"
    ][-1:]
    opened = {
        name: [int(rest) for word, rest in instructions(file) if word == "EXPOSE"]
        for name, file in IMAGES.items()
    }
    manifest = {
        name: [port["containerPort"] for port in pods()[name]["containers"][0]["ports"]]
        for name in IMAGES
    }

    assert opened == manifest
    assert opened == {"sapa-app": [int(app["SAPA_PORT"])], "sapa-rasa": [int(rasa[-1])]}
    assert int(app["SAPA_PORT"]) == Settings.model_fields["port"].default


@IMAGE_OF
def test_the_health_check_fails_when_nobody_or_an_error_answers(dockerfile: Path) -> None:
    [check] = [rest for word, rest in instructions(dockerfile) if word == "HEALTHCHECK"]
    _, _, script = json.loads(check[check.index("[") :])
    [port] = re.findall(r"127\.0\.0\.1:(\d+)", script)
    codes = {}
    for status in (200, 503):
        server = HTTPServer(("127.0.0.1", 0), _answering(status))
        Thread(target=server.serve_forever, daemon=True).start()
        codes[status] = _run(script.replace(port, str(server.server_port)))
        server.shutdown()
        server.server_close()
    nobody = _run(script.replace(port, str(server.server_port)))

    assert (codes[200], codes[503], nobody) == (0, 1, 1)


def _answering(status: int) -> type[BaseHTTPRequestHandler]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            pass

    return Answer


def _run(script: str) -> int:
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=False
    ).returncode


def test_compose_and_kubernetes_run_the_same_images_of_the_stores() -> None:
    stores = {name: compose()["services"][name]["image"] for name in ("postgres", "redis")}
    manifests = {name: pods()[f"sapa-{name}"]["containers"][0]["image"] for name in stores}

    assert stores == manifests
    assert all(re.search(r":\d", image) for image in stores.values())


def test_preparing_brings_articles_once_and_the_schema(tmp_path: Path) -> None:
    given = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "PYTHONPATH": str(PROJECT_DIR),
        "SAPA_DATA_DIR": str(tmp_path),
        "SAPA_KNOWLEDGE_DIR": str(tmp_path / "knowledge"),
    }
    script = DEPLOY / "prepare.sh"
    subprocess.run([script], cwd=PROJECT_DIR, env=given, check=True, capture_output=True)
    brought = sorted(file.name for file in (tmp_path / "knowledge").iterdir())
    (tmp_path / "knowledge" / "warranty.yml").write_text("mine\n")
    subprocess.run([script], cwd=PROJECT_DIR, env=given, check=True, capture_output=True)

    assert brought == sorted(file.name for file in (PROJECT_DIR / "knowledge").iterdir())
    assert (tmp_path / "knowledge" / "warranty.yml").read_text() == "mine\n"
    assert (tmp_path / "sapa.db").stat().st_size > 0
