"""Drills under the real reconciler: what is told to targets, what a crash leaves, and whose turn it is."""

import copy

import pytest

from ideogram_operator.cluster.errors import ClusterError
from ideogram_operator.resource.checklist import DrillPhase, DrillResult
from ideogram_operator.resource.words import PLURAL, State
from ideogram_operator.services.results import ServiceError
from tests.runtime.life import Life, live
from tests.runtime.memory_api import on

STATUS = f"{PLURAL}/status"
VERIFY = {"url": "http://web.shop.svc/health", "path": "services.ideogram", "fallbackValue": "disabled"}
WEB = {"kind": "Deployment", "name": "web", "switch": {}, "verify": VERIFY}
HOUR = 3600


async def rehearsing(life: Life | None = None, **spec: object) -> Life:
    """A drill was asked for and its targets are in fallback."""
    found = await live(life or Life(targets=[WEB]), then=lambda life: life.spec.update(spec))
    found.annotate(drill="1")
    await found.settle(rounds=3)
    assert found.phase is DrillPhase.HOLDING
    return found


async def test_a_drill_that_is_asked_for_goes_there_and_back_and_leaves_no_trace() -> None:
    life = await live(Life(targets=[WEB]))
    before = life.api.there("deployments", "web")
    assert before is not None
    life.annotate(drill="1")
    await life.settle(rounds=3)
    assert (life.switch(), life.state, life.phase) == ("false", State.FALLBACK, DrillPhase.HOLDING)
    assert life.status.reason == "DrillInProgress"
    assert life.condition("FallbackActive")[:2] == ("True", "DrillInProgress")
    await life.keep("ok", seconds=80)
    after = life.api.there("deployments", "web")
    assert after is not None
    assert (after["spec"], life.claims(), life.switched()) == (before["spec"], [], 2)
    told = life.status.drill
    assert told is not None
    assert (told.phase, told.result, told.last_handled_request) == (None, DrillResult.SUCCEEDED, "1")
    assert "1 verified by the application itself" in (told.message or "")
    assert told.last_success_time == told.last_time
    assert [note for note in life.events.reasons if note.startswith("Drill")] == ["DrillInProgress", "DrillSucceeded"]
    assert [(flip.to, flip.trigger) for flip in life.status.history] == [("Fallback", "drill"), ("Live", "drill")]
    assert life.record.memory.recent_flips == (), "a drill leaves the operator all its flips"


async def test_the_application_is_asked_when_it_fell_back_before_it_returns_and_afterwards() -> None:
    life = await rehearsing()
    assert life.application.asked == 1
    await life.keep("ok", seconds=80)
    assert life.application.asked == 3


async def test_status_knows_of_the_drill_before_any_target_does() -> None:
    life = await live(Life(targets=[WEB]))
    life.annotate(drill="1")
    life.api.trouble.append(on("patch", STATUS))
    refused = 0
    for _ in range(5):
        try:
            await life.see("ok")
        except ClusterError:
            refused += 1
    assert (refused, life.switch()) == (4, "true"), "after the one round that looks at the target"
    life.api.trouble.clear()
    await life.see("ok ok")
    assert life.switch() == "false"


async def test_a_crash_right_after_status_was_written_restarts_no_pod() -> None:
    life = await live(Life(targets=[WEB]))
    life.annotate(drill="1")
    life.api.trouble.append(on("patch", "deployments"))
    await life.settle(rounds=2)
    assert life.status.drill is not None
    assert life.status.drill.phase is DrillPhase.FALLING
    life.api.trouble.clear()
    life.restart()
    await life.see("ok ok ok")
    assert (life.switched(), life.state) == (0, State.LIVE)
    assert_aborted(life, "restarted in the middle")


async def test_an_operator_that_was_killed_in_the_middle_gives_everything_back() -> None:
    life = await rehearsing()
    life.restart()
    await life.settle(rounds=4)
    assert (life.switch(), life.state, life.claims()) == ("true", State.LIVE, [])
    assert_aborted(life, "restarted in the middle")
    assert life.events.reasons.count("DrillFailed") == 1


async def test_an_operator_that_was_killed_on_the_way_back_ends_live() -> None:
    life = await rehearsing()
    life.api.trouble.append(on("patch", "deployments"))
    await life.keep("ok", seconds=70)
    assert (life.status.state, life.switch()) == (State.LIVE, "false")
    life.api.trouble.clear()
    life.restart()
    await life.settle(rounds=4)
    assert (life.switch(), life.claims()) == ("true", [])
    assert_aborted(life, "restarted in the middle")


