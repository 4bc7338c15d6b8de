"""kill -9 at the worst moments, and every way in which an integration ends."""

import pytest

from lab.operator import Operator
from tests.e2e.conftest import RunOperator
from tests.e2e.rights import DEPLOYMENTS, STATUS, Rights
from tests.e2e.shop import ON, Shop, Timeline, claimed, condition, env, held_by_finalizer, history, target

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]


def test_killed_in_fallback_it_returns_though_the_provider_recovered_meanwhile(shop: Shop, operator: Operator) -> None:
    before = shop.deploy()
    shop.integrate()
    shop.live()
    shop.simulator.admin.fault("refused")
    shop.fallen_back()
    operator.kill()
    shop.simulator.admin.heal()
    times = Timeline("restart in fallback")
    operator.start()
    times.mark("started")
    status = shop.live()
    times.mark("recovered")
    times.tell()
    assert shop.settled()["spec"] == before["spec"]
    assert [flip["to"] for flip in status["history"]] == ["Fallback", "Live"]
    assert history(status)["trigger"] == "apiUnreachable"


def test_killed_between_the_target_and_status_it_adopts_the_flip_and_rolls_nothing_again(
    shop: Shop, rights: Rights, run_operator: RunOperator
) -> None:
    operator = run_operator()
    before = shop.deploy()
    shop.integrate(recovery={"hold": "20s", "successes": 2})
    shop.live()
    rights.take_patch(*STATUS)
    shop.simulator.admin.fault("reset")
    shop.reads("false")
    operator.kill()
    assert shop.status()["state"] in {"Live", "Suspect"}, "status does not know of the flip"
    rights.give_back(*STATUS)
    operator.start()
    status = shop.fallen_back()
    assert status["breaker"]["flips"] == 1
    assert status["breaker"]["trigger"] == "apiUnreachable"
    assert history(status)["to"] == "Fallback"
    shop.probed(3)
    assert shop.generation() == before["metadata"]["generation"] + 1, "no second rollout"
    shop.simulator.admin.heal()
    shop.live(timeout=40)
    assert shop.settled()["spec"] == before["spec"]


def test_killed_in_the_middle_of_a_return_it_ends_live_everywhere(
    shop: Shop, rights: Rights, run_operator: RunOperator
) -> None:
    operator = run_operator()
    names = ("one", "two", "three")
    before = {name: shop.deploy(name, replicas=1) for name in names}
    config = shop.make("ConfigMap", "settings")
    shop.integrate(targets=[*(target(name) for name in names), target("settings", "ConfigMap")])
    shop.live()
    shop.simulator.admin.fault("refused")
    shop.fallen_back()
    rights.take_patch(*DEPLOYMENTS)
    shop.simulator.admin.heal()
    # The ConfigMap is given back, the Deployments cannot be: half-way, with Live in status already.
    shop.reads("true", "ConfigMap", "settings")
    shop.state("Live")
    operator.kill()
    assert {shop.told(name=name) for name in names} == {"false"}
    rights.give_back(*DEPLOYMENTS)
    operator.start()
    shop.live()
    for name in names:
        assert shop.settled(name)["spec"] == before[name]["spec"]
        assert claimed(shop.get("Deployment", name)) == []
    assert shop.get("ConfigMap", "settings")["data"] == config["data"]


def test_deleted_while_it_holds_everything_is_given_back_and_it_is_gone(shop: Shop, operator: Operator) -> None:
    before = shop.deploy()
    shop.integrate()
    shop.live()
    shop.simulator.admin.fault("refused")
    shop.fallen_back()
    assert held_by_finalizer(shop.kube.get(shop.at()))
    times = Timeline("deletion while it holds")
    shop.kube.delete(shop.at())
    shop.kube.wait_gone(shop.at(), timeout=15)
    times.mark("gone")
    times.tell()
    assert shop.get("Deployment", "web")["spec"] == before["spec"]
    assert claimed(shop.get("Deployment", "web")) == []


def test_deleted_while_its_target_is_gone_it_ends_as_well(shop: Shop, operator: Operator) -> None:
    shop.deploy()
    other = shop.deploy("other", replicas=1)
    shop.integrate(targets=[target(), target("other")])
    shop.live()
    shop.simulator.admin.fault("refused")
    shop.fallen_back()
    shop.kube.delete(shop.path("Deployment", "web"))
    shop.kube.wait_gone(shop.path("Deployment", "web"))
    status = shop.until(lambda status: condition(status, "Ready")["status"] == "False", "the loss to be told")
    assert condition(status, "Ready")["reason"] == "TargetMissing"
    assert "web" in condition(status, "Ready")["message"]
    shop.kube.delete(shop.at())
    shop.kube.wait_gone(shop.at(), timeout=15)
    assert shop.get("Deployment", "other")["spec"] == other["spec"]


def test_deleted_while_the_operator_is_away_it_ends_once_it_is_back(shop: Shop, operator: Operator) -> None:
    before = shop.deploy()
    shop.integrate()
    shop.live()
    shop.simulator.admin.fault("refused")
    shop.fallen_back()
    operator.kill()
    shop.kube.delete(shop.at())
    assert held_by_finalizer(shop.kube.get(shop.at())), "it waits: nobody else knows what was there before"
    operator.start()
    shop.kube.wait_gone(shop.at(), timeout=15)
    assert shop.get("Deployment", "web")["spec"] == before["spec"]


def test_a_namespace_ends_though_an_integration_holds_in_it(shop: Shop, ops: str, run_operator: RunOperator) -> None:
    """Where the operator's rights outlive the namespace: a Role would be deleted with it, and before our finalizer."""
    run_operator(home=ops, values={"namespaces": []})
    shop.deploy()
    shop.integrate()
    shop.live()
    shop.simulator.admin.fault("refused")
    shop.fallen_back()
    times = Timeline("deletion of the namespace")
    shop.kube.delete(f"/api/v1/namespaces/{shop.namespace}")
    shop.kube.wait_gone(f"/api/v1/namespaces/{shop.namespace}", timeout=60)
    times.mark("gone")
    times.tell()


@pytest.mark.parametrize("fallback", [False, True], ids=["live", "in-fallback"])
def test_sigterm_ends_it_with_0_and_applications_stay_as_they_are(
    shop: Shop, operator: Operator, *, fallback: bool
) -> None:
    shop.deploy(containers=[env(ON)])
    shop.integrate()
    shop.live()
    if fallback:
        shop.simulator.admin.fault("refused")
        shop.fallen_back()
    before = shop.settled()
    times = Timeline("SIGTERM")
    operator.stop()
    times.mark("stopped")
    times.tell()
    after = shop.get("Deployment", "web")
    assert after["spec"] == before["spec"]
    assert after["metadata"]["generation"] == before["metadata"]["generation"]
    assert shop.told() == ("false" if fallback else "true")
