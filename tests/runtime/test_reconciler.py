"""Whole reconciles: what a flip, a return, a restart or a failed request leaves behind."""

from typing import Any

import pytest

from ideogram_operator.cluster.errors import ClusterError
from ideogram_operator.resource.words import PLURAL, State
from tests.decisions.player import fact
from tests.runtime.life import KEY, Life, fallen, live
from tests.runtime.memory_api import forbidden, on, unavailable

STATUS = f"{PLURAL}/status"


async def test_an_outage_switches_the_target_and_its_end_restores_it() -> None:
    life = await fallen()
    assert life.switch() == "false"
    assert life.status.state is State.FALLBACK
    await life.keep("ok", seconds=400)
    assert life.state is State.LIVE
    assert life.switch() == "true"
    assert life.claims() == []
    assert life.switched() == 2


async def test_a_status_that_cannot_be_written_keeps_no_target_from_fallback() -> None:
    life = await live()
    life.api.trouble.append(on("patch", STATUS))
    for _ in range(3):
        with pytest.raises(ClusterError):
            await life.see("503")
    assert life.switch() == "false"


async def test_a_finalizer_that_could_not_be_set_is_no_trouble_any_more_once_nothing_needs_it() -> None:
    life = await live()
    life.api.trouble.append(on("patch", PLURAL))
    await life.see("503")
    assert life.condition("Ready")[:2] == ("False", "ClusterUnreachable")
    life.api.trouble.clear()
    await life.see("ok ok")
    assert life.state is State.LIVE
    assert life.condition("Ready")[0] == "True"


async def test_a_finalizer_that_cannot_be_set_keeps_no_target_from_fallback() -> None:
    life = await live()
    life.api.trouble.append(on("patch", PLURAL, forbidden))
    await life.see("503 503 503")
    assert life.switch() == "false"
    status, reason, message = life.condition("Ready")
    assert (status, reason) == ("False", "PermissionDenied")
    assert "finalizer" in message


async def test_nothing_is_given_back_before_status_knows() -> None:
    """A claim that status takes for current would be taken for a new flip after a crash, and flip once more."""
    life = await fallen()
    life.api.trouble.append(on("patch", STATUS))
    for _ in range(60):
        try:
            await life.keep("ok", seconds=10)
        except ClusterError:
            continue
    assert life.state is State.LIVE
    assert life.switch() == "false"
    life.api.trouble.clear()
    await life.see("ok ok")
    assert life.switch() == "true"
    assert life.status.state is State.LIVE


async def test_a_return_that_could_not_be_written_is_told_once_it_can() -> None:
    life = await fallen()
    life.api.trouble.append(on("patch", STATUS))
    for _ in range(60):
        try:
            await life.keep("ok", seconds=10)
        except ClusterError:
            continue
    life.api.trouble.clear()
    await life.see("ok ok")
    assert life.events.reasons.count("RestoringTargets") == 1


async def test_events_of_a_flip_are_told_once_though_status_fails() -> None:
    life = await live()
    life.api.trouble.append(on("patch", STATUS))
    for _ in range(6):
        with pytest.raises(ClusterError):
            await life.see("503")
    life.api.trouble.clear()
    await life.see("503 503")
    assert life.events.reasons.count("FallbackRequested") == 1
    assert life.events.reasons.count("ApiUnreachable") == 1


async def test_the_trouble_of_a_target_is_told_once_though_status_fails() -> None:
    life = await live()
    life.api.remove("deployments", "web")
    life.api.trouble.append(on("patch", STATUS))
    for _ in range(8):
        with pytest.raises(ClusterError):
            await life.see("503")
    life.api.trouble.clear()
    await life.see("503 503 503")
    assert life.events.reasons.count("TargetMissing") == 1


async def test_an_api_server_that_is_away_for_a_while_changes_nothing_that_was_told() -> None:
    life = await fallen()
    before = life.api.there("deployments", "web")
    life.api.trouble.append(unavailable)
    for _ in range(10):
        try:
            await life.see("503", every=60)
        except ClusterError:
            continue
    life.api.trouble.clear()
    await life.see("503 503", every=60)
    assert life.api.there("deployments", "web") == before
    assert life.status.state is State.FALLBACK
    assert len(life.status.history) == 1


