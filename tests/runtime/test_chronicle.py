"""The history: when each flip was seen, decided, told and followed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ideogram_operator.cluster.errors import ClusterError
from ideogram_operator.decisions.memory import Memory
from ideogram_operator.resource.status import Flip
from ideogram_operator.resource.words import RestoreOrder, State, TargetKind, TargetMode
from ideogram_operator.runtime.chronicle import KEPT, Step, extended
from tests.decisions.player import NOON
from tests.runtime.life import Life, fallen, live
from tests.runtime.memory_api import on, unavailable


async def test_a_flip_is_told_with_all_its_times() -> None:
    life = await live()
    life.api.pods_follow = False
    await life.see("503 503 503")
    (flip,) = life.status.history
    assert (flip.from_, flip.to, flip.trigger) == (State.SUSPECT, State.FALLBACK, "apiUnreachable")
    assert flip.detected is not None
    assert flip.at is not None
    assert flip.patched is not None
    assert flip.detected < flip.at <= flip.patched
    assert flip.ready is None
    life.clock.seconds += 20
    life.api.edit("deployments", "web", life.api.settle)
    await life.reconcile()
    (flip,) = life.status.history
    assert flip.ready == life.clock.now()


async def test_the_way_back_is_a_flip_of_its_own() -> None:
    life = await fallen()
    await life.keep("ok", seconds=400)
    back = life.status.history[-1]
    assert (back.from_, back.to) == (State.RECOVERING, State.LIVE)
    assert back.patched is not None
    assert back.ready is not None


async def test_one_by_one_is_one_flip_and_leads_to_live() -> None:
    life = Life(targets=[{"kind": "Deployment", "name": name, "switch": {}} for name in ("web", "worker")])
    life.spec["recovery"] = {"order": RestoreOrder.ONE_BY_ONE.value}
    life.deploy("worker")
    await fallen(life)
    await life.keep("ok", seconds=500)
    assert life.state is State.LIVE
    assert [(flip.from_, flip.to) for flip in life.status.history] == [
        (State.SUSPECT, State.FALLBACK),
        (State.RECOVERING, State.LIVE),
    ]


async def test_a_restart_in_the_middle_of_a_rollout_does_not_call_it_ready_before_it_is() -> None:
    life = await live()
    life.api.pods_follow = False
    await life.see("503 503 503")
    life.restart()
    await life.see("503 503", every=10)
    assert life.status.history[-1].ready is None
    life.api.edit("deployments", "web", life.api.settle)
    life.clock.seconds += 60
    await life.see("503")
    assert life.status.history[-1].ready == life.clock.now()


async def test_a_return_whose_end_was_not_written_any_more_has_its_times_after_a_restart() -> None:
    """What was given back carries no claim that tells when: it is there, so that is known at the latest now."""
    life = await fallen()
    await life.keep("503", seconds=300)
    life.api.pods_follow = False
    life.api.trouble.append(lambda verb, address: unavailable(verb, address) if life.switch() == "true" else None)
    with pytest.raises(ClusterError):
        await life.keep("ok", seconds=300)
    life.api.trouble.clear()
    life.restart()
    assert life.status.history[-1].patched is None, "it was killed between the target and status"
    await life.see("ok ok")
    back = life.status.history[-1]
    assert (back.to, back.patched, back.ready) == (State.LIVE, life.clock.now() - timedelta(seconds=2), None)
    life.api.edit("deployments", "web", life.api.settle)
    life.clock.seconds += 1
    assert await life.reconcile() > 1
    assert life.status.history[-1].ready == life.clock.now()


async def test_a_return_of_what_was_never_told_is_over_when_it_is_decided() -> None:
    life = await live()
    life.annotate(drill="1")
    life.api.trouble.append(on("patch", "deployments"))
    await life.settle(rounds=2)
    life.api.trouble.clear()
    life.restart()
    await life.see("ok ok ok")
    there, back = life.status.history
    assert (there.to, there.patched, there.ready) == (State.FALLBACK, None, None)
    assert (back.to, back.patched, back.ready) == (State.LIVE, back.at, back.at)


async def test_a_flip_that_was_told_keeps_its_time_though_a_restart_gives_back_at_once() -> None:
    life = await live()
    life.annotate(drill="1")
    life.api.trouble.append(lambda verb, address: unavailable(verb, address) if life.switch() == "false" else None)
    with pytest.raises(ClusterError):
        await life.settle(rounds=3)
    life.api.trouble.clear()
    assert life.status.history[-1].patched is None, "it was killed between the target and status"
    life.restart()
    await life.see("ok ok ok")
    there, back = life.status.history
    assert (there.to, there.patched) == (State.FALLBACK, there.at)
    assert (back.to, back.patched is not None) == (State.LIVE, True)


def test_ten_flips_are_kept() -> None:
    history: tuple[Flip, ...] = ()
    memory = Memory(since=NOON)
    for number in range(1, 30):
        after = replace(memory, flips=number)
        history = extended(history, Step(before=memory, after=after, now=NOON + number * timedelta(minutes=1)))
        memory = after
    assert len(history) == KEPT
    assert history[-1].at == NOON + timedelta(minutes=29)


def test_no_flip_is_no_history() -> None:
    memory = Memory(since=NOON)
    assert extended((), Step(before=memory, after=replace(memory, state=State.SUSPECT), now=NOON)) == ()


async def test_times_of_targets_survive_a_restart() -> None:
    life = await fallen()
    await life.see("503 503")
    before = life.status.targets
    assert before[0].ready_at is not None
    life.restart()
    await life.see("503 503 503", every=400)
    assert life.status.targets == before
    assert (before[0].kind, before[0].mode) == (TargetKind.DEPLOYMENT, TargetMode.FALLBACK)
