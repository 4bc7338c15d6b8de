"""A flip is one patch and one rollout, and the way back leaves every application as it was, to the bit."""

import copy
from typing import Any

import pytest

from ideogram_operator.resource.words import FALLBACK_ANNOTATION
from lab.kube import JSON_PATCH
from lab.operator import Operator
from tests.e2e.shop import ON, Shop, Timeline, claimed, env, held_by_finalizer, history, ordered, target, value_of

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]

FROM_SECRET = {"secretKeyRef": {"name": "ideogram", "key": "api-key", "optional": True}}
SHAPES: dict[str, list[dict[str, Any]]] = {
    "no-env": [env()],
    "only-others": [env({"name": "LOG_LEVEL", "value": "info"})],
    "empty-value": [env({"name": "IDEOGRAM_ENABLED", "value": ""})],
    "no-value": [env({"name": "IDEOGRAM_ENABLED"})],
    "literal": [env({"name": "FIRST", "value": "1"}, ON, {"name": "LAST", "value": "$(IDEOGRAM_ENABLED)"})],
    "secret": [env({"name": "IDEOGRAM_ENABLED", "valueFrom": FROM_SECRET})],
    "field": [env({"name": "IDEOGRAM_ENABLED", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}})],
    "duplicates": [env(ON, {"name": "LOG_LEVEL", "value": "x"}, {"name": "IDEOGRAM_ENABLED", "value": "yes"})],
    "containers": [env(ON), env(name="side"), env({"name": "IDEOGRAM_ENABLED", "value": ""}, name="third")],
}


def template(item: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = item["spec"]["template"]
    return found


def test_every_shape_is_told_in_one_patch_and_given_back_as_it_was(shop: Shop, operator: Operator) -> None:
    for name, containers in SHAPES.items():
        shop.deploy(name, settle=False, containers=containers, replicas=1)
    before = {name: shop.settled(name) for name in SHAPES}
    replica_sets = shop.replica_sets()
    shop.integrate(targets=[target(name) for name in SHAPES])
    shop.live()

    times = Timeline(f"{len(SHAPES)} shapes")
    shop.simulator.admin.fault("status", status=500)
    shop.fallen_back()
    times.mark("patched")
    told = {name: shop.settled(name) for name in SHAPES}
    times.mark("ready")
    for name, containers in SHAPES.items():
        assert {value_of(told[name], container=one["name"]) for one in containers} == {"false"}, name
        assert told[name]["metadata"]["generation"] == before[name]["metadata"]["generation"] + 1, name
        assert claimed(told[name]) == ["shop"]
    assert shop.replica_sets() == replica_sets + len(SHAPES), "one rollout each"

    shop.simulator.admin.heal()
    shop.live()
    times.mark("recovered")
    after = {name: shop.settled(name) for name in SHAPES}
    times.tell()
    for name in SHAPES:
        assert template(after[name]) == template(before[name]), name
        assert after[name]["metadata"].get("annotations", {}).get(FALLBACK_ANNOTATION) is None
        assert after[name]["metadata"]["generation"] == before[name]["metadata"]["generation"] + 2, name
        assert len(shop.patches("deployments", name)) == 2, "one there, one back"
    assert shop.replica_sets() == replica_sets + len(SHAPES), "the old ReplicaSets serve again"
    shop.until(lambda _: not held_by_finalizer(shop.kube.get(shop.at())), "the finalizer to go")


def test_a_deploy_during_fallback_survives(shop: Shop, operator: Operator) -> None:
    shop.deploy(containers=[env(ON, {"name": "LOG_LEVEL", "value": "info"})])
    shop.integrate()
    shop.live()
    shop.simulator.admin.fault("reset")
    shop.fallen_back()
    deployed = [
        {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "shop:2"},
        {"op": "add", "path": "/spec/template/spec/containers/0/env/0", "value": {"name": "NEW", "value": "1"}},
        {"op": "add", "path": "/spec/template/spec/containers/-", "value": env(ON, name="late")},
    ]
    shop.kube.patch(shop.path("Deployment", "web"), deployed, content_type=JSON_PATCH, fieldManager="ci")
    # The container that the deploy brought is told as well.
    shop.kube.wait_for(
        shop.path("Deployment", "web"), lambda item: value_of(item, container="late") == "false", "the late container"
    )
    shop.simulator.admin.heal()
    shop.live()
    web, late = shop.settled()["spec"]["template"]["spec"]["containers"]
    assert web["image"] == "shop:2"
    assert web["env"] == [{"name": "NEW", "value": "1"}, ON, {"name": "LOG_LEVEL", "value": "info"}]
    assert late["env"] == [ON]


def test_a_target_of_two_integrations_returns_when_the_last_lets_go(shop: Shop, operator: Operator) -> None:
    before = shop.deploy()
    shop.integrate("first", override=ordered("ForceFallback"))
    shop.integrate("second", override=ordered("ForceFallback"))
    for name in ("first", "second"):
        shop.fallen_back(name)
    assert sorted(claimed(shop.get("Deployment", "web"))) == ["first", "second"]
    shop.settled()
    assert shop.replica_sets() == 2, "one rollout, however many ask"

    shop.edit("first", override=None)
    shop.live("first")
    assert shop.told() == "false"
    assert claimed(shop.get("Deployment", "web")) == ["second"]
    shop.edit("second", override=None)
    shop.live("second")
    assert template(shop.settled()) == template(before)
    assert shop.replica_sets() == 2


def test_every_kind_is_told_and_given_back(shop: Shop, operator: Operator) -> None:
    kinds = ("StatefulSet", "DaemonSet", "CronJob", "ConfigMap")
    before = {"Deployment": shop.deploy("thing", replicas=1)}
    before |= {kind: shop.make(kind, "thing", **({"replicas": 1} if kind == "StatefulSet" else {})) for kind in kinds}
    shop.integrate(targets=[target("thing", kind) for kind in before])
    shop.live()
    times = Timeline("five kinds")
    shop.simulator.admin.fault("refused")
    shop.fallen_back()
    times.mark("patched")
    for kind in before:
        assert shop.told(kind, "thing") == ("true" if kind == "CronJob" else "false"), kind
    status = shop.until(lambda status: history(status).get("ready"), "all pods to follow")
    times.mark("ready")
    assert all(one["ready"] for one in status["targets"])
    shop.simulator.admin.heal()
    shop.live()
    times.mark("recovered")
    times.tell()
    for kind, was in before.items():
        now = shop.get(kind, "thing")
        assert {part: now.get(part) for part in ("spec", "data")} == {part: was.get(part) for part in ("spec", "data")}


def test_a_selector_tells_all_that_it_finds_also_those_that_come_later(shop: Shop, operator: Operator) -> None:
    for name in ("one", "two"):
        shop.deploy(name, labels={"draws": "yes"}, replicas=1)
    bystander = shop.deploy("bystander", replicas=1)
    shop.integrate(targets=[target(kind="Deployment", selector={"matchLabels": {"draws": "yes"}})])
    status = shop.live()
    assert status["targetsTotal"] == 2
    shop.simulator.admin.fault("status", status=502)
    shop.reads("false", name="one")
    shop.reads("false", name="two")
    shop.simulator.admin.heal()
    shop.live()
    assert (shop.told(name="one"), shop.told(name="two")) == ("true", "true")
    left_alone = copy.deepcopy(shop.get("Deployment", "bystander"))
    assert left_alone["metadata"]["generation"] == bystander["metadata"]["generation"]
