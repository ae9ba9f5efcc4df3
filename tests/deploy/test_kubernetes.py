"""No cluster runs here: the manifests are held against Kubernetes' schemas and each other."""

import json
from typing import Any

import kubernetes_validate
import pytest

from settings import Settings, UnsafeSettings
from tests.deploy.deployment import containers, manifests, of_kind, pods

OLDEST, NEWEST = "1.29", "1.37"
OUTSIDE = (
    "/",
    "/cart",
    "/healthz",
    "/api/web/messages",
    "/api/web/socket",
    "/api/console/login",
    "/channels/whatsapp",
    "/console",
    "/help/id",
    "/web/widget/loader.js",
)
INSIDE = ("/bot/actions", "/metrics", "/readyz", "/docs", "/redoc", "/openapi.json")


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize(
    "one", manifests(), ids=lambda one: f"{one['kind']}-{one['metadata']['name']}"
)
def test_a_manifest_is_what_kubernetes_expects(one: dict[str, Any], version: str) -> None:
    kubernetes_validate.validate(one, version, strict=True)


def test_everything_lies_in_one_namespace_that_admits_only_confined_pods() -> None:
    [namespace] = of_kind("Namespace")
    others = [one for one in manifests() if one["kind"] != "Namespace"]

    assert {one["metadata"]["namespace"] for one in others} == {namespace["metadata"]["name"]}
    assert namespace["metadata"]["labels"] == {"pod-security.kubernetes.io/enforce": "restricted"}
    for pod in pods().values():
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
    for _, container in containers():
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_every_reference_points_to_something_that_is_there() -> None:
    names = {(one["kind"], one["metadata"]["name"]) for one in manifests()}
    ports = {name: [p["name"] for p in c.get("ports", [])] for name, c in containers()}
    missing: list[object] = []
    for _, container in containers():
        for source in container.get("envFrom", []):
            kind = {"configMapRef": "ConfigMap", "secretRef": "Secret"}
            missing += [row for key, row in source.items() if (kind[key], row["name"]) not in names]
        for row in container.get("env", []):
            key = row.get("valueFrom", {}).get("secretKeyRef")
            missing += [key] if key and not _has_key(key) else []
    for pod in pods().values():
        claims = [volume.get("persistentVolumeClaim") for volume in pod.get("volumes", [])]
        missing += [
            one
            for one in claims
            if one and ("PersistentVolumeClaim", one["claimName"]) not in names
        ]
    for service in of_kind("Service"):
        target = service["spec"]["selector"]["app.kubernetes.io/name"]
        missing += [
            row for row in service["spec"]["ports"] if row["targetPort"] not in ports[target]
        ]
    for budget in of_kind("PodDisruptionBudget"):
        target = budget["spec"]["selector"]["matchLabels"]["app.kubernetes.io/name"]
        missing += [] if target in ports else [target]

    assert missing == []


def _has_key(reference: dict[str, str]) -> bool:
    secrets = {one["metadata"]["name"]: one["stringData"] for one in of_kind("Secret")}
    return reference["key"] in secrets[reference["name"]]


def test_every_rasa_that_the_app_asks_is_one_that_is_started() -> None:
    [config] = of_kind("ConfigMap")
    [rasa] = [one for one in of_kind("StatefulSet") if one["metadata"]["name"] == "sapa-rasa"]
    port = rasa["spec"]["template"]["spec"]["containers"][0]["ports"][0]["containerPort"]
    service = rasa["spec"]["serviceName"]

    assert config["data"]["SAPA_RASA_URL"].split(",") == [
        f"http://sapa-rasa-{number}.{service}:{port}" for number in range(rasa["spec"]["replicas"])
    ]


def test_app_and_rasa_stay_up_while_a_node_is_emptied() -> None:
    budgets = {
        one["metadata"]["name"]: one["spec"]["minAvailable"]
        for one in of_kind("PodDisruptionBudget")
    }
    replicas = {
        one["metadata"]["name"]: one["spec"]["replicas"]
        for one in of_kind("Deployment", "StatefulSet")
    }

    assert budgets == {"sapa-app": 1, "sapa-rasa": 1}
    assert {name: replicas[name] for name in budgets} == {"sapa-app": 2, "sapa-rasa": 2}


def test_probes_ask_the_addresses_that_answer_them(settings: Settings) -> None:
    app, rasa = (pods()[name]["containers"][0] for name in ("sapa-app", "sapa-rasa"))
    probes = ("startupProbe", "livenessProbe", "readinessProbe")

    assert [app[probe]["httpGet"]["path"] for probe in probes] == [
        "/healthz",
        "/healthz",
        "/readyz",
    ]
    assert [rasa[probe]["httpGet"]["path"] for probe in (probes[0], probes[2])] == [
        "/webhooks/sapa/",
        "/webhooks/sapa/",
    ]
    for _, container in containers():
        named = {port["name"] for port in container.get("ports", [])}
        asked = [container.get(probe, {}) for probe in probes]
        used = {(one.get("httpGet") or one.get("tcpSocket") or {}).get("port") for one in asked}
        assert used - {None} <= named


@pytest.mark.parametrize(
    ("path", "reached"),
    [
        *((path, True) for path in OUTSIDE),
        *((path, False) for path in INSIDE),
    ],
)
def test_what_is_for_people_is_reached_from_outside_and_nothing_else(
    path: str, reached: bool
) -> None:
    [ingress] = of_kind("Ingress")
    rows = ingress["spec"]["rules"][0]["http"]["paths"]
    exact = {row["path"] for row in rows if row["pathType"] == "Exact"}
    prefixes = tuple(row["path"] + "/" for row in rows if row["pathType"] == "Prefix")

    assert (path in exact or f"{path}/".startswith(prefixes)) is reached


def test_the_secrets_have_no_default_and_sapa_does_not_start_without_them() -> None:
    empty = {k: v for one in of_kind("Secret") for k, v in one["stringData"].items()}
    [config] = of_kind("ConfigMap")
    given = {**config["data"], **empty}
    given["SAPA_SITES"] = json.loads(given["SAPA_SITES"])
    own = {k.removeprefix("SAPA_").lower(): v for k, v in given.items() if k.startswith("SAPA_")}

    assert set(empty.values()) == {""}
    with pytest.raises(UnsafeSettings, match="SAPA_SECRET_KEY, SAPA_RASA_TOKEN"):
        Settings(_env_file=None, **own).require_for_serving()  # type: ignore[call-arg]
