"""No container engine runs here: compose.yml is held against its schema, images and code."""

import json
import re
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from settings import PROJECT_DIR, Settings, load_settings
from tests.deploy.deployment import DEPLOY, IMAGES, compose, instructions, settings_used

OWN = ("app-1", "app-2", "rasa-1", "rasa-2", "prepare")


def test_compose_is_what_its_specification_expects() -> None:
    # The package only carries the schema; importing it would load a whole command line.
    package = find_spec("check_jsonschema")
    assert package is not None
    assert package.origin is not None
    file = Path(package.origin).parent / "builtin_schemas/vendor/compose-spec.json"
    schema = json.loads(file.read_text(encoding="utf-8"))

    jsonschema.validators.validator_for(schema)(schema).validate(compose())


def test_only_the_proxy_is_reached_from_outside() -> None:
    published = {
        name: service["ports"]
        for name, service in compose()["services"].items()
        if "ports" in service
    }

    assert published == {"proxy": ["80:80", "443:443"]}


def test_every_service_network_volume_and_secret_that_is_named_is_there() -> None:
    file = compose()
    services: dict[str, dict[str, Any]] = file["services"]
    missing: list[str] = []
    for name, service in services.items():
        missing += [one for one in service.get("depends_on", []) if one not in services]
        missing += [one for one in service.get("networks", []) if one not in file["networks"]]
        missing += [one for one in service.get("secrets", []) if one not in file["secrets"]]
        sources = [volume.split(":")[0] for volume in service.get("volumes", [])]
        missing += [
            one for one in sources if not one.startswith(".") and one not in file["volumes"]
        ]
        missing += [
            one for one in sources if one.startswith(".") and not (PROJECT_DIR / one).exists()
        ]
        read = [v for k, v in service.get("environment", {}).items() if k.endswith("_FILE")]
        mounted = [f"/run/secrets/{one}" for one in service.get("secrets", [])]
        missing += [f"{name}: {one}" for one in read if one not in mounted]

    assert missing == []


def test_the_addresses_are_those_of_services_and_the_ports_their_images_open() -> None:
    services = compose()["services"]
    opened = {
        name: [
            f"{port}"
            for word, port in instructions(IMAGES[services[name]["image"]])
            if word == "EXPOSE"
        ]
        for name in OWN
    }
    opened |= {"postgres": ["5432"], "redis": ["6379"]}
    said = [v for name in (*OWN, "proxy") for v in services[name]["environment"].values()]
    text = " ".join([*said, (DEPLOY / "secrets.sh").read_text(encoding="utf-8")])
    asked = re.findall(r"\b((?:app|rasa)-\d|postgres|redis):(\d+)", text)

    assert {name for name, _ in asked} == {*opened} - {"prepare"}
    assert [one for one in asked if one[1] not in opened[one[0]]] == []


@pytest.mark.parametrize(("place", "given"), [*settings_used()])
def test_every_setting_exists(place: str, given: dict[str, str]) -> None:
    of_the_proxy = {"SAPA_DOMAIN", "SAPA_APPS"} if place == "proxy" else set()
    names = {name for name in given if name.startswith("SAPA_")} - of_the_proxy
    known = {f"SAPA_{name.upper()}" for name in Settings.model_fields}

    assert {name.removesuffix("_FILE") for name in names} - known == set()


def test_the_secrets_are_made_once_and_start_a_sapa(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "secrets"
    for _ in range(2):
        subprocess.run([DEPLOY / "secrets.sh", folder], check=True, capture_output=True)
        made = {file.name: file.read_text() for file in folder.iterdir()}
    again = {file.name: file.read_text() for file in folder.iterdir()}
    service = compose()["services"]["app-1"]["environment"]
    site = '{"shop": {"name": "Toko", "origins": ["https://shop.example.com"]}}'
    given = {**service, "SAPA_SITES": site, "SAPA_TIMEZONE": "Asia/Jakarta"}
    for name, value in given.items():
        own = value.replace("/run/secrets", str(folder)) if name.endswith("_FILE") else value
        monkeypatch.setenv(name, own)
    settings = load_settings()
    settings.require_for_serving()

    assert sorted(again) == sorted(compose()["secrets"])
    assert again == made
    assert folder.stat().st_mode & 0o777 == 0o700
    assert settings.secret_key.get_secret_value() == made["secret_key"]
    assert (
        settings.database
        == f"postgresql+psycopg://sapa:{made['postgres_password']}@postgres:5432/sapa"
    )


def test_no_secret_has_a_default_and_none_goes_into_an_image() -> None:
    secret = re.compile(r"(?i)(password|secret_key|token|database_url|redis_url)")
    values = {
        (place, name): value
        for place, given in settings_used()
        for name, value in given.items()
        if secret.search(name) and not name.endswith("_FILE")
    }
    ignored = (PROJECT_DIR / ".gitignore").read_text().splitlines()

    assert {key: value for key, value in values.items() if value} == {}
    assert {"/deploy/secrets/", "/deploy/kubernetes/20-secret.yaml"} <= set(ignored)
    assert (PROJECT_DIR / ".dockerignore").read_text().splitlines()[1] == "*"
