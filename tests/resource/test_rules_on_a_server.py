"""A real API server judges every example as the operator does, fills in the same defaults, and shows the columns."""

import json
import subprocess
from typing import Any

import pytest

from ideogram_operator.resource.checklist import CheckId
from ideogram_operator.resource.crd import crd
from ideogram_operator.resource.spec import IntegrationSpec
from ideogram_operator.resource.status import IntegrationStatus
from ideogram_operator.resource.words import GROUP, PLURAL, VERSION, ConditionType, Trigger
from lab.cluster import Cluster
from lab.controlplane.binaries import kubectl
from lab.kube import KubeError
from tests.resource.examples import ACCEPTED, FULL, MINIMAL, REJECTED, Example, Json, changed, manifest
from tests.resource.schemas import fullest, spoiled

pytestmark = pytest.mark.cluster

SCHEMA: Json = crd()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
PODS = changed(MINIMAL, traffic={"pods": {"port": 9090, "path": "/metrics"}})
SPOILED = [*spoiled(SCHEMA["spec"], FULL), *spoiled(SCHEMA["spec"], PODS)]


def _path(namespace: str) -> str:
    return f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/{PLURAL}"


def _judge(cluster: Cluster, spec: Json) -> Json:
    """The object as the server would store it; nothing is stored."""
    judged: Json = cluster.kube.request(
        "POST", _path("default"), body=manifest(spec), dryRun="All", fieldValidation="Strict"
    )
    return judged


@pytest.mark.parametrize("example", ACCEPTED, ids=str)
def test_good_spec_is_accepted_and_means_the_same_after(cluster: Cluster, example: Example) -> None:
    stored = _judge(cluster, example.spec)["spec"]
    assert IntegrationSpec.parse(stored) == IntegrationSpec.parse(example.spec)


@pytest.mark.parametrize("example", REJECTED, ids=str)
def test_bad_spec_is_refused_with_its_place_and_reason(cluster: Cluster, example: Example) -> None:
    with pytest.raises(KubeError) as refused:
        _judge(cluster, example.spec)
    assert refused.value.status == 422
    assert example.at in str(refused.value)
    assert example.says in str(refused.value)


@pytest.mark.parametrize("spec", [spec for _, spec in SPOILED], ids=[name for name, _ in SPOILED])
def test_every_bound_is_kept(cluster: Cluster, spec: Json) -> None:
    with pytest.raises(KubeError) as refused:
        _judge(cluster, spec)
    assert refused.value.status in {400, 422}


def test_a_misspelt_field_is_refused(cluster: Cluster) -> None:
    with pytest.raises(KubeError, match=r"spec\.probe\.intervall"):
        _judge(cluster, changed(MINIMAL, probe__intervall="10s"))


def test_defaults_of_the_server_are_those_of_the_models(cluster: Cluster) -> None:
    stored = _judge(cluster, MINIMAL)["spec"]
    ours = IntegrationSpec.parse(MINIMAL).model_dump(mode="json", by_alias=True)
    for part in ("mode", "environment", "api", "probe", "recovery"):
        assert stored[part] == _without_none(ours[part])
    assert stored["targets"][0]["switch"] == ours["targets"][0]["switch"]


def test_what_nobody_asked_for_is_not_stored(cluster: Cluster) -> None:
    assert set(_judge(cluster, MINIMAL)["spec"]) == {"mode", "environment", "api", "targets", "probe", "recovery"}


def _without_none(part: object) -> object:
    if not isinstance(part, dict):
        return part
    return {name: _without_none(value) for name, value in part.items() if value is not None}


def test_largest_status_can_be_written_and_read_back(cluster: Cluster, namespace: str) -> None:
    cluster.kube.create(_path(namespace), manifest(FULL, namespace=namespace))
    status = IntegrationStatus.parse(_meaningful(fullest(SCHEMA["status"]))).to_wire()
    assert 30 * 1024 < len(json.dumps(status)) < 33 * 1024
    written = cluster.kube.patch(f"{_path(namespace)}/example/status", {"status": status})["status"]
    assert IntegrationStatus.parse(written).to_wire() == status