async def test_a_restart_patches_nothing_that_is_as_it_should_be() -> None:
    life = await fallen()
    await life.see("503 503")
    life.restart()
    before = len(life.api.patches)
    await life.reconcile()
    await life.see("503 503 503")
    assert len(life.api.patches) == before, life.api.patches[before:]


async def test_a_restart_of_a_healthy_one_writes_nothing() -> None:
    life = await fallen()
    await life.keep("ok", seconds=500)
    assert life.state is State.LIVE
    life.clock.seconds += 4000
    life.restart()
    before = len(life.api.patches)
    await life.reconcile()
    assert len(life.api.patches) == before, life.api.patches[before:]


async def test_a_flip_that_status_does_not_know_is_found_after_a_crash() -> None:
    life = await live()
    life.api.trouble.append(on("patch", STATUS))
    for _ in range(3):
        with pytest.raises(ClusterError):
            await life.see("503")
    life.api.trouble.clear()
    life.restart()
    await life.reconcile()
    assert life.state is State.FALLBACK
    assert life.switched() == 1
    assert life.status.state is State.FALLBACK


async def test_a_missing_target_is_not_asked_for_all_the_time() -> None:
    """Ten thousand integrations without their targets must not be ten thousand requests every few seconds."""
    life = await fallen()
    life.api.remove("deployments", "web")
    await life.keep("503", seconds=120, every=2)
    life.api.asked.clear()
    await life.keep("503", seconds=3600, every=2)
    assert life.api.count("get deployments/web") < 100, "and not 1800"


async def test_a_missing_target_that_comes_is_switched_within_seconds() -> None:
    life = await fallen()
    life.api.remove("deployments", "web")
    await life.keep("503", seconds=10, every=2)
    life.deploy()
    await life.keep("503", seconds=12, every=2)
    assert life.switch() == "false"


async def test_trouble_that_a_person_mends_asks_for_a_look_in_seconds_and_later_in_minutes() -> None:
    life = await live()
    life.api.remove("deployments", "web")
    life.clock.seconds += 601
    assert await life.reconcile() <= 5
    life.clock.seconds += 7200
    await life.reconcile()
    assert await life.reconcile() > 60


async def test_a_target_that_is_refused_takes_no_place_from_others() -> None:
    life = Life(targets=[{"kind": "Deployment", "name": name, "switch": {}} for name in ("web", "worker")])
    life.limits.max_rollouts = 1
    life.deploy("worker")
    life.api.trouble.append(on("patch", "deployments", forbidden, name="web"))
    await fallen(life)
    await life.keep("503", seconds=20, every=2)
    assert life.switch("worker") == "false"
    assert life.limits.rolling == 0


async def test_a_stuck_rollout_is_not_followed_every_second_for_ever() -> None:
    life = await live()
    life.api.pods_follow = False
    await life.see("503 503 503")
    assert await life.reconcile() <= 1

    def stuck(raw: dict[str, object]) -> None:
        raw["status"] = {
            "observedGeneration": raw["metadata"]["generation"],  # type: ignore[index]
            "conditions": [{"type": "Progressing", "reason": "ProgressDeadlineExceeded"}],
        }

    life.api.edit("deployments", "web", stuck)
    await life.see("503")
    await life.keep("503", seconds=600, every=2)
    life.api.asked.clear()
    assert await life.keep("503", seconds=600, every=2) > 1
    assert life.api.count("get deployments/web") < 60
    assert life.condition("Stalled")[:2] == ("True", "RolloutStuck")


