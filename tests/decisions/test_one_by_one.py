"""``order: OneByOne``: one target at a time, while the evidence stays good; all back on a failure."""

from dataclasses import replace

import pytest

from ideogram_operator.decisions.adopt import Tale, adopt
from ideogram_operator.resource.words import OverrideMode, RestoreOrder, State, TargetMode
from tests.decisions.player import DEFAULTS, HOUR, MINUTE, Player, manual, recovering

ONE_BY_ONE = replace(DEFAULTS, order=RestoreOrder.ONE_BY_ONE)
LIVE, FALLBACK = TargetMode.LIVE, TargetMode.FALLBACK


def begun(targets: int = 3, settled: int = 0) -> Player:
    """One target given back, and so many ready."""
    player = recovering(ONE_BY_ONE, targets)
    player.see("ok ok")
    assert player.memory.restored == 1
    for ready in range(1, settled + 1):
        player.settled = ready
        player.see("ok")
    return player


def modes(player: Player) -> list[TargetMode]:
    return [player.decide().mode_of(index) for index in range(player.targets)]


def test_targets_return_one_at_a_time_as_they_settle() -> None:
    player = begun()
    assert modes(player) == [LIVE, FALLBACK, FALLBACK]
    player.see("ok ok ok")
    assert modes(player) == [LIVE, FALLBACK, FALLBACK], "the first is not ready yet"
    player.settled = 1
    player.see("ok")
    assert modes(player) == [LIVE, LIVE, FALLBACK]
    player.settled = 2
    player.see("ok")
    assert (modes(player), player.state) == ([LIVE, LIVE, LIVE], State.RECOVERING)
    player.settled = 3
    player.see("ok")
    assert (modes(player), player.state) == ([LIVE, LIVE, LIVE], State.LIVE)


def test_all_of_it_is_one_flip() -> None:
    player = begun(settled=3)
    assert player.state is State.LIVE
    assert (player.memory.flips, len(player.memory.recent_flips)) == (2, 2)


def test_a_failure_takes_all_back_and_is_a_relapse() -> None:
    player = begun(settled=1)
    player.see("503")
    assert (modes(player), player.state) == ([FALLBACK] * 3, State.FALLBACK)
    assert (player.memory.flips, player.memory.relapses) == (3, 1)
    assert player.memory.hold_until == player.now + 10 * MINUTE


def test_unknown_stops_it_and_takes_nothing_back() -> None:
    player = begun()
    player.settled = 1
    player.see("blind blind")
    assert modes(player) == [LIVE, FALLBACK, FALLBACK]
    player.see("ok")
    assert modes(player) == [LIVE, LIVE, FALLBACK]


def test_a_restart_takes_nothing_back_and_goes_on_once_it_is_proven_again() -> None:
    player = begun()
    player.settled = 1
    player.restart()
    player.see("ok ok")
    assert modes(player) == [LIVE, FALLBACK, FALLBACK]
    player.see("ok")
    assert modes(player) == [LIVE, LIVE, FALLBACK]


def test_what_was_taken_back_stays_so_though_status_did_not_hear_of_it() -> None:
    player = begun(settled=1)
    written = player.memory
    taken_back = player.see("503").memory
    player.memory = adopt(
        player.policy,
        written,
        Tale(flip=taken_back.flips, since=taken_back.since, cause="apiUnreachable"),
        player.now,
    )
    player.restart()
    assert (modes(player), player.state) == ([FALLBACK] * 3, State.FALLBACK)


def test_frozen_it_stands_still() -> None:
    player = begun()
    player.settled = 1
    player.order(OverrideMode.FREEZE)
    player.see("ok ok 503 503 503")
    assert modes(player) == [LIVE, FALLBACK, FALLBACK]
    player.take_back_order()
    assert modes(player) == [FALLBACK] * 3


@pytest.mark.parametrize(
    ("mode", "expected"), [(OverrideMode.FORCE_LIVE, LIVE), (OverrideMode.FORCE_FALLBACK, FALLBACK)]
)
def test_an_order_half_way_is_for_all_targets(mode: OverrideMode, expected: TargetMode) -> None:
    player = begun()
    player.order(mode)
    assert modes(player) == [expected] * 3


def test_a_single_target_returns_when_it_is_ready() -> None:
    player = begun(targets=1)
    assert player.state is State.RECOVERING
    player.settled = 1
    player.see("ok")
    assert player.state is State.LIVE


def test_without_targets_nothing_is_waited_for() -> None:
    player = recovering(ONE_BY_ONE, targets=0)
    player.see("ok ok")
    assert player.state is State.LIVE


def test_a_target_that_was_removed_half_way_is_not_waited_for() -> None:
    player = begun(settled=2)
    assert player.memory.restored == 3
    player.targets, player.settled = 2, 2
    player.see("ok")
    assert player.state is State.LIVE


def test_a_target_that_was_added_half_way_returns_as_well() -> None:
    player = begun(targets=2, settled=1)
    player.targets, player.settled = 3, 2
    player.see("ok")
    assert modes(player) == [LIVE] * 3


def test_a_target_that_is_not_ready_any_more_stops_the_next() -> None:
    player = begun(settled=1)
    player.settled = 0
    player.see("ok ok ok")
    assert modes(player) == [LIVE, LIVE, FALLBACK]


def test_edited_to_together_half_way_the_rest_returns_at_once() -> None:
    player = begun()
    player.edit(DEFAULTS)
    assert (player.state, player.memory.flips) == (State.LIVE, 2)


def test_what_has_begun_is_finished_though_the_flips_of_the_hour_are_spent() -> None:
    player = begun()
    player.edit(replace(ONE_BY_ONE, max_flips_per_hour=2))
    player.settled = 1
    player.see("ok")
    assert modes(player) == [LIVE, LIVE, FALLBACK]


def test_after_it_was_taken_back_a_person_is_asked_again() -> None:
    policy = replace(manual(DEFAULTS), order=RestoreOrder.ONE_BY_ONE)
    player = Player(policy=policy, targets=2)
    player.see("503 503 503")
    player.token = "go"
    player.wait(5 * MINUTE)
    player.see("ok ok ok 503")
    assert player.memory.relapses == 1
    player.wait(HOUR)
    player.see("ok ok ok ok")
    assert player.state is State.FALLBACK
