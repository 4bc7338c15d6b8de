"""Pods that do not follow: it is told, with what to do, and not tried again and again."""

import pytest

from lab.operator import Operator
from tests.e2e.shop import Shop, Timeline, condition

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]

CRASH = {"lab.ideogram-operator.io/behaviour": "crash"}


def test_a_rollout_that_gets_stuck_is_told_and_left_to_its_owner(shop: Shop, operator: Operator) -> None:
    shop.deploy(settle=False, pod=CRASH, progressDeadlineSeconds=3, replicas=1)
    shop.integrate()
    shop.live()
    times = Timeline("stuck rollout")
    shop.simulator.admin.fault("refused")
    status = shop.until(lambda status: condition(status, "TargetsInSync")["reason"] == "RolloutStuck", "RolloutStuck")
    times.mark("told")
    times.tell()
    (web,) = status["targets"]
    assert (web["mode"], web["ready"], web["reason"]) == ("Fallback", False, "RolloutStuck")
    assert "Deployment/web" in condition(status, "TargetsInSync")["message"]
    assert status["state"] == "Fallback"
    shop.until(lambda _: any(event["reason"] == "RolloutStuck" for event in shop.events()), "the event")
    with pytest.raises(TimeoutError):
        shop.until(lambda _: len(shop.patches("deployments", "web")) > 1, "another patch", timeout=5)
    shop.simulator.admin.heal()
    shop.state("Live")
    shop.reads("true", timeout=5)


def test_a_paused_deployment_is_told_and_that_its_pods_do_not_follow_is_said(shop: Shop, operator: Operator) -> None:
    shop.deploy(replicas=1)
    shop.kube.patch(shop.path("Deployment", "web"), {"spec": {"paused": True}})
    shop.integrate()
    shop.live()
    shop.simulator.admin.fault("refused")
    status = shop.until(lambda status: condition(status, "TargetsInSync")["reason"] == "TargetPaused", "TargetPaused")
    assert shop.told() == "false", "it takes effect when it is resumed"
    assert not status["targets"][0]["ready"]
    assert "resumed" in condition(status, "TargetsInSync")["message"]
    shop.kube.patch(shop.path("Deployment", "web"), {"spec": {"paused": False}})
    status = shop.until(lambda status: status["targets"][0]["ready"], "the pods to follow")
    assert condition(status, "TargetsInSync")["status"] == "True"


def test_a_target_scaled_to_zero_is_told_all_the_same(shop: Shop, operator: Operator) -> None:
    shop.deploy(settle=False, replicas=0)
    shop.integrate()
    shop.live()
    shop.simulator.admin.fault("refused")
    shop.fallen_back()
    shop.kube.patch(shop.path("Deployment", "web"), {"spec": {"replicas": 1}})
    shop.settled()
    assert shop.told() == "false"
    shop.simulator.admin.heal()
    shop.live()
    assert shop.get("Deployment", "web")["spec"]["replicas"] == 1, "what others changed stays"
