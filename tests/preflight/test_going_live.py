"""It was tried before, and the way back has been walked: by statuses as an operator writes them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ideogram_operator.resource.checklist import DrillResult
from ideogram_operator.resource.observations import DrillStatus
from ideogram_operator.resource.status import IntegrationStatus
from ideogram_operator.resource.words import ConditionStatus, Health
from tests.e2e.gallery import OTHER_KEY, attestation
from tests.preflight.world import World, expect, preflight_passed, tended

STAGING = "staging-tested"
ROLLBACK = "rollback-tested"


# -- staging-tested ----------------------------------------------------------------------------------------------------


async def test_a_staging_integration_that_is_healthy_and_passed_is_a_good_predecessor(world: World) -> None:
    says = f"{world.namespace}/staging is healthy and passed its own preflight."
    expect(await world.row(STAGING), "Pass", "Inspected", says)
    world.put_key(world.elsewhere, "staging", OTHER_KEY)
    api = world.api(keySecretRef={"name": "staging"})
    with world.integration(namespace=world.elsewhere, api=api, environment="Staging", status=tended()) as name:
        found = await world.row(STAGING, preflight={"predecessor": {"namespace": world.elsewhere, "name": name}})
    says = f"{world.elsewhere}/{name} is healthy and passed its own preflight."
    expect(found, "Pass", "Inspected", says)


SHORT = "is not healthy or has not passed its own preflight"


@pytest.mark.parametrize(
    ("environment", "status", "lacks"),
    [
        ("Staging", tended(health=Health.DOWN), "it is not healthy"),
        ("Staging", tended(health=Health.UNKNOWN), "it is not healthy"),
        ("Staging", None, "it is not healthy"),
        (
            "Staging",
            tended(conditions=(preflight_passed(ConditionStatus.FALSE),)),
            "it has not passed its own preflight",
        ),
        (
            "Staging",
            tended(conditions=(preflight_passed(ConditionStatus.UNKNOWN),)),
            "it has not passed its own preflight",
        ),
        ("Staging", tended(conditions=()), "it has not passed its own preflight"),
        ("Production", tended(), "its environment is Production, not Staging"),
        ("Development", tended(), "its environment is Development, not Staging"),
    ],
)
async def test_a_predecessor_that_lacks_something_fails_by_what_it_lacks(
    world: World, environment: str, status: IntegrationStatus | None, lacks: str
) -> None:
    with world.integration(api=world.key(OTHER_KEY), environment=environment, status=status) as name:
        found = await world.row(STAGING, preflight={"predecessor": {"name": name}}, attestations=[attestation(STAGING)])
    says = f"{world.namespace}/{name} {SHORT}: {lacks}."
    expect(found, "Fail", "Inspected", says, f"kubectl -n {world.namespace} describe idi {name}")


async def test_a_predecessor_that_is_not_there_fails(world: World) -> None:
    found = await world.row(STAGING, preflight={"predecessor": {"name": "gone"}})
    says = f"{world.namespace}/gone {SHORT}: there is no such integration."
    expect(found, "Fail", "Inspected", says, "Mend it, or see what it lacks")


async def test_a_predecessor_that_may_not_be_read_is_unknown(world: World) -> None:
    seen = {"apiGroups": ["ideogram-operator.io"], "resources": ["ideogramintegrations"], "verbs": ["list"]}
    account = world.kubeconfig_of(world.account(seen))
    found = await world.row(STAGING, as_=account)
    says = f"You may not read {world.namespace}/staging."
    expect(found, "Unknown", "", says, "Ask somebody who may read all integrations")


async def test_where_no_predecessor_is_named_an_attestation_counts(world: World) -> None:
    found = await world.row(STAGING, preflight={})
    unnamed = "it was tested in staging, and spec.preflight.predecessor names no integration"
    expect(found, "Unknown", "", f"Nobody has attested that {unnamed}.", "spec.attestations (check: staging-tested")
    found = await world.row(STAGING, preflight={}, attestations=[attestation(STAGING)])
    assert (found.result, found.evidence) == ("Pass", "Attested")
    found = await world.row(STAGING, preflight={}, attestations=[attestation(STAGING, expired=True)])
    assert (found.result, found.evidence) == ("Fail", "Attested")


@pytest.mark.parametrize("environment", ["Staging", "Development"])
async def test_only_production_has_a_predecessor(world: World, environment: str) -> None:
    says = f"spec.environment is {environment}: only Production has a predecessor."
    expect(await world.row(STAGING, environment=environment), "Skipped", "", says)


# -- rollback-tested ---------------------------------------------------------------------------------------------------


def drilled(days: float, result: DrillResult = DrillResult.SUCCEEDED, **more: Any) -> IntegrationStatus:
    """The status after a drill so many days ago."""
    at = datetime.now(UTC) - timedelta(days=days)
    success = {"last_success_time": at} if result is DrillResult.SUCCEEDED else {}
    return tended(drill=DrillStatus(**{"last_time": at, "result": result} | success | more))


def day(days: float) -> str:
    return f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%d}"


async def rollback(world: World, status: IntegrationStatus, **spec: Any) -> tuple[Any, str]:
    """What came of the check for an integration with this status, and its name."""
    with world.integration(status=status) as name:
        return await world.row(ROLLBACK, name=name, **spec), name


async def test_a_drill_that_succeeded_lately_passes_with_its_day(world: World) -> None:
    found, _ = await rollback(world, drilled(89))
    expect(found, "Pass", "Observed", f"A drill succeeded on {day(89)}.")


async def test_a_drill_that_is_too_old_fails_and_how_old_is_too_old_is_the_owner_s_to_say(world: World) -> None:
    found, name = await rollback(world, drilled(91))
    hint = f"Rehearse the fallback: kubectl -n {world.namespace} annotate idi {name} ideogram-operator.io/drill="
    expect(found, "Fail", "Observed", "The last drill that succeeded was 91 days ago.", hint)
    found, _ = await rollback(world, drilled(3), preflight={"drillMaxAge": "24h"})
    expect(found, "Fail", "Observed", "The last drill that succeeded was 3 days ago.", "Rehearse the fallback")
    found, _ = await rollback(world, drilled(91), preflight={"drillMaxAge": "2400h"})
    assert found.result == "Pass"


async def test_without_any_drill_it_fails_and_how_to_have_one_is_told(world: World) -> None:
    found, _ = await rollback(world, tended(drill=None))
    expect(found, "Fail", "Observed", "No drill has succeeded yet.", "Rehearse the fallback: kubectl")
    found, _ = await rollback(world, tended(drill=None), drill=None)
    expect(found, "Fail", "Observed", "No drill has succeeded yet.", "Give spec.drill to rehearse on a schedule")


async def test_a_first_drill_that_failed_fails_with_what_was_seen(world: World) -> None:
    status = drilled(0, DrillResult.FAILED, message="Deployment/web never said disabled")
    found, _ = await rollback(world, status)
    says = f"No drill has succeeded yet; the one on {day(0)} failed: Deployment/web never said disabled."
    expect(found, "Fail", "Observed", says, "Rehearse the fallback")


async def test_a_drill_that_failed_since_is_warned_of(world: World) -> None:
    good = datetime.now(UTC) - timedelta(days=10)
    status = drilled(1, DrillResult.FAILED, message="it took too long", last_success_time=good)
    found, _ = await rollback(world, status)
    says = f"A drill succeeded on {day(10)}; the one on {day(1)} failed: it took too long."
    expect(found, "Warn", "Observed", says, "Rehearse the fallback")


async def test_an_integration_without_an_operator_has_no_drills_to_tell_of(world: World) -> None:
    found = await world.row(ROLLBACK, name="not-applied")
    expect(found, "Unknown", "", "No operator tends it yet.", "Install the operator, and apply the integration")
