"""Giving targets back one after the other: each waits for the one before it, and none goes back and forth."""

from ideogram_operator.resource.words import RestoreOrder, State
from tests.runtime.life import Life, fallen

SELECTED = {"kind": "Deployment", "selector": {"matchLabels": {"app": "shop"}}, "switch": {}}


async def shop(*names: str) -> Life:
    life = Life(targets=[SELECTED])
    life.spec["recovery"] = {"order": RestoreOrder.ONE_BY_ONE.value, "hold": "10s", "successes": 1}
    for name in ("web", *names):
        life.deploy(name, app="shop")
    return await fallen(life)


def switches(life: Life, *names: str) -> list[str]:
    return [life.switch(name) for name in names]


async def test_the_next_waits_until_the_one_before_it_is_ready() -> None:
    life = await shop("alpha")
    life.clock.seconds += 10
    life.api.pods_follow = False
    await life.see("ok ok ok")
    assert switches(life, "alpha", "web") == ["true", "false"]
    life.api.edit("deployments", "alpha", life.api.settle)
    await life.see("ok ok")
    assert switches(life, "alpha", "web") == ["true", "true"]


async def test_a_target_that_comes_meanwhile_pushes_none_back() -> None:
    life = await shop("beta")
    life.clock.seconds += 10
    life.api.pods_follow = False
    await life.see("ok ok ok")
    assert switches(life, "beta", "web") == ["true", "false"]
    before = life.switched("beta")
    life.deploy("alpha", app="shop")
    life.api.edit("deployments", "alpha", life.api.settle)
    await life.keep("ok", seconds=60)
    assert switches(life, "beta", "web") == ["true", "false"]
    assert life.switched("beta") == before


async def test_a_selector_that_finds_nothing_does_not_hold_it_back_for_ever() -> None:
    life = await shop()
    life.api.remove("deployments", "web")
    await life.keep("503", seconds=20)
    await life.keep("ok", seconds=120)
    assert life.state is State.LIVE


async def test_while_observing_it_goes_through_as_if_targets_followed() -> None:
    life = await shop("alpha")
    life.apply(mode="Observe")
    await life.keep("ok", seconds=120)
    assert life.state is State.LIVE
    assert switches(life, "alpha", "web") == ["false", "false"]


async def test_a_crash_between_two_targets_flips_none_of_them_again() -> None:
    life = await shop("alpha")
    life.clock.seconds += 10
    life.api.pods_follow = False
    await life.see("ok ok ok")
    life.restart()
    await life.reconcile()
    await life.see("ok ok")
    assert switches(life, "alpha", "web") == ["true", "false"]
    assert life.switched("alpha") == 2


async def test_one_whose_pods_do_not_follow_holds_back_no_other_for_ever() -> None:
    life = await shop("alpha")
    life.clock.seconds += 10
    life.api.pods_follow = False
    await life.see("ok ok ok")
    assert switches(life, "alpha", "web") == ["true", "false"]
    # After ten minutes without progress it counts as stuck, and is its owner's to mend.
    await life.keep("ok", seconds=1200, every=20)
    assert switches(life, "alpha", "web") == ["true", "true"]
