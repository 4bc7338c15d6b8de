"""A right that is missing is named, with the rule that would give it; the operator goes on with all else."""

import pytest

from tests.e2e.conftest import RunOperator
from tests.e2e.rights import DEPLOYMENTS, Rights
from tests.e2e.shop import Shop, Timeline, condition, target

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]


def test_without_the_right_to_patch_a_target_it_says_which_rule_is_missing(
    shop: Shop, rights: Rights, run_operator: RunOperator
) -> None:
    operator = run_operator()
    shop.deploy()
    shop.make("ConfigMap", "settings")
    shop.integrate(targets=[target(), target("settings", "ConfigMap")])
    shop.live()
    rights.take_patch(*DEPLOYMENTS)
    shop.simulator.admin.fault("refused")
    status = shop.until(
        lambda status: condition(status, "Ready")["reason"] == "PermissionDenied", "the refusal to be told"
    )
    assert condition(status, "Ready")["status"] == "False"
    assert condition(status, "TargetsInSync")["reason"] == "PermissionDenied"
    for message in (condition(status, "Ready")["message"], condition(status, "TargetsInSync")["message"]):
        for word in ("patch", "deployments", shop.namespace):
            assert word in message
    assert "apps" in condition(status, "Ready")["message"], "the rule is written out"
    assert "verbs" in condition(status, "Ready")["message"]
    # What may be told is told.
    shop.reads("false", "ConfigMap", "settings")
    assert shop.told() == "true"
    operator.must_live()
    rights.give_back(*DEPLOYMENTS)
    times = Timeline("right given back")
    shop.reads("false", timeout=10)
    times.mark("patched")
    times.tell()
    shop.fallen_back()
    shop.simulator.admin.heal()
    status = shop.live()
    assert condition(status, "TargetsInSync")["status"] == "True"


def test_a_missing_right_is_told_before_it_is_needed(shop: Shop, rights: Rights, run_operator: RunOperator) -> None:
    rights.take_patch(*DEPLOYMENTS)
    operator = run_operator(grant=False)
    shop.deploy()
    shop.integrate()
    status = shop.until(
        lambda status: condition(status, "Ready")["status"] == "False", "the missing right to be told", timeout=30
    )
    assert condition(status, "Ready")["reason"] == "PermissionDenied"
    assert "patch" in condition(status, "Ready")["message"]
    operator.must_live()
