"""Targets that go, come, do not follow, or are edited by somebody else while they are in fallback."""

import pytest

from ideogram_operator.resource.words import FALLBACK_ANNOTATION
from lab.kube import JSON_PATCH, Json
from lab.kubelet import BEHAVIOUR
from lab.waiting import NeverHappenedError
from tests.e2e.shop import claimed, condition, set_env, target
from tests.faults.measuring import Measuring, measures
from tests.faults.rows import targets
from tests.faults.standing import Stall

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]

MANAGER = "gitops-controller"


def outage(stall: Stall) -> None:
    stall.admin.fault("reset")
    stall.fallen()


def told_of(stall: Stall, kind: str, reason: str) -> Json:
    """The status, once a condition has this reason."""
    return stall.shop.until(lambda status: condition(status, kind)["reason"] == reason, reason, name=stall.name)


def delete(stall: Stall) -> None:
    path = stall.shop.path("Deployment", stall.name)
    stall.shop.kube.delete(path)
    stall.shop.kube.wait_gone(path)


def returns(stall: Stall, row: Measuring) -> None:
    row.ends()
    stall.admin.heal()
    stall.live()
    row.recovered()
    assert claimed(stall.shop.get("Deployment", stall.name)) == []


@measures(targets.DELETED_LIVE)
def test_deleted_while_live(stall: Stall, row: Measuring) -> None:
    stall.open()
    delete(stall)
    row.begins()
    stall.admin.fault("refused")
    told_of(stall, "Ready", "TargetMissing")
    row.detected()
    row.begins()
    stall.deploy(settle=False)
    stall.reads("false")
    row.acted()
    returns(stall, row)


@measures(targets.DELETED)
def test_deleted_in_fallback(stall: Stall, row: Measuring) -> None:
    stall.open()
    outage(stall)
    row.begins()
    delete(stall)
    assert told_of(stall, "Ready", "TargetMissing")["state"] == "Fallback"
    row.detected()
    row.begins()
    stall.deploy(settle=False)
    stall.reads("false")
    row.acted()
    returns(stall, row)


@measures(targets.RENAMED)
def test_renamed_in_fallback(stall: Stall, row: Measuring) -> None:
    stall.deploy(labels={"draws": stall.name})
    stall.open(targets=[target(kind="Deployment", selector={"matchLabels": {"draws": stall.name}})])
    outage(stall)
    row.begins()
    delete(stall)
    renamed = f"{stall.name}-renamed"
    stall.shop.deploy(renamed, settle=False, replicas=1, labels={"draws": stall.name})
    stall.shop.reads("false", name=renamed)
    row.acted()
    row.ends()
    stall.admin.heal()
    status = stall.shop.live(stall.name)
    row.recovered()
    assert [one["name"] for one in status["targets"]] == [renamed]
    assert stall.shop.told(name=renamed) == "true"


@measures(targets.PAUSED)
def test_paused(stall: Stall, row: Measuring) -> None:
    stall.open()
    path = stall.shop.path("Deployment", stall.name)
    stall.shop.kube.patch(path, {"spec": {"paused": True}})
    row.begins()
    stall.admin.fault("refused")
    stall.reads("false")
    row.acted()
    told_of(stall, "TargetsInSync", "TargetPaused")
    row.detected()
    row.ends()
    stall.shop.kube.patch(path, {"spec": {"paused": False}})
    stall.shop.until(lambda status: status["targets"][0]["ready"], "the pods to follow", name=stall.name)
    row.recovered()


@measures(targets.SCALED)
def test_scaled_to_zero(stall: Stall, row: Measuring) -> None:
    stall.open()
    outage(stall)
    path = stall.shop.path("Deployment", stall.name)
    stall.shop.kube.patch(path, {"spec": {"replicas": 0}})
    stall.shop.settled(stall.name)
    stall.shop.kube.patch(path, {"spec": {"replicas": 2}})
    stall.shop.settled(stall.name)
    assert stall.shop.told(name=stall.name) == "false"
    row.left_alone()
    returns(stall, row)
    assert stall.shop.get("Deployment", stall.name)["spec"]["replicas"] == 2


