"""What people order and do beside the operator: overrides, Observe, read-only, and somebody who puts a target back."""

import pytest

from ideogram_operator.resource.words import FALLBACK_ANNOTATION
from lab.operator import Operator
from tests.e2e.conftest import RunOperator
from tests.e2e.shop import (
    QUICK_RECOVERY,
    Shop,
    Timeline,
    claimed,
    condition,
    held_by_finalizer,
    history,
    ordered,
    set_env,
    target,
)

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]


def test_a_target_that_somebody_keeps_putting_back_is_left_alone_and_they_are_named(
    shop: Shop, operator: Operator
) -> None:
    shop.deploy()
    shop.deploy("other", replicas=1)
    shop.integrate(targets=[target(), target("other")])
    shop.live()
    shop.simulator.admin.fault("refused")
    shop.fallen_back()
    for _ in range(2):
        set_env(shop, "web", "true", manager="gitops-controller")
        shop.reads("false")
    set_env(shop, "web", "true", manager="gitops-controller")
    status = shop.until(
        lambda status: condition(status, "TargetsInSync")["reason"] == "TargetConflict", "the conflict to be told"
    )
    told = condition(status, "TargetsInSync")
    assert told["status"] == "False"
    assert "gitops-controller" in told["message"]
    assert "Deployment/web" in told["message"]
    assert {one["name"]: one["mode"] for one in status["targets"]}["other"] == "Fallback"
    shop.until(lambda _: any(event["reason"] == "TargetConflict" for event in shop.events()), "the event")
    patches = len(shop.patches("deployments", "web"))
    assert patches == 3, "the flip, and two rounds"
    set_env(shop, "web", "yes", manager="gitops-controller")
    with pytest.raises(TimeoutError):
        shop.reads("false", timeout=4)
    assert len(shop.patches("deployments", "web")) == patches
    # The state changes: their word stands, and what is left of ours goes.
    shop.simulator.admin.heal()
    shop.live()
    assert shop.told() == "yes"
    assert claimed(shop.get("Deployment", "web")) == []


def test_a_forced_fallback_ends_by_itself(shop: Shop, operator: Operator) -> None:
    shop.deploy()
    shop.integrate()
    shop.live()
    times = Timeline("ForceFallback for 6 s")
    shop.edit(override=ordered("ForceFallback", seconds=6))
    status = shop.fallen_back()
    times.mark("patched")
    assert condition(status, "Overridden")["status"] == "True"
    assert condition(status, "Overridden")["reason"] == "OverrideForceFallback"
    assert "maintenance" in status["message"]
    status = shop.live()
    times.mark("recovered")
    times.tell()
    assert times.times["recovered"] >= 5, "not before its time"
    assert condition(status, "Overridden")["status"] == "False"


def test_forced_live_gives_back_during_an_outage_and_falls_back_when_it_ends(shop: Shop, operator: Operator) -> None:
    shop.deploy()
    shop.integrate()
    shop.live()
    shop.simulator.admin.fault("reset")
    shop.fallen_back()
    shop.edit(override=ordered("ForceLive", seconds=8))
    shop.reads("true")
    status = shop.state("Live")
    assert condition(status, "Overridden")["reason"] == "OverrideForceLive"
    assert status["health"] == "Down", "it says what it overrides"
    shop.fallen_back()
    assert shop.told() == "false"


def test_frozen_nothing_moves_until_it_ends(shop: Shop, operator: Operator) -> None:
    before = shop.deploy()
    shop.integrate()
    shop.live()
    shop.edit(override=ordered("Freeze", seconds=8))
    shop.until(lambda status: condition(status, "Overridden")["reason"] == "OverrideFrozen", "the freeze")
    shop.simulator.admin.fault("reset")
    shop.until(lambda status: status["health"] == "Down", "Down")
    shop.probed(4)
    assert condition(shop.status(), "Overridden")["status"] == "True"
    assert shop.generation() == before["metadata"]["generation"]
    shop.fallen_back()


