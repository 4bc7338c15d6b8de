"""How many pods there may be, and what a Secret says of a key: tables over objects as the API server returns them."""

import base64
from typing import Any

import pytest

from ideogram_operator.checks.facts import KeyFacts, Lack
from ideogram_operator.checks.gathering.key import interpret
from ideogram_operator.checks.gathering.pods import most_pods
from ideogram_operator.cluster.secrets import interpret as read
from ideogram_operator.resource.api import SecretKeyRef
from ideogram_operator.resource.checklist import CheckResult
from ideogram_operator.resource.words import TargetKind

Json = dict[str, Any]


def hpa(name: str, kind: str, most: int) -> Json:
    return {
        "metadata": {"name": "scaler"},
        "spec": {"scaleTargetRef": {"kind": kind, "name": name}, "maxReplicas": most},
    }


def scaled(name: str, **spec: Any) -> Json:
    return {"metadata": {"name": "keda"}, "spec": {"scaleTargetRef": {"name": name}, **spec}}


WEB = {"metadata": {"name": "web"}, "spec": {"replicas": 3}}


@pytest.mark.parametrize(
    ("kind", "live", "scalers", "keda", "told"),
    [
        ("Deployment", WEB, [], [], (3, "spec.replicas")),
        ("Deployment", {"metadata": {"name": "web"}, "spec": {}}, [], [], (1, "spec.replicas")),
        ("Deployment", WEB, [hpa("web", "Deployment", 12)], [], (12, "HorizontalPodAutoscaler scaler")),
        ("Deployment", WEB, [hpa("other", "Deployment", 12)], [], (3, "spec.replicas")),
        ("StatefulSet", WEB, [hpa("web", "Deployment", 12)], [], (3, "spec.replicas")),
        ("StatefulSet", WEB, [hpa("web", "StatefulSet", 2)], [], (2, "HorizontalPodAutoscaler scaler")),
        ("Deployment", WEB, [], [scaled("web", maxReplicaCount=7)], (7, "ScaledObject keda")),
        ("Deployment", WEB, [], [scaled("web")], (100, "ScaledObject keda")),
        ("StatefulSet", WEB, [], [scaled("web", maxReplicaCount=7)], (3, "spec.replicas")),
        ("DaemonSet", {"metadata": {"name": "d"}, "status": {"desiredNumberScheduled": 4}}, [], [], (4, "nodes")),
        ("CronJob", {"spec": {"jobTemplate": {"spec": {"parallelism": 5}}}}, [], [], (5, "parallelism")),
        ("CronJob", {}, [], [], (1, "parallelism")),
    ],
)
def test_the_most_pods_and_where_that_stands(
    kind: str, live: Json, scalers: list[Json], keda: list[Json], told: tuple[int, str]
) -> None:
    found = most_pods(TargetKind(kind), live, autoscalers=scalers, scaled_objects=keda)
    assert found is not None
    assert (found.most, found.source) == told


def test_a_config_map_has_no_pods() -> None:
    assert most_pods(TargetKind.CONFIG_MAP, WEB) is None


REF = SecretKeyRef(name="ideogram", key="api-key")
KEY = "ideo-canary-0123456789abcdef"


def secret(value: str | None, **metadata: Any) -> Json:
    data = {} if value is None else {"api-key": base64.b64encode(value.encode()).decode()}
    return {"metadata": {"name": "ideogram", **metadata}, "data": data}


def told(raw: Json) -> KeyFacts | Lack:
    return interpret("shop", REF, read(raw, "ideogram", "api-key"), salt=b"0" * 32).facts


@pytest.mark.parametrize(
    ("metadata", "manager"),
    [
        ({}, ""),
        ({"ownerReferences": [{"kind": "ExternalSecret", "name": "shop-key"}]}, "ExternalSecret/shop-key"),
        ({"ownerReferences": [{"kind": "SealedSecret", "name": "shop-key"}]}, "SealedSecret/shop-key"),
        ({"ownerReferences": [{"kind": "VaultStaticSecret", "name": "shop-key"}]}, "VaultStaticSecret/shop-key"),
        ({"ownerReferences": [{"kind": "Deployment", "name": "web"}]}, ""),
        ({"annotations": {"reconcile.external-secrets.io/data-hash": "x"}}, "External Secrets"),
    ],
)
def test_whoever_manages_the_secret_is_named(metadata: Json, manager: str) -> None:
    found = told(secret(KEY, **metadata))
    assert isinstance(found, KeyFacts)
    assert (found.manager, found.spaced, found.place) == (manager, False, "Secret shop/ideogram, key api-key")


@pytest.mark.parametrize("value", [f"{KEY}\n", f" {KEY}"])
def test_white_space_is_told_and_such_a_key_is_not_sent(value: str) -> None:
    reading = interpret("shop", REF, read(secret(value), "ideogram", "api-key"), salt=b"0" * 32)
    assert isinstance(reading.facts, KeyFacts)
    assert reading.facts.spaced
    assert reading.key is None
    assert reading.trimmed is not None
    assert reading.trimmed.reveal() == KEY


@pytest.mark.parametrize("value", [None, "", "  \n", "two words"])
def test_no_usable_key_is_a_failure_with_a_hint(value: str | None) -> None:
    found = told(secret(value))
    assert isinstance(found, Lack)
    assert found.result is CheckResult.FAIL
    assert "Secret shop/ideogram, key api-key" in found.hint
    assert "two words" not in found.message