@measures(targets.STUCK)
def test_a_stuck_rollout(stall: Stall, row: Measuring) -> None:
    stall.deploy(settle=False, pod={BEHAVIOUR: "crash"}, progressDeadlineSeconds=2)
    stall.open()
    before = stall.generation
    row.begins()
    stall.admin.fault("refused")
    stall.reads("false")
    row.acted()
    told_of(stall, "TargetsInSync", "RolloutStuck")
    row.detected()
    assert stall.generation == before + 1, "told once"
    row.ends()
    stall.admin.heal()
    stall.reads("true")
    row.recovered()
    assert stall.generation == before + 2


@measures(targets.IMMUTABLE)
def test_an_immutable_config_map(stall: Stall, row: Measuring) -> None:
    stall.shop.make("ConfigMap", stall.name)
    stall.shop.kube.patch(stall.shop.path("ConfigMap", stall.name), {"immutable": True})
    stall.open(targets=[target(stall.name, "ConfigMap"), target(stall.name)])
    row.begins()
    stall.admin.fault("refused")
    stall.reads("false")
    row.acted()
    told_of(stall, "TargetsInSync", "TargetImmutable")
    row.detected()
    assert stall.shop.told("ConfigMap", stall.name) == "true"
    returns(stall, row)


@measures(targets.EDITED)
def test_deployed_in_fallback(stall: Stall, row: Measuring) -> None:
    stall.open()
    outage(stall)
    path = stall.shop.path("Deployment", stall.name)
    change = [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "shop:2"}]
    stall.shop.kube.patch(path, change, content_type=JSON_PATCH, fieldManager="ci")
    deployed = stall.generation
    stall.asked(4)
    assert (stall.generation, stall.shop.told(name=stall.name)) == (deployed, "false")
    row.left_alone()
    returns(stall, row)
    (container,) = stall.shop.get("Deployment", stall.name)["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "shop:2"


@measures(targets.PUT_BACK)
def test_put_back_once(stall: Stall, row: Measuring) -> None:
    stall.open()
    outage(stall)
    row.begins()
    set_env(stall.shop, stall.name, "true", manager=MANAGER)
    stall.reads("false")
    row.acted()
    assert condition(stall.shop.status(stall.name), "TargetsInSync")["reason"] != "TargetConflict"
    returns(stall, row)


@measures(targets.FOUGHT)
def test_put_back_each_time(stall: Stall, row: Measuring) -> None:
    stall.open()
    outage(stall)
    row.begins()
    flips = 0
    while condition(stall.shop.status(stall.name), "TargetsInSync")["reason"] != "TargetConflict":
        if stall.shop.told(name=stall.name) == "false":
            assert (flips := flips + 1) <= 3, "it fights"
            set_env(stall.shop, stall.name, "true", manager=MANAGER)
    row.detected()
    told = condition(stall.shop.status(stall.name), "TargetsInSync")
    assert (told["status"], MANAGER in told["message"]) == ("False", True)
    with pytest.raises(NeverHappenedError):
        stall.shop.reads("false", name=stall.name, timeout=3)
    row.left_alone()
    returns(stall, row)


@measures(targets.LEDGER_LOST)
def test_the_annotation_is_deleted(stall: Stall, row: Measuring) -> None:
    stall.open()
    outage(stall)
    row.begins()
    path = stall.shop.path("Deployment", stall.name)
    stall.shop.kube.patch(path, {"metadata": {"annotations": {FALLBACK_ANNOTATION: None}}})
    stall.shop.kube.wait_for(path, lambda item: claimed(item) == [stall.name], "the annotation to be there again")
    row.acted()
    assert stall.shop.told(name=stall.name) == "false"