NEVER = "2026-12-31T23:59:59Z"
VALUES = {
    "latency": "1h59m59.999s",
    "p95": "1h59m59.999s",
    "spentTodayUSD": "9999999.999999",
    "balanceUSD": "9999999.999999",
    "spentOn": "2026-12-31",
    "lastTransitionTime": NEVER,
    "reason": "OverrideForceFallback",
}
WORDS = {"conditions": ("type", ConditionType), "alerts": ("name", Trigger), "checks": ("id", CheckId)}


def _meaningful(part: Any, name: str = "") -> Any:
    """A status of any letters with values that mean something where the operator reads them."""
    match part:
        case dict():
            return {key: _meaningful(value, key) for key, value in part.items()}
        case list() if name in WORDS:
            key, words = WORDS[name]
            return [_meaningful(part[0]) | {key: word.value} for word in words]
        case list():
            return [_meaningful(item) for item in part]
        case _:
            return VALUES.get(name, part)


def test_fields_of_status_are_not_tracked_one_by_one(cluster: Cluster, namespace: str) -> None:
    cluster.kube.create(_path(namespace), manifest(MINIMAL, name="tracked", namespace=namespace))
    ready = {"type": "Ready", "status": "True", "reason": "AllGood", "message": "", "lastTransitionTime": NEVER}
    status = {"conditions": [ready], "targetsTotal": 1}
    written = cluster.kube.patch(f"{_path(namespace)}/tracked/status", {"status": status})
    (status,) = (one for one in written["metadata"]["managedFields"] if one.get("subresource") == "status")
    assert status["fieldsV1"] == {"f:status": {}}


def test_kubectl_tells_the_story_in_columns(cluster: Cluster, namespace: str) -> None:
    path = f"{_path(namespace)}/storefront"
    cluster.kube.create(_path(namespace), manifest(MINIMAL, name="storefront", namespace=namespace))
    status = {
        "state": "Fallback",
        "health": "Down",
        "reason": "ApiUnreachable",
        "since": "2026-11-22T00:00:00.123456Z",
        "alertsFiring": "apiUnreachable",
        "balanceUSD": "12.34",
        "preflight": {"summary": "24/26"},
        "probe": {"p95": "8.4s"},
        "conditions": [
            {
                "type": "Ready",
                "status": "True",
                "reason": "AllGood",
                "message": "",
                "lastTransitionTime": "2026-11-22T00:00:00Z",
            }
        ],
    }
    cluster.kube.patch(f"{path}/status", {"status": status})
    header, row = _kubectl(cluster, "get", "idi", "-n", namespace, "-o", "wide")
    assert header == [
        "NAME",
        "READY",
        "HEALTH",
        "STATE",
        "PREFLIGHT",
        "ALERTS",
        "AGE",
        "REASON",
        "SINCE",
        "P95",
        "BALANCE",
        "MODEL",
        "MODE",
    ]
    shown = dict(zip(header, row, strict=True))
    age, since = shown.pop("AGE"), shown.pop("SINCE")
    assert age[-1] in "smh"
    assert since[0].isdigit()
    assert list(shown.values()) == (
        [
            "storefront",
            "True",
            "Down",
            "Fallback",
            "24/26",
            "apiUnreachable",
            "ApiUnreachable",
            "8.4s",
            "12.34",
            "V_2_TURBO",
            "Enforce",
        ]
    )
    narrow, _ = _kubectl(cluster, "get", "ideogram", "-n", namespace)
    assert narrow == ["NAME", "READY", "HEALTH", "STATE", "PREFLIGHT", "ALERTS", "AGE"]


def _kubectl(cluster: Cluster, *arguments: str) -> list[list[str]]:
    command = [kubectl(), "--kubeconfig", cluster.kubeconfig, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own arguments
    return [line.split() for line in done.stdout.splitlines()]


def test_crd_of_the_cluster_is_this_one(cluster: Cluster) -> None:
    path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{crd()['metadata']['name']}"
    theirs = cluster.kube.get(path)["spec"]["versions"][0]["schema"]
    assert json.dumps(theirs, sort_keys=True) == json.dumps(crd()["spec"]["versions"][0]["schema"], sort_keys=True)
