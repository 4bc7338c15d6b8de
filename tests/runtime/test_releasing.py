"""Deleting an integration gives everything back, in bounded time, whatever the cluster does."""

import pytest

from ideogram_operator.cluster.errors import ClusterError
from ideogram_operator.resource.words import PLURAL
from ideogram_operator.runtime.limits import ORPHANED
from tests.runtime.life import KEY, Life, fallen, live
from tests.runtime.memory_api import Trouble, forbidden, on


async def end(life: Life, *, seconds: float = 0.0) -> bool:
    """The integration is deleted and reconciled for so long; returns whether it is gone."""
    if life.api.there(PLURAL, KEY.name) is not None:
        life.api.remove(PLURAL, KEY.name)
    until = life.clock.seconds + seconds
    while True:
        try:
            pause = await life.reconcile()
        except ClusterError:
            pause = 5.0
        if pause == float("inf") or life.clock.seconds >= until:
            await life.reconcile()
            return life.api.there(PLURAL, KEY.name) is None
        life.clock.seconds += pause


async def test_what_it_holds_is_given_back_and_it_is_gone() -> None:
    life = await fallen()
    assert await end(life)
    assert life.switch() == "true"
    assert life.claims() == []
    assert len(life.operator.records) == 0


async def test_rollouts_of_those_that_are_gone_keep_nobody_else_waiting_for_long() -> None:
    """A team that deletes its integrations after an outage must not use up the rollouts of all others."""
    life = await live()
    assert life.limits.enter((KEY.namespace, "Deployment/web"), rolls_out=True), "it was given back just now"
    assert await end(life)
    assert life.limits.rolling == 1, "its pods are being replaced"
    life.clock.seconds += ORPHANED
    assert life.limits.rolling == 0


async def test_a_live_one_goes_at_once() -> None:
    life = await live()
    assert await end(life)
    assert life.switched() == 0


async def test_a_target_that_is_gone_is_done() -> None:
    life = await fallen()
    life.api.remove("deployments", "web")
    assert await end(life)


async def test_a_target_that_cannot_be_given_back_holds_it_for_two_minutes_and_is_told() -> None:
    life = await fallen()
    life.api.trouble.append(on("patch", "deployments", forbidden))
    assert not await end(life, seconds=100)
    assert await end(life, seconds=60)
    (note,) = [note for note in life.events.notes if note.reason == "ReleaseFailed"]
    assert "Deployment/web" in note.text
    assert "ideogram-operator.io/fallback" in note.text


async def test_trouble_that_passes_only_delays_it() -> None:
    life = await fallen()
    life.api.trouble.append(on("patch", "deployments"))
    assert not await end(life, seconds=30)
    life.api.trouble.clear()
    assert await end(life, seconds=30)
    assert life.switch() == "true"


async def test_one_target_in_trouble_does_not_keep_the_others() -> None:
    life = Life(targets=[{"kind": "Deployment", "name": name, "switch": {}} for name in ("web", "worker")])
    life.deploy("worker")
    await fallen(life)
    life.api.trouble.append(on("patch", "deployments", forbidden, name="web"))
    await end(life, seconds=5)
    assert life.switch("worker") == "true"


async def test_a_target_that_was_left_alone_is_given_back_all_the_same() -> None:
    life = await fallen()
    for _ in range(4):
        life.api.edit("deployments", "web", _put_back)
        life.record.targets[next(iter(life.record.targets))].stale = True
        await life.see("503 503")
    assert life.condition("TargetsInSync")[1] == "TargetConflict"
    assert await end(life, seconds=10)
    assert life.claims() == []


async def test_a_flip_that_status_does_not_know_is_given_back_after_a_restart() -> None:
    """The operator died between the target and status, and while it was away the integration was deleted."""
    life = await live()
    life.api.trouble.append(on("patch", f"{PLURAL}/status"))
    for _ in range(3):
        with pytest.raises(ClusterError):
            await life.see("503")
    assert life.switch() == "false"
    life.api.trouble.clear()
    life.restart()
    assert await end(life, seconds=10)
    assert life.switch() == "true"


async def test_one_that_never_got_its_finalizer_gives_back_while_others_hold_it() -> None:
    life = await live()
    life.api.edit(PLURAL, KEY.name, lambda raw: raw["metadata"].update(finalizers=["example.com/theirs"]))
    life.api.trouble.append(_only_metadata)
    await life.see("503 503 503")
    assert life.switch() == "false"
    await end(life, seconds=10)
    assert life.switch() == "true"


async def test_read_only_gives_nothing_back() -> None:
    life = await fallen()
    object.__setattr__(life.operator, "read_only", True)
    assert not await end(life, seconds=10)
    assert life.switch() == "false"


async def test_an_order_to_observe_is_no_reason_to_keep_what_is_held() -> None:
    life = await fallen()
    life.apply(mode="Observe")
    await life.see("503")
    assert await end(life)
    assert life.switch() == "true"


def _put_back(raw: dict[str, object]) -> None:
    raw["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "IDEOGRAM_ENABLED", "value": "true"}]  # type: ignore[index]


_only_metadata: Trouble = on("patch", PLURAL, forbidden)