def untouched(shop: Shop, generation: int) -> None:
    web, integration = shop.get("Deployment", "web"), shop.kube.get(shop.at())
    assert web["metadata"]["generation"] == generation
    assert FALLBACK_ANNOTATION not in web["metadata"].get("annotations", {})
    assert not held_by_finalizer(integration)
    assert shop.patches("deployments", "web") == []


def test_observe_decides_and_tells_and_touches_nothing(shop: Shop, operator: Operator) -> None:
    before = shop.deploy()["metadata"]["generation"]
    shop.integrate(mode="Observe")
    shop.live()
    shop.simulator.admin.fault("refused")
    status = shop.state("Fallback")
    assert condition(status, "TargetsInSync")["reason"] == "ObserveMode"
    assert condition(status, "FallbackActive")["status"] == "False"
    assert "Would be in fallback" in status["message"]
    shop.simulator.admin.heal()
    shop.state("Live")
    untouched(shop, before)


def test_read_only_touches_nothing_but_status_and_has_no_right_to(shop: Shop, run_operator: RunOperator) -> None:
    operator = run_operator("--read-only", values={"readOnly": True})
    before = shop.deploy()["metadata"]["generation"]
    shop.integrate()
    shop.live()
    shop.simulator.admin.fault("refused")
    status = shop.state("Fallback")
    assert condition(status, "TargetsInSync")["reason"] == "ReadOnly"
    untouched(shop, before)
    assert not any(line.get("level") == "error" for line in operator.log())
    assert shop.writes() <= {"ideogramintegrations/status", "events", "leases", "selfsubjectaccessreviews"}
    assert "ideogramintegrations/status" in shop.writes()


LATE = {"lab.ideogram-operator.io/behaviour": "late", "lab.ideogram-operator.io/delay": "1500ms"}


def rolling(shop: Shop, names: tuple[str, ...]) -> list[str]:
    """Those whose pods have not followed their template yet."""
    found = []
    for name in names:
        item = shop.get("Deployment", name)
        status, wanted = item["status"], item["spec"]["replicas"]
        seen = status.get("observedGeneration", 0) >= item["metadata"]["generation"]
        counts = {status.get(part, 0) for part in ("replicas", "updatedReplicas", "readyReplicas")}
        if not seen or counts != {wanted}:
            found.append(name)
    return found


def test_one_by_one_gives_the_next_back_only_when_the_one_before_is_ready(shop: Shop, operator: Operator) -> None:
    names = ("one", "two", "three")
    for name in names:
        shop.deploy(name, replicas=1, pod=LATE)
    shop.integrate(targets=[target(name) for name in names], recovery={**QUICK_RECOVERY, "order": "OneByOne"})
    shop.live()
    shop.simulator.admin.fault("refused")
    shop.until(lambda status: history(status).get("ready"), "all to be ready in fallback")
    times = Timeline("one by one")
    shop.simulator.admin.heal()
    for index, name in enumerate(names):
        shop.reads("true", name=name)
        times.mark(name)
        assert rolling(shop, names[:index]) == [], f"{name} came before its turn"
    shop.live()
    times.mark("recovered")
    times.tell()
    assert times.times["three"] - times.times["one"] > 3


def test_no_more_rollouts_at_once_than_allowed(shop: Shop, run_operator: RunOperator) -> None:
    run_operator("--max-rollouts", "1")
    names = ("one", "two", "three")
    for name in names:
        shop.deploy(name, replicas=1, pod=LATE)
    shop.integrate(targets=[target(name) for name in names])
    shop.live()
    times = Timeline("one rollout at a time")
    shop.simulator.admin.fault("refused")
    most = 0

    def all_told(status: dict[str, object]) -> bool:
        nonlocal most
        most = max(most, len(rolling(shop, names)))
        return {shop.told(name=name) for name in names} == {"false"}

    status = shop.until(lambda status: condition(status, "TargetsInSync")["status"] == "False", "one to wait")
    assert condition(status, "TargetsInSync")["reason"] == "RolloutLimitReached"
    shop.until(all_told, "all to be told")
    times.mark("patched")
    times.tell()
    assert most == 1
    shop.fallen_back()
    assert condition(shop.status(), "TargetsInSync")["status"] == "True"
