"""The rehearsed fallback on a real control plane: there and back without a trace, whatever comes in between."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ideogram_operator.resource.words import DRILL_ANNOTATION, FALLBACK_ANNOTATION
from lab.applications import HealthServer
from lab.kube import JSON_PATCH, Json
from lab.operator import Operator
from tests.e2e.conftest import RunOperator
from tests.e2e.shop import Shop, Timeline, claimed, condition, ordered, set_env, target

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]

QUICK = {"interval": "1h", "duration": "2s"}
LONG = {"interval": "1h", "duration": "10m"}
RESTARTED = "restarted in the middle"


@pytest.fixture
def health(shop: Shop) -> Iterator[HealthServer]:
    """What the applications say of themselves, from their pods."""
    with HealthServer(shop.cluster.access) as running:
        yield running


@pytest.fixture
def verified(shop: Shop, health: HealthServer) -> Json:
    """The shop's target, to be verified at its own URL."""
    verify = {"url": health.health_url(shop.namespace, "web"), "path": "services.ideogram"}
    return target(verify=verify | {"fallbackValue": "disabled"})


@pytest.fixture
def operator(shop: Shop, health: HealthServer, run_operator: RunOperator) -> Operator:
    """An operator that may ask both the simulator and the applications."""
    return run_operator(hosts=(shop.simulator.url, health.url))


def drill(status: Json) -> Json:
    found: Json = status.get("drill", {})
    return found


def ask(shop: Shop, word: str = "now") -> None:
    shop.annotate(DRILL_ANNOTATION, word)


def in_phase(shop: Shop, phase: str, *, timeout: float = 30.0) -> Json:
    return shop.until(lambda status: drill(status).get("phase") == phase, f"drill {phase}", timeout=timeout)


def over(shop: Shop, *, timeout: float = 30.0) -> Json:
    """What status says of the drill, once it has ended and everything is Live."""
    shop.until(
        lambda status: drill(status).get("result") and "phase" not in drill(status), "drill over", timeout=timeout
    )
    return drill(shop.live(timeout=timeout))


def told(shop: Shop, reason: str) -> Callable[[Json], Any]:
    return lambda _: any(event["reason"] == reason for event in shop.events())


def begin(shop: Shop, verified: Json, spec: Json) -> Json:
    """A healthy shop; returns its Deployment as it was before the drill."""
    before = shop.deploy()
    shop.integrate(targets=[verified], drill=spec)
    shop.live()
    return before


def assert_restored(shop: Shop, before: Json, *, rollouts: int = 2) -> None:
    after = shop.settled()
    assert json.dumps(after["spec"], sort_keys=True) == json.dumps(before["spec"], sort_keys=True)
    assert claimed(after) == []
    assert FALLBACK_ANNOTATION not in after["metadata"].get("annotations", {})
    assert shop.generation() == before["metadata"]["generation"] + rollouts


def test_a_drill_flips_verifies_returns_verifies_and_leaves_no_trace(
    shop: Shop, verified: Json, operator: Operator
) -> None:
    before = begin(shop, verified, QUICK)
    times = Timeline("drill")
    ask(shop)
    shop.reads("false")
    times.mark("told")
    held = in_phase(shop, "Holding")
    times.mark("verified")
    assert held["reason"] == "DrillInProgress"
    assert condition(held, "FallbackActive")["reason"] == "DrillInProgress"
    assert held["targets"][0]["reason"] == "FallbackVerified"
    ended = over(shop)
    times.mark("over")
    times.tell()
    assert ended["result"] == "Succeeded"
    assert ended["lastHandledRequest"] == "now"
    assert ended["lastSuccessTime"] == ended["lastTime"]
    assert "1 verified by the application itself" in ended["message"]
    assert_restored(shop, before)
    assert shop.replica_sets() == 2, "one for each of two templates"
    assert [(flip["to"], flip["trigger"]) for flip in shop.status()["history"]] == [
        ("Fallback", "drill"),
        ("Live", "drill"),
    ]
    for reason in ("DrillInProgress", "DrillSucceeded"):
        shop.until(told(shop, reason), f"event {reason}")
    assert "ideogram_integration_drill_last_success_timestamp_seconds{" in operator.metrics()


def test_killed_while_targets_fall_back_it_ends_restored(shop: Shop, verified: Json, operator: Operator) -> None:
    before = begin(shop, verified, LONG)
    ask(shop)
    shop.until(lambda status: "phase" in drill(status), "the drill in status")
    operator.kill()
    operator.start()
    ended = over(shop)
    assert (ended["result"], RESTARTED in ended["message"]) == ("Aborted", True)
    told_or_not = shop.generation() - before["metadata"]["generation"]
    assert told_or_not in {0, 2}, "the target was told and given back, or never told"
    assert_restored(shop, before, rollouts=told_or_not)


def test_killed_while_it_holds_it_ends_restored(shop: Shop, verified: Json, operator: Operator) -> None:
    before = begin(shop, verified, LONG)
    ask(shop)
    in_phase(shop, "Holding")
    operator.kill()
    operator.start()
    ended = over(shop)
    assert (ended["result"], RESTARTED in ended["message"]) == ("Aborted", True)
    assert "lastSuccessTime" not in ended
    assert_restored(shop, before)


def test_killed_while_targets_return_it_ends_restored(shop: Shop, verified: Json, operator: Operator) -> None:
    before = begin(shop, verified, QUICK)
    ask(shop)
    in_phase(shop, "Returning")
    operator.kill()
    operator.start()
    ended = over(shop)
    assert ended["result"] == "Aborted" or "returned in" in ended["message"], ended
    assert_restored(shop, before)


