"""Specs that may not be acted on, and edits of a spec while its targets are in fallback."""

import pytest

from lab.operator import Operator
from tests.e2e.conftest import RunOperator
from tests.e2e.shop import ON, QUICK_RECOVERY, Shop, claimed, condition, env, target

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]

PATIENT = {**QUICK_RECOVERY, "hold": "10s"}


def test_the_key_is_not_sent_to_a_host_that_is_not_allowed(shop: Shop, run_operator: RunOperator) -> None:
    run_operator(hosts=("https://another.example",))
    before = shop.deploy()
    shop.integrate()
    status = shop.until(lambda status: condition(status, "Ready")["reason"] == "HostNotAllowed", "HostNotAllowed")
    message = condition(status, "Ready")["message"]
    assert "spec.api.baseURL" in message
    assert "127.0.0.1" in message
    assert status["message"] == message
    assert shop.simulator.admin.requests(host="api") == []
    assert shop.generation() == before["metadata"]["generation"]


def test_a_switch_of_another_name_needs_the_operators_owner(shop: Shop, run_operator: RunOperator) -> None:
    operator = run_operator()
    shop.deploy(containers=[env({"name": "DRAWING", "value": "on"})])
    shop.integrate(targets=[target(switch={"name": "DRAWING", "fallbackValue": "off"})])
    status = shop.until(lambda status: condition(status, "Ready")["reason"] == "SwitchNameNotAllowed", "the refusal")
    assert "DRAWING" in condition(status, "Ready")["message"]
    assert "--switch-name" in condition(status, "Ready")["message"]
    shop.simulator.admin.fault("refused")
    with pytest.raises(TimeoutError):
        shop.state("Fallback", timeout=4)
    shop.simulator.admin.heal()
    operator.kill()
    operator.start(more=("--switch-name", "DRAW[A-Z]+"))
    shop.live()
    shop.simulator.admin.fault("refused")
    shop.fallen_back()
    assert shop.get("Deployment", "web")["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"] == "off"


def test_a_host_that_is_taken_out_while_in_fallback_leaves_the_applications_as_they_are(
    shop: Shop, operator: Operator
) -> None:
    shop.deploy()
    shop.integrate()
    shop.live()
    shop.simulator.admin.fault("refused")
    shop.fallen_back()
    api = {"baseURL": "https://another.example", "keySecretRef": {"name": "ideogram"}}
    shop.edit(api=api)
    status = shop.until(lambda status: condition(status, "Ready")["reason"] == "HostNotAllowed", "HostNotAllowed")
    assert status["state"] == "Fallback"
    assert shop.told() == "false"
    shop.simulator.admin.heal()
    shop.edit(api=api | {"baseURL": shop.simulator.url})
    shop.live()
    assert shop.told() == "true"


def test_a_target_added_in_fallback_is_told_and_one_taken_out_is_given_back(shop: Shop, operator: Operator) -> None:
    before = {name: shop.deploy(name, replicas=1) for name in ("stays", "leaves", "comes")}
    shop.integrate(targets=[target("stays"), target("leaves")], recovery=PATIENT)
    shop.live()
    shop.simulator.admin.fault("refused")
    shop.fallen_back()
    shop.edit(targets=[target("stays"), target("comes")])
    shop.reads("false", name="comes")
    shop.reads("true", name="leaves")
    assert shop.told(name="stays") == "false"
    assert claimed(shop.get("Deployment", "leaves")) == []
    assert shop.settled("leaves")["spec"] == before["leaves"]["spec"]
    status = shop.until(lambda status: len(status["targets"]) == 2, "the roster to be told")
    assert {one["name"] for one in status["targets"]} == {"stays", "comes"}
    shop.simulator.admin.heal()
    shop.live(timeout=40)
    for name in before:
        assert shop.settled(name)["spec"] == before[name]["spec"], name


def test_a_switch_renamed_in_fallback_moves_to_its_new_name(shop: Shop, operator: Operator) -> None:
    containers = [env(ON, {"name": "IDEOGRAM_MODE", "value": "full"})]
    before = shop.deploy(containers=containers)
    shop.integrate(recovery=PATIENT)
    shop.live()
    shop.simulator.admin.fault("refused")
    shop.fallen_back()
    shop.edit(targets=[target(switch={"name": "IDEOGRAM_MODE", "fallbackValue": "none"})])
    moved = [ON, {"name": "IDEOGRAM_MODE", "value": "none"}]
    shop.kube.wait_for(
        shop.path("Deployment", "web"),
        lambda item: item["spec"]["template"]["spec"]["containers"][0]["env"] == moved,
        "the switch to move",
    )
    shop.simulator.admin.heal()
    shop.live(timeout=40)
    assert shop.settled()["spec"] == before["spec"]


def test_fields_of_later_versions_are_accepted_and_named(shop: Shop, operator: Operator) -> None:
    shop.deploy()
    shop.integrate(billing={"balance": {"amountUSD": "100", "asOf": "2026-11-22T00:00:00Z"}})
    status = shop.live()
    assert "billing" in condition(status, "Ready")["message"]
    assert condition(status, "Ready")["status"] == "True"