async def test_waiting_for_room_asks_the_cluster_for_nothing() -> None:
    life = await live()
    life.limits.max_rollouts = 1
    life.limits.enter(("shop", "Deployment/other"), rolls_out=True)
    await life.see("503 503 503")
    assert life.switch() == "true"
    life.api.asked.clear()
    for _ in range(20):
        life.clock.seconds += 0.5
        pause = await life.reconcile()
    assert life.api.count("get deployments/web") <= 2
    life.limits.leave(("shop", "Deployment/other"))
    life.clock.seconds += pause
    await life.reconcile()
    assert life.switch() == "false"


async def test_a_selector_that_finds_nothing_is_a_problem_with_a_name() -> None:
    life = Life(targets=[{"kind": "Deployment", "selector": {"matchLabels": {"app": "shop"}}, "switch": {}}])
    await live(life)
    status, reason, message = life.condition("Ready")
    assert (status, reason) == ("False", "TargetMissing")
    assert "app=shop" in message


SELECTED = {"kind": "Deployment", "selector": {"matchLabels": {"app": "shop"}}, "switch": {}}


@pytest.mark.parametrize("error", [unavailable, forbidden], ids=lambda error: error.__name__)
async def test_a_list_that_fails_after_a_restart_gives_nothing_back(error: object) -> None:
    life = Life(targets=[SELECTED])
    life.deploy(app="shop")
    await fallen(life)
    assert life.switch() == "false"
    life.restart()
    life.api.trouble.append(on("list", "deployments", error))  # type: ignore[arg-type]
    await life.reconcile()
    await life.see("503 503")
    assert life.switch() == "false"
    life.api.trouble.clear()
    await life.keep("503", seconds=60)
    assert life.switched() == 1


async def test_a_list_that_fails_after_an_edit_gives_nothing_back() -> None:
    life = Life(targets=[SELECTED])
    life.deploy(app="shop")
    await fallen(life)
    life.api.trouble.append(on("list", "deployments"))
    life.apply(targets=[SELECTED | {"switch": {"fallbackValue": "off"}}])
    await life.see("503 503")
    assert life.switch() in {"false", "off"}
    life.api.trouble.clear()
    await life.keep("503", seconds=60)
    assert life.switch() == "off"


async def test_a_target_that_leaves_the_spec_while_held_is_given_back() -> None:
    life = Life(targets=[{"kind": "Deployment", "name": name, "switch": {}} for name in ("web", "worker")])
    life.deploy("worker")
    await fallen(life)
    life.apply(targets=life.spec["targets"][:1])
    await life.see("503")
    assert (life.switch("web"), life.switch("worker")) == ("false", "true")
    assert [one.name for one in life.status.targets] == ["web"]


async def test_the_same_over_a_restart() -> None:
    life = Life(targets=[{"kind": "Deployment", "name": name, "switch": {}} for name in ("web", "worker")])
    life.deploy("worker")
    await fallen(life)
    life.apply(targets=life.spec["targets"][:1])
    life.restart()
    await life.reconcile()
    await life.see("503 503")
    assert (life.switch("web"), life.switch("worker")) == ("false", "true")
    assert [one.name for one in life.status.targets] == ["web"]


async def test_one_that_left_and_was_given_back_meanwhile_is_not_listed_for_ever() -> None:
    life = Life(targets=[{"kind": "Deployment", "name": name, "switch": {}} for name in ("web", "worker")])
    life.deploy("worker")
    await fallen(life)
    life.apply(targets=life.spec["targets"][:1])
    life.deploy("worker")
    life.restart()
    await life.reconcile()
    assert [str(ref) for ref in life.record.targets] == ["Deployment/web"]


async def test_a_switch_that_is_edited_while_held_is_told_anew() -> None:
    life = await fallen()
    life.apply(targets=[{"kind": "Deployment", "name": "web", "switch": {"fallbackValue": "off"}}])
    await life.see("503")
    assert life.switch() == "off"
    await life.keep("ok", seconds=400)
    assert life.switch() == "true"


