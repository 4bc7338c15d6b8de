"""How long a fallback lasts at least, and how often the operator may change its mind."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ideogram_operator.decisions.holds import hold_of
from ideogram_operator.decisions.memory import Memory
from ideogram_operator.resource.words import Recovery, State, TargetMode, Trigger
from tests.decisions.player import DEFAULTS, HOUR, INTERVAL, MINUTE, NOON, Player, edited, fallen, manual, recovering

DOUBLING = {
    "the first time": (0, 5 * MINUTE),
    "after one relapse": (1, 10 * MINUTE),
    "after two": (2, 20 * MINUTE),
    "after three": (3, 40 * MINUTE),
    "never longer than the longest": (4, HOUR),
    "however often": (10**9, HOUR),
    "a number that cannot be": (-3, 5 * MINUTE),
}


@pytest.mark.parametrize(("relapses", "expected"), DOUBLING.values(), ids=DOUBLING)
def test_the_hold_doubles_with_each_relapse(relapses: int, expected: timedelta) -> None:
    assert hold_of(DEFAULTS, relapses) == expected


def round_trip(player: Player) -> timedelta:
    """Down, and back as soon as it is let; returns how long the targets were in fallback."""
    player.see("503 503 503")
    assert player.state is State.FALLBACK
    began = player.now
    while player.state is not State.LIVE:
        player.see("ok")
    return player.now - began


def test_a_relapse_within_the_window_is_held_twice_as_long() -> None:
    player = Player(policy=replace(DEFAULTS, max_flips_per_hour=30))
    assert [round_trip(player) // MINUTE for _ in range(5)] == [5, 10, 20, 40, 60]


def test_a_fallback_after_the_window_is_no_relapse() -> None:
    player = Player(policy=replace(DEFAULTS, max_flips_per_hour=30))
    round_trip(player)
    round_trip(player)
    player.last(HOUR + MINUTE, every=INTERVAL)
    assert round_trip(player) // MINUTE == 5


def test_a_return_counts_as_relapsed_from_once() -> None:
    player = recovering()
    player.see("ok ok")
    assert player.memory.returned_at == player.now
    player.see("503 503 503")
    assert (player.memory.relapses, player.memory.returned_at) == (1, None)


@pytest.mark.parametrize(("allowed", "returns"), [(2, 1), (3, 2), (4, 2), (6, 3)])
def test_flips_per_hour(allowed: int, returns: int) -> None:
    quick = replace(DEFAULTS, hold=timedelta(), max_hold=timedelta(), max_flips_per_hour=allowed)
    player = Player(policy=quick)
    flips = []
    for _ in range(90):
        before = player.wanted
        player.see("503 503 503 ok ok ok ok")
        if player.wanted is not before or player.memory.flips > len(flips):
            flips = [*flips, *[player.now] * (player.memory.flips - len(flips))]
    within = [flip for flip in flips if flip - flips[0] < HOUR]
    assert len(within) <= allowed
    assert player.memory.flips >= returns


def test_a_return_needs_room_for_the_fallback_that_may_follow() -> None:
    player = fallen(replace(DEFAULTS, max_flips_per_hour=2))
    fell = player.now
    player.last(HOUR - 2 * MINUTE)
    assert player.state is State.FALLBACK, "a return now would leave nothing to protect the applications with"
    assert player.decide().recovery_strength is None
    while player.state is not State.LIVE:
        player.see("ok")
    assert HOUR <= player.now - fell <= HOUR + MINUTE


def test_it_falls_back_even_when_an_edit_left_no_room() -> None:
    player = recovering()
    player.see("ok ok")
    assert player.state is State.LIVE
    player.edit(replace(player.policy, max_flips_per_hour=2))
    player.see("503 503 503")
    assert player.state is State.FALLBACK, "the safe side is never refused"


def test_flips_older_than_an_hour_are_forgotten() -> None:
    player = fallen()
    assert len(player.memory.recent_flips) == 1
    player.wait(HOUR)
    assert player.memory.recent_flips == ()


def test_a_shorter_hold_in_the_spec_counts_at_once() -> None:
    player = fallen()
    player.edit(replace(DEFAULTS, hold=MINUTE))
    player.wait(MINUTE)
    player.see("ok ok ok")
    assert player.state is State.LIVE


# -- a clock that was wrong -------------------------------------------------------------------------------------------


def test_a_clock_that_was_ahead_stretches_neither_hold_nor_hour() -> None:
    player = fallen()
    player.now -= timedelta(days=365)
    player.see("503")
    assert player.memory.hold_until == player.now + 5 * MINUTE
    assert player.memory.recent_flips == (player.now,)
    assert player.memory.since == player.now
    player.wait(5 * MINUTE)
    player.see("ok ok ok")
    assert player.state is State.LIVE


def test_after_an_order_a_clock_that_was_ahead_does_not_keep_the_fallback() -> None:
    player = Player(memory=Memory(state=State.FALLBACK, cause="override", since=NOON + timedelta(days=365)))
    player.decide()
    player.see("ok ok ok")
    assert player.state is State.LIVE


def test_a_return_in_the_future_is_no_relapse_for_ever() -> None:
    player = Player(memory=Memory(since=NOON, returned_at=NOON + timedelta(days=365)))
    player.decide()
    player.last(2 * HOUR, every=MINUTE / 4)
    player.see("503 503 503")
    assert player.memory.relapses == 0


# -- a person opens the way back --------------------------------------------------------------------------------------


def test_manual_recovery_waits_for_a_person() -> None:
    player = fallen(manual(DEFAULTS))
    player.last(2 * HOUR, every=MINUTE / 4)
    assert player.state is State.FALLBACK
    assert player.decide().recovery_strength is None
    player.token = "dana-1"
    player.see("ok")
    assert player.state is State.LIVE, "it had proven itself long before"


def test_a_person_may_speak_before_it_works() -> None:
    player = fallen(manual(DEFAULTS))
    player.token = "dana-1"
    player.wait(10 * MINUTE)
    player.see("503 ok ok")
    assert player.state is State.RECOVERING
    player.see("ok")
    assert player.state is State.LIVE


WORDS_OF_A_PERSON = {
    "the same value again is no word": ("one", "one", State.FALLBACK),
    "taking the annotation away is no word": ("one", "", State.FALLBACK),
    "a new value is a word": ("one", "two", State.LIVE),
    "a first value is a word": ("", "one", State.LIVE),
    "no value at all is no word": ("", "", State.FALLBACK),
}


@pytest.mark.parametrize(("before", "after", "expected"), WORDS_OF_A_PERSON.values(), ids=WORDS_OF_A_PERSON)
def test_the_recover_annotation(before: str, after: str, expected: State) -> None:
    player = fallen(manual(DEFAULTS), token=before)
    player.token = after
    player.wait(10 * MINUTE)
    player.see("ok ok ok")
    assert player.state is expected


def test_a_word_opens_one_way_back_only() -> None:
    player = fallen(manual(DEFAULTS))
    player.token = "one"
    player.wait(10 * MINUTE)
    player.see("ok ok ok")
    player.see("503 503 503")
    player.wait(HOUR)
    player.see("ok ok ok ok")
    assert player.state is State.FALLBACK


def test_manual_still_waits_when_the_alert_has_cleared() -> None:
    player = fallen(manual(DEFAULTS, Trigger.AUTH_FAILURE), "401 401")
    player.wait(10 * MINUTE)
    player.see("ok ok ok ok")
    assert not player.firing
    assert player.state is State.FALLBACK


def test_an_alert_that_asks_for_no_fallback_keeps_nobody_waiting() -> None:
    policy = edited(DEFAULTS, Trigger.RATE_LIMITED, recovery=Recovery.MANUAL)
    player = Player(policy=replace(policy, successes=1, max_flips_per_hour=6))
    player.see("429 429 429 429 429 429 503 503 429 503")
    assert player.state is State.FALLBACK
    player.wait(10 * MINUTE)
    player.see("ok")
    assert player.firing == {Trigger.RATE_LIMITED}
    assert player.state is State.LIVE
    assert player.wanted is TargetMode.THROTTLED


def test_edited_to_manual_while_recovering_it_waits() -> None:
    player = recovering()
    player.edit(manual(DEFAULTS))
    player.see("ok ok ok")
    assert player.state is State.RECOVERING
    player.token = "go"
    player.see("ok")
    assert player.state is State.LIVE