def test_an_outage_in_the_middle_takes_the_fallback_over_without_another_rollout(
    shop: Shop, verified: Json, operator: Operator
) -> None:
    before = begin(shop, verified, LONG)
    ask(shop)
    in_phase(shop, "Holding")
    shop.simulator.admin.fault("status", status=503)
    status = shop.until(lambda status: drill(status).get("result") == "Aborted", "aborted")
    assert shop.told() == "false"
    assert shop.generation() == before["metadata"]["generation"] + 1
    assert status["state"] == "Fallback"
    shop.until(lambda status: status["breaker"].get("trigger") == "apiUnreachable", "the fallback to be the trigger's")
    shop.simulator.admin.heal()
    shop.live(timeout=40)
    assert_restored(shop, before)


def test_outside_its_window_it_is_refused_with_the_reason(shop: Shop, verified: Json, operator: Operator) -> None:
    yesterday = f"{datetime.now(UTC) - timedelta(days=2):%a}"
    window = {"days": [yesterday], "start": "09:00", "end": "17:00", "timeZone": "Europe/Berlin"}
    before = begin(shop, verified, QUICK | {"window": window})
    ask(shop)
    ended = over(shop)
    assert ended["result"] == "Skipped"
    assert ended["message"] == f"Not begun: outside the window {yesterday} 09:00-17:00 Europe/Berlin."
    assert_restored(shop, before, rollouts=0)


def test_a_deploy_in_the_middle_ends_it_and_stays(shop: Shop, verified: Json, operator: Operator) -> None:
    begin(shop, verified, LONG)
    ask(shop)
    in_phase(shop, "Holding")
    operations = [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "shop:2"}]
    shop.kube.patch(shop.path("Deployment", "web"), operations, content_type=JSON_PATCH, fieldManager="deployer")
    ended = over(shop)
    assert (ended["result"], ended["message"]) == ("Aborted", "Somebody changed Deployment/web.")
    after = shop.settled()
    assert after["spec"]["template"]["spec"]["containers"][0]["image"] == "shop:2"
    assert shop.told() == "true"
    assert claimed(after) == []


def test_a_target_that_is_put_back_in_the_middle_ends_it(shop: Shop, verified: Json, operator: Operator) -> None:
    begin(shop, verified, LONG)
    ask(shop)
    in_phase(shop, "Holding")
    set_env(shop, "web", "true", manager="argocd")
    ended = over(shop)
    assert ended["result"] == "Aborted"
    assert "Deployment/web" in ended["message"]
    assert shop.told() == "true"


def test_an_order_in_the_middle_is_obeyed_at_once(shop: Shop, verified: Json, operator: Operator) -> None:
    before = begin(shop, verified, LONG)
    ask(shop)
    in_phase(shop, "Holding")
    shop.edit(override=ordered("ForceLive"))
    shop.reads("true")
    ended = over(shop)
    assert (ended["result"], "spec.override" in ended["message"]) == ("Aborted", True)
    assert_restored(shop, before)


def test_deleted_in_the_middle_everything_is_given_back(shop: Shop, verified: Json, operator: Operator) -> None:
    before = begin(shop, verified, LONG)
    ask(shop)
    in_phase(shop, "Holding")
    shop.kube.delete(shop.at())
    shop.kube.wait_gone(shop.at(), timeout=15)
    assert_restored(shop, before)


def test_only_one_rehearses_at_a_time_and_the_other_has_its_turn(
    shop: Shop, health: HealthServer, operator: Operator
) -> None:
    names = ("one", "two")
    for name in names:
        shop.deploy(name, replicas=1)
        shop.integrate(name, targets=[target(name)], drill=QUICK)
    for name in names:
        shop.live(name)
        shop.annotate(DRILL_ANNOTATION, "now", name)
    at_once = 0
    ended: Json = {}

    def both(_: Json) -> bool:
        nonlocal at_once
        found = {name: drill(shop.status(name)) for name in names}
        at_once = max(at_once, sum(1 for one in found.values() if "phase" in one))
        ended.update({name: one.get("result") for name, one in found.items()})
        return set(ended.values()) == {"Succeeded"}

    shop.until(both, "both drills", name="one", timeout=45)
    assert at_once == 1


def test_a_host_that_may_not_be_asked_fails_the_drill_with_a_clear_word(
    shop: Shop, verified: Json, run_operator: RunOperator
) -> None:
    run_operator(hosts=(shop.simulator.url,))
    before = begin(shop, verified, QUICK)
    ask(shop)
    ended = over(shop)
    assert ended["result"] == "Failed"
    assert "could not be asked" in ended["message"]
    assert_restored(shop, before)


def test_a_real_fallback_is_verified_at_the_applications_own_url(
    shop: Shop, verified: Json, operator: Operator
) -> None:
    begin(shop, verified, LONG)
    shop.simulator.admin.fault("refused")
    status = shop.until(
        lambda status: status["targets"] and status["targets"][0].get("reason") == "FallbackVerified", "verified"
    )
    assert status["targets"][0]["message"] == "says services.ideogram=disabled"


def test_an_application_that_may_not_be_asked_is_told_and_changes_nothing(
    shop: Shop, verified: Json, run_operator: RunOperator
) -> None:
    run_operator(hosts=(shop.simulator.url,))
    before = begin(shop, verified, LONG)
    shop.simulator.admin.fault("refused")
    shop.fallen_back()
    status = shop.until(lambda status: status["targets"][0].get("reason") == "FallbackUnverified", "unverified")
    assert "could not be asked" in status["targets"][0]["message"]
    shop.until(told(shop, "FallbackUnverified"), "event")
    shop.simulator.admin.heal()
    shop.live()
    assert_restored(shop, before)