async def test_bad_evidence_keeps_the_targets_in_fallback_until_it_is_dispelled() -> None:
    life = await rehearsing()
    await life.see("503")
    assert (life.switch(), life.state, life.phase) == ("false", State.FALLBACK, DrillPhase.RETURNING)
    assert "until what speaks against the API is dispelled or confirmed" in (life.status.message or "")
    await life.see("ok")
    await life.settle(rounds=2)
    assert (life.switch(), life.state) == ("true", State.LIVE)
    assert_aborted(life, "The API is Down")


async def test_an_outage_in_the_middle_makes_it_a_real_fallback_without_another_restart() -> None:
    life = await rehearsing()
    await life.see("503 503 503")
    assert (life.state, life.record.memory.cause, life.switched()) == (State.FALLBACK, "apiUnreachable", 1)
    assert_aborted(life, "The targets stay in fallback (apiUnreachable)")
    assert life.record.memory.hold_until is not None
    await life.keep("ok", seconds=400)
    assert (life.state, life.switch(), life.switched()) == (State.LIVE, "true", 2)


async def test_unknown_ends_a_drill_and_the_targets_return() -> None:
    life = await rehearsing()
    await life.see("blind blind")
    assert (life.switch(), life.state) == ("true", State.LIVE)
    assert_aborted(life, "The API is Unknown")


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        (
            {"override": {"mode": "ForceLive", "reason": "maintenance", "until": "2026-11-23T00:00:00Z"}},
            "spec.override",
        ),
        ({"probe": {"interval": "20s"}}, "the spec was edited"),
    ],
    ids=["order", "edit"],
)
async def test_a_person_ends_a_drill(spec: dict[str, object], why: str) -> None:
    life = await rehearsing()
    life.apply(**spec)
    await life.settle(rounds=4)
    assert (life.switch(), life.state) == ("true", State.LIVE)
    assert_aborted(life, why.capitalize() if why.startswith("the") else why)


async def test_a_spec_that_becomes_invalid_moves_nothing_and_ends_the_drill() -> None:
    life = await rehearsing()
    valid = copy.deepcopy(life.spec)
    life.apply(targets=[])
    await life.settle(rounds=4)
    assert (life.switch(), life.state) == ("false", State.FALLBACK)
    life.apply(**valid)
    await life.see("ok ok ok")
    assert (life.switch(), life.state) == ("true", State.LIVE)
    assert_aborted(life, "not valid any more")


async def test_observe_in_the_middle_leaves_the_targets_as_they_are() -> None:
    life = await rehearsing()
    life.apply(mode="Observe")
    await life.settle(rounds=3)
    assert life.switch() == "false"
    assert_aborted(life, "mode: Observe")


async def test_a_target_that_somebody_changes_ends_the_drill_and_the_change_stays() -> None:
    life = await rehearsing()
    life.api.edit(
        "deployments", "web", lambda raw: raw["spec"]["template"]["spec"]["containers"][0].update(image="app:2")
    )
    await life.settle(rounds=4)
    found = life.api.there("deployments", "web")
    assert found is not None
    assert found["spec"]["template"]["spec"]["containers"][0]["image"] == "app:2"
    assert life.switch() == "true"
    assert_aborted(life, "Somebody changed Deployment/web")


async def test_an_autoscaler_is_nobody() -> None:
    life = await rehearsing()
    life.api.edit("deployments", "web", lambda raw: raw["spec"].update(replicas=5))
    await life.keep("ok", seconds=80)
    assert life.status.drill is not None
    assert life.status.drill.result is DrillResult.SUCCEEDED


async def test_a_target_that_is_deleted_ends_the_drill() -> None:
    life = await rehearsing()
    life.api.remove("deployments", "web")
    life.operator.records.get(life.record.key).targets[next(iter(life.record.targets))].stale = True  # type: ignore[union-attr]
    await life.settle(rounds=4)
    assert life.state is State.LIVE
    assert_aborted(life, "Deployment/web")


