"""Whoever put a target back is named from managedFields."""

from typing import Any

import pytest

from ideogram_operator.cluster.drift import who_changed
from ideogram_operator.resource.words import TargetKind

OURS = "ideogram-operator"


def entry(manager: str, time: str, fields: Any = None, **more: Any) -> dict[str, Any]:
    return {"manager": manager, "time": time, "fieldsV1": fields or {}} | more


def env(name: str) -> dict[str, Any]:
    containers = {'k:{"name":"web"}': {"f:env": {f'k:{{"name":"{name}"}}': {".": {}, "f:value": {}}}}}
    return {"f:spec": {"f:template": {"f:spec": {"f:containers": containers}}}}


@pytest.mark.parametrize(
    ("entries", "named"),
    [
        ([], ""),
        ([entry(OURS, "2", env("A"))], ""),
        ([entry("helm", "1", env("A")), entry(OURS, "2")], "helm"),
        ([entry("helm", "1", env("A")), entry("kubectl-edit", "2", env("A"))], "kubectl-edit"),
        ([entry("helm", "1", env("A")), entry("kubectl-edit", "2", env("B"))], "helm"),
        ([entry("argocd", "1", env("B")), entry("flux", "2", env("B"))], "flux"),
        ([entry("kube-controller-manager", "3", subresource="status"), entry("flux", "2")], "flux"),
        ([entry("odd", "1", "not an object"), "nonsense"], "odd"),
    ],
)
def test_the_owner_is_named_else_the_latest_other_writer(entries: list[Any], named: str) -> None:
    live = {"metadata": {"managedFields": entries}}
    assert who_changed(TargetKind.DEPLOYMENT, live, container="web", name="A") == named


def test_keys_and_suspend_have_owners_too() -> None:
    keys = {"metadata": {"managedFields": [entry("a", "1", {"f:data": {"f:enabled": {}}}), entry("b", "2")]}}
    assert who_changed(TargetKind.CONFIG_MAP, keys, container="", name="enabled") == "a"
    suspend = {"metadata": {"managedFields": [entry("a", "1", {"f:spec": {"f:suspend": {}}}), entry("b", "2")]}}
    assert who_changed(TargetKind.CRON_JOB, suspend, container="", name="suspend") == "a"
