"""A breaker that would switch, and all that would keep it: real workloads, and statuses as an operator writes them."""

import pytest

from ideogram_operator.resource.observations import TargetStatus
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.words import TargetKind
from lab.kube import Json
from tests.e2e.shop import ordered, target
from tests.preflight.world import World, expect, targets, tended

BREAKER = "circuit-breaker"
NO_SWITCH = "The breaker would not switch: "


async def test_a_breaker_that_would_switch_passes_and_says_who_would_prove_it(world: World) -> None:
    says = "All targets are in sync; 1 of 1 in spec.targets verify that the application itself reacts."
    expect(await world.row(BREAKER), "Pass", "Inspected", says)
    says = "All targets are in sync; their pods follow the switch, but no targets[].verify asks whether the "
    expect(await world.row(BREAKER, targets=targets("web")), "Pass", "Inspected", f"{says}application does.")


async def test_an_integration_that_only_observes_fails(world: World) -> None:
    says = f"{NO_SWITCH}spec.mode is Observe: nothing is switched."
    expect(await world.row(BREAKER, mode="Observe"), "Fail", "Inspected", says, "Set spec.mode to Enforce.")


@pytest.mark.parametrize("mode", ["Freeze", "ForceLive"])
async def test_an_order_that_keeps_the_targets_fails_while_it_holds(world: World, mode: str) -> None:
    found = await world.row(BREAKER, override=ordered(mode))
    says = f"{NO_SWITCH}spec.override is {mode}: nothing is switched."
    expect(found, "Fail", "Inspected", says, "Remove spec.override, or wait until it expires.")
    assert (await world.row(BREAKER, override=ordered(mode, seconds=-60))).result == "Pass"
    assert (await world.row(BREAKER, override=ordered("ForceFallback"))).result == "Pass"


async def test_an_operator_that_is_read_only_fails(world: World) -> None:
    told = TargetStatus(kind=TargetKind.DEPLOYMENT, name="web", reason=Reason.READ_ONLY)
    with world.integration(status=tended(targets=(told,))) as name:
        found = await world.row(BREAKER, name=name)
    says = f"{NO_SWITCH}the operator runs with --read-only: nothing is switched."
    expect(found, "Fail", "Inspected", says, "Run the operator without --read-only (chart value readOnly).")


@pytest.mark.parametrize("action", ["Alert", "Throttle"])
async def test_an_outage_that_does_not_lead_to_fallback_fails(world: World, action: str) -> None:
    found = await world.row(BREAKER, triggers={"apiUnreachable": {"action": action}})
    says = f"spec.triggers.apiUnreachable.action is {action}: an outage would not lead to fallback."
    expect(found, "Fail", "Inspected", says, "Set spec.triggers.apiUnreachable.action to Fallback.")


async def test_a_target_that_is_not_told_what_it_should_be_fails_by_its_name(world: World) -> None:
    behind = TargetStatus(kind=TargetKind.DEPLOYMENT, name="web", in_sync=False, reason=Reason.TARGET_CONFLICT)
    with world.integration(status=tended(targets=(behind,))) as name:
        found = await world.row(BREAKER, name=name)
    hint = f"Look for what keeps them: kubectl -n {world.namespace} describe idi {name}"
    expect(found, "Fail", "Inspected", "Not told what they should be told: Deployment/web.", hint)


async def test_an_integration_that_no_operator_tends_is_unknown(world: World) -> None:
    with world.integration() as untended:
        for name in ("not-applied", untended):
            found = await world.row(BREAKER, name=name)
            hint = "Install the operator, and apply the integration: kubectl apply -f FILE"
            expect(found, "Unknown", "", "No operator tends it yet.", hint)


STIFF: dict[str, tuple[str, Json, str]] = {
    "paused": ("Deployment", {"paused": True}, "it is paused: until it is resumed"),
    "OnDelete": (
        "StatefulSet",
        {"updateStrategy": {"type": "OnDelete"}},
        "its update strategy is OnDelete: until somebody deletes them",
    ),
    "a partition": (
        "StatefulSet",
        {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}},
        "its partition is 2: for those below it",
    ),
    "OnDelete everywhere": (
        "DaemonSet",
        {"updateStrategy": {"type": "OnDelete"}},
        "its update strategy is OnDelete: until somebody deletes them",
    ),
}


@pytest.mark.parametrize(("kind", "parts", "why"), STIFF.values(), ids=[*STIFF])
async def test_pods_that_would_not_follow_fail_both_checks_that_need_them(
    world: World, kind: str, parts: Json, why: str
) -> None:
    name = world.workload(kind, **parts)
    rows = await world.look(BREAKER, "targets-exist", targets=targets(name, kind=kind))
    for row in rows.values():
        says = f"Pods of {kind} {name} will not follow: {why}."
        expect(row, "Fail", "Inspected", says, "kubectl rollout resume")


async def test_a_workload_that_is_scaled_to_nothing_at_night_passes(world: World) -> None:
    rows = await world.look(BREAKER, "targets-exist", targets=targets(world.workload(replicas=0)))
    assert [row.result for row in rows.values()] == ["Pass", "Pass"]


async def test_whether_pods_follow_that_are_not_there_is_unknown(world: World) -> None:
    found = await world.row(BREAKER, targets=[target("web"), target("gone")])
    says = "Whether pods follow the switch cannot be told of Deployment/gone."
    expect(found, "Unknown", "", says, "Mend the targets that the check targets-exist names.")
