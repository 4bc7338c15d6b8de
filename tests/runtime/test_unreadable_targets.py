"""A target that may not be read any more is still held: what is not known is never taken for given back."""

from ideogram_operator.resource.words import State
from tests.runtime.life import Life, fallen
from tests.runtime.memory_api import forbidden, on

TWO = [{"kind": "Deployment", "name": name, "switch": {}} for name in ("web", "worker")]


async def test_rights_that_are_taken_away_in_fallback_lose_no_target() -> None:
    life = await fallen()
    life.api.trouble += [on("get", "deployments", forbidden), on("patch", "deployments", forbidden)]
    await life.keep("ok", seconds=600)
    assert life.state is State.LIVE
    assert life.condition("Ready")[:2] == ("False", "PermissionDenied")
    assert life.record.finalizer, "an integration that still holds a target must not be let go"
    life.api.trouble.clear()
    await life.keep("ok", seconds=900)
    assert life.switch() == "true"
    assert not life.record.finalizer


async def test_the_same_over_a_restart() -> None:
    life = await fallen()
    life.api.trouble += [on("get", "deployments", forbidden), on("patch", "deployments", forbidden)]
    life.restart()
    await life.keep("ok", seconds=600)
    life.api.trouble.clear()
    await life.keep("ok", seconds=900)
    assert (life.state, life.switch()) == (State.LIVE, "true")


async def test_a_target_that_leaves_the_spec_while_it_may_not_be_read_is_given_back_later() -> None:
    life = Life(targets=TWO)
    life.deploy("worker")
    await fallen(life)
    life.api.trouble += [on(verb, "deployments", forbidden, name="worker") for verb in ("get", "patch")]
    life.apply(targets=TWO[:1])
    await life.keep("ok", seconds=600)
    assert (life.switch("web"), life.switch("worker")) == ("true", "false")
    life.api.trouble.clear()
    await life.keep("ok", seconds=900)
    assert life.switch("worker") == "true"


async def test_one_target_that_may_not_be_read_keeps_no_other_from_fallback() -> None:
    life = Life(targets=TWO)
    life.deploy()
    life.deploy("worker")
    life.api.trouble += [on(verb, "deployments", forbidden, name="worker") for verb in ("get", "patch")]
    life.apply()
    await life.see("ok ok 503 503 503")
    assert (life.switch("web"), life.switch("worker")) == ("false", "true")
