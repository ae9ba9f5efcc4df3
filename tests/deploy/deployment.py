"""What lies in compose.yml and deploy/, read for the tests."""

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from settings import PROJECT_DIR

DEPLOY = PROJECT_DIR / "deploy"
IMAGES = {"sapa-app": DEPLOY / "app.Dockerfile", "sapa-rasa": DEPLOY / "rasa.Dockerfile"}


def compose() -> dict[str, Any]:
    """compose.yml, its anchors resolved."""
    found: dict[str, Any] = yaml.safe_load((PROJECT_DIR / "compose.yml").read_text("utf-8"))
    return found


def manifests() -> list[dict[str, Any]]:
    """Every object that `kubectl apply -f deploy/kubernetes` makes, and the example of secrets."""
    files = [*sorted((DEPLOY / "kubernetes").glob("*.yaml")), DEPLOY / "secret.example.yaml"]
    own = [file for file in files if file.name != "20-secret.yaml"]
    return [one for file in own for one in yaml.safe_load_all(file.read_text("utf-8"))]


def of_kind(*kinds: str) -> list[dict[str, Any]]:
    return [one for one in manifests() if one["kind"] in kinds]


def pods() -> dict[str, dict[str, Any]]:
    """The pod of each workload, by its name."""
    workloads = of_kind("Deployment", "StatefulSet")
    return {one["metadata"]["name"]: one["spec"]["template"]["spec"] for one in workloads}


def containers() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every container with the name of its workload, those that prepare included."""
    for name, pod in pods().items():
        for one in [*pod.get("initContainers", []), *pod["containers"]]:
            yield name, one


def instructions(dockerfile: Path) -> list[tuple[str, str]]:
    """The lines of a Dockerfile as (INSTRUCTION, rest), joined and without comments."""
    lines = dockerfile.read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.startswith("#")).replace("\\\n", " ")
    pairs = (line.strip().partition(" ") for line in text.splitlines() if line.strip())
    return [(word.upper(), rest.strip()) for word, _, rest in pairs]


def environment(dockerfile: Path) -> dict[str, str]:
    """What the ENV lines set."""
    rows = [rest for word, rest in instructions(dockerfile) if word == "ENV"]
    return dict(pair.split("=", 1) for row in rows for pair in shlex.split(row))


def settings_used() -> Iterator[tuple[str, Mapping[str, str]]]:
    """Where variables are set, and which: images, services, configuration, secrets, containers."""
    for name, dockerfile in IMAGES.items():
        yield name, environment(dockerfile)
    for name, service in compose()["services"].items():
        yield name, service.get("environment", {})
    for one in of_kind("ConfigMap", "Secret"):
        yield one["kind"], one.get("data") or one["stringData"]
    for name, container in containers():
        yield name, {row["name"]: row.get("value", "") for row in container.get("env", [])}