async def test_an_application_that_does_not_heed_its_switch_fails_the_drill() -> None:
    life = await live(Life(targets=[WEB]))
    life.application.heeds = False
    life.annotate(drill="1")
    await life.settle(rounds=6)
    told = life.status.drill
    assert told is not None
    assert (told.result, life.switch(), life.state) == (DrillResult.FAILED, "true", State.LIVE)
    assert "Deployment/web does not say services.ideogram=disabled" in (told.message or "")


async def test_a_url_that_may_not_be_called_fails_the_drill_at_once_and_says_so() -> None:
    life = await live(Life(targets=[WEB]))
    life.application.failure = ServiceError("web.other.svc is not a host of the namespace shop", untried=True)
    life.annotate(drill="1")
    began = life.clock.seconds
    await life.settle(rounds=6)
    assert life.clock.seconds - began < 10
    assert life.application.asked == 2, "once for each way"
    told = life.status.drill
    assert told is not None
    assert told.result is DrillResult.FAILED
    assert "not a host of the namespace" in (told.message or "")


async def test_a_rollout_that_gets_stuck_fails_the_drill() -> None:
    life = await live(Life(targets=[WEB]))
    life.api.pods_follow = False
    life.annotate(drill="1")
    await life.settle(rounds=3)
    assert life.phase is DrillPhase.FALLING
    await life.keep("ok", seconds=620)
    life.api.pods_follow = True
    life.api.edit("deployments", "web", life.api.settle)
    await life.settle(rounds=4)
    told = life.status.drill
    assert told is not None
    assert (told.result, life.switch()) == (DrillResult.FAILED, "true")


# -- when it begins ----------------------------------------------------------------------------------------------------


async def test_a_drill_that_may_not_be_is_refused_once_with_its_reason() -> None:
    life = Life(targets=[WEB])
    window = {"days": ["Mon"], "start": "09:00", "end": "17:00", "timeZone": "Europe/Berlin"}
    await live(life, then=lambda life: life.spec.update(drill={"window": window}))
    life.annotate(drill="1")
    await life.settle()
    told = life.status.drill
    assert told is not None
    assert (told.result, told.last_handled_request) == (DrillResult.SKIPPED, "1")
    assert told.message == "Not begun: outside the window Mon 09:00-17:00 Europe/Berlin."
    assert life.switched() == 0
    assert life.events.reasons.count("DrillFailed") == 1


async def test_what_is_only_not_known_yet_is_waited_for() -> None:
    life = Life(targets=[WEB])
    life.deploy()
    life.apply()
    life.annotate(drill="1")
    await life.settle(rounds=3)
    assert life.switched() == 0
    await life.see("ok ok")
    assert life.switch() == "false"


async def test_what_stays_unknown_for_a_minute_is_refused() -> None:
    life = Life(targets=[WEB])
    life.deploy()
    life.apply()
    life.annotate(drill="1")
    await life.keep("blind", seconds=80)
    told = life.status.drill
    assert told is not None
    assert (told.result, life.switched()) == (DrillResult.SKIPPED, 0)


async def test_a_request_is_obeyed_once_over_restarts_too() -> None:
    life = await rehearsing()
    await life.keep("ok", seconds=80)
    life.restart()
    await life.keep("ok", seconds=80)
    assert life.switched() == 2
    life.annotate(drill="2")
    await life.see("ok ok ok")
    assert life.switched() == 3


async def test_applying_a_manifest_with_a_drill_restarts_nothing_before_the_interval_is_over() -> None:
    life = Life(targets=[WEB])
    await live(life, then=lambda life: life.spec.update(drill={"interval": "2h"}))
    await life.keep("ok", seconds=2 * HOUR - 60, every=10)
    assert life.switched() == 0
    await life.keep("ok", seconds=200, every=10)
    assert life.switched() == 2
    told = life.status.drill
    assert told is not None
    assert told.result is DrillResult.SUCCEEDED


async def test_a_target_that_another_integration_holds_is_not_rehearsed_with() -> None:
    life = await live(Life(targets=[WEB]))
    life.hold_by("gallery")
    life.annotate(drill="1")
    await life.settle(rounds=4)
    told = life.status.drill
    assert told is not None
    assert told.result is DrillResult.SKIPPED
    assert "gallery" in (told.message or "")


def assert_aborted(life: Life, why: str) -> None:
    told = life.status.drill
    assert told is not None
    assert (told.phase, told.result) == (None, DrillResult.ABORTED)
    assert why in (told.message or "")