async def test_an_integration_made_anew_gives_back_what_its_predecessor_held() -> None:
    """Restored from a backup, or deleted by force: the claim on the target is of a uid that is no more."""
    life = await fallen()
    life.api.edit(PLURAL, KEY.name, lambda raw: raw["metadata"].pop("finalizers", None))
    life.api.remove(PLURAL, KEY.name)
    life.restart()
    life.apply()
    await life.see("ok ok ok")
    assert life.switch() == "true"
    assert life.claims() == []


async def test_an_integration_made_anew_keeps_the_fallback_that_it_wants_itself() -> None:
    life = await fallen()
    life.api.edit(PLURAL, KEY.name, lambda raw: raw["metadata"].pop("finalizers", None))
    life.api.remove(PLURAL, KEY.name)
    life.apply()
    life.pool.told.clear()
    await life.see("503 503 503")
    assert life.switch() == "false"
    await life.keep("ok", seconds=400)
    assert life.claims() == []


async def test_one_that_is_deleted_by_force_gives_back_what_it_held() -> None:
    life = await fallen()
    life.api.edit(PLURAL, KEY.name, lambda raw: raw["metadata"].pop("finalizers", None))
    life.api.remove(PLURAL, KEY.name)
    assert await life.reconcile() == float("inf")
    assert life.switch() == "true"
    assert len(life.operator.records) == 0


async def test_observe_leaves_held_targets_and_says_so() -> None:
    life = await fallen()
    life.apply(mode="Observe")
    await life.see("503")
    assert life.switch() == "false"
    status, reason, message = life.condition("FallbackActive")
    assert (status, reason) == ("True", "ObserveMode")
    assert "1 of 1" in message
    life.apply(mode="Enforce")
    await life.keep("ok", seconds=400)
    assert life.switch() == "true"


async def test_an_invalid_edit_moves_nothing_and_shortens_no_hold() -> None:
    life = Life()
    life.spec["recovery"] = {"hold": "2h", "maxHold": "4h"}
    await fallen(life)
    held_until = life.record.memory.hold_until
    life.apply(api={"keySecretRef": {"name": "ideogram"}, "baseURL": "https://elsewhere.example.com"})
    await life.see("503 503")
    assert life.condition("Ready")[1] == "HostNotAllowed"
    assert life.switch() == "false"
    assert life.record.memory.hold_until == held_until


async def test_a_probe_is_sent_once_for_each_new_value_of_the_annotation() -> None:
    life = await live()
    for value, kicks in (("1", 1), ("1", 1), ("2", 2)):
        life.annotate(probe=value)
        await life.reconcile()
        assert life.pool.kicked == kicks
    life.restart()
    await life.reconcile()
    assert life.pool.kicked == 0, "what was obeyed before a restart is not obeyed again"


async def test_what_is_gone_leaves_nothing() -> None:
    life = await live()
    life.api.remove(PLURAL, KEY.name)
    assert await life.reconcile() == float("inf")
    assert len(life.operator.records) == 0
    assert not life.pool.demands
    assert not life.operator.gatherer.keys._readings


def put_back(raw: dict[str, Any]) -> None:
    raw["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "IDEOGRAM_ENABLED", "value": "true"}]


async def test_a_target_that_is_left_alone_is_left_alone_by_requests_too() -> None:
    life = await fallen()
    for _ in range(4):
        life.api.edit("deployments", "web", put_back)
        next(iter(life.record.targets.values())).stale = True
        await life.see("503")
    assert life.condition("TargetsInSync")[1] == "TargetConflict"
    life.api.asked.clear()
    for _ in range(300):
        life.clock.seconds += await life.reconcile()
        life.pool.told.append(fact("503", life.clock.now()))
        if life.clock.seconds > 600:
            break
    assert life.clock.seconds > 600, "it does not turn in circles"
    assert life.api.count("get deployments/web") < 100


async def test_a_refusal_that_is_mended_is_used_within_seconds() -> None:
    life = await live()
    life.api.trouble.append(on("patch", "deployments", forbidden))
    await life.see("503 503 503")
    await life.keep("503", seconds=30, every=2)
    life.api.trouble.clear()
    await life.keep("503", seconds=12, every=2)
    assert life.switch() == "false"
