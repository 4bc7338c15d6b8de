"""The action Throttle: targets are told to do less, damped like a flip."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ideogram_operator.resource.words import Action, OverrideMode, State, TargetMode, Trigger
from tests.decisions.player import DEFAULTS, HOUR, MINUTE, Player, edited

SIX = "429 429 429 429 429 429"


def throttled() -> Player:
    player = Player()
    player.see(SIX)
    assert player.wanted is TargetMode.THROTTLED
    return player


def test_the_sixth_429_throttles() -> None:
    player = Player()
    player.see("429 429 429 429 429")
    assert player.wanted is TargetMode.LIVE
    player.see("429")
    assert (player.wanted, player.state) == (TargetMode.THROTTLED, State.SUSPECT)


def test_it_lasts_at_least_one_hold() -> None:
    player = throttled()
    began = player.now
    player.see("ok ok ok")
    assert not player.firing
    assert (player.wanted, player.state) == (TargetMode.THROTTLED, State.LIVE)
    while player.wanted is TargetMode.THROTTLED:
        player.see("ok")
    assert player.now - began == 5 * MINUTE


def test_it_lasts_while_the_rate_limit_does() -> None:
    player = throttled()
    player.last(HOUR, "429", every=MINUTE / 4)
    assert player.wanted is TargetMode.THROTTLED


def test_an_api_that_flaps_does_not_restart_pods_all_day() -> None:
    player = Player(policy=replace(DEFAULTS, hold=timedelta()))
    for _ in range(30):
        player.see(f"{SIX} ok ok ok")
    assert player.memory.flips <= 4


@pytest.mark.parametrize("words", ["blind", "no-key"])
def test_unknown_neither_begins_nor_ends_it(words: str) -> None:
    player = throttled()
    player.see("ok ok ok")
    player.see(f"{words} " * 60)
    assert player.wanted is TargetMode.THROTTLED
    player.restart()
    assert player.wanted is TargetMode.THROTTLED


def test_fallback_does_what_it_does_and_more() -> None:
    player = throttled()
    player.see("402")
    assert (player.wanted, player.memory.throttled_since) == (TargetMode.FALLBACK, None)
    player.wait(5 * MINUTE)
    player.see("ok ok ok")
    assert player.wanted is TargetMode.LIVE


def test_the_fallback_of_the_hour_is_kept_free_for_it() -> None:
    player = Player(policy=replace(DEFAULTS, max_flips_per_hour=2))
    player.see(SIX)
    assert player.wanted is TargetMode.THROTTLED
    player.see("402")
    assert (player.wanted, player.memory.flips) == (TargetMode.FALLBACK, 2)


ORDERS = [
    (OverrideMode.FORCE_LIVE, TargetMode.LIVE),
    (OverrideMode.FORCE_FALLBACK, TargetMode.FALLBACK),
    (OverrideMode.FREEZE, TargetMode.THROTTLED),
]


@pytest.mark.parametrize(("mode", "expected"), ORDERS)
def test_an_order_is_more(mode: OverrideMode, expected: TargetMode) -> None:
    player = throttled()
    player.order(mode)
    assert player.wanted is expected


def test_under_a_freeze_it_does_not_begin() -> None:
    player = Player()
    player.order(OverrideMode.FREEZE)
    player.see(SIX)
    assert player.wanted is TargetMode.LIVE


def test_other_actions_do_not_throttle() -> None:
    player = Player(policy=edited(DEFAULTS, Trigger.RATE_LIMITED, action=Action.ALERT))
    player.see(SIX)
    assert player.firing == {Trigger.RATE_LIMITED}
    assert player.wanted is TargetMode.LIVE
