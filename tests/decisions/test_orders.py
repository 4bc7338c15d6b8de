"""What a person orders comes before everything, is carried out once, and ends by itself."""

import pytest

from ideogram_operator.decisions.memory import OVERRIDE
from ideogram_operator.resource.words import OverrideMode, State, TargetMode, Trigger
from tests.decisions.player import DEFAULTS, HOUR, MINUTE, NOON, SECOND, Player, fallen, manual, recovering

FORCE_FALLBACK, FORCE_LIVE, FREEZE = OverrideMode.FORCE_FALLBACK, OverrideMode.FORCE_LIVE, OverrideMode.FREEZE


@pytest.mark.parametrize("words", ["ok", "503", "blind", "no-key", "402"])
def test_a_forced_fallback_needs_no_evidence_and_heeds_none(words: str) -> None:
    player = Player()
    player.order(FORCE_FALLBACK)
    assert (player.state, player.memory.cause, player.memory.flips) == (State.FALLBACK, OVERRIDE, 1)
    player.see(f"{words} {words} {words}")
    assert player.wanted is TargetMode.FALLBACK
    assert player.memory.flips == 1
    assert player.memory.recent_flips == (), "a person's flip is not one of the operator's own"


@pytest.mark.parametrize("words", ["ok", "503", "blind", "no-key", "402"])
def test_a_forced_live_needs_no_evidence_and_heeds_none(words: str) -> None:
    player = fallen()
    player.order(FORCE_LIVE)
    assert (player.state, player.memory.flips, player.memory.hold_until) == (State.LIVE, 2, None)
    player.see(f"{words} {words} {words}")
    assert (player.state, player.wanted, player.memory.flips) == (State.LIVE, TargetMode.LIVE, 2)


def test_alerts_are_told_under_an_order_all_the_same() -> None:
    player = Player()
    player.order(FORCE_LIVE)
    player.see("503 503 503 ok ok ok")
    assert player.told == ["apiUnreachable fired", "apiUnreachable cleared"]


@pytest.mark.parametrize("words", ["503 503 503", "402", "ok", "blind"])
def test_frozen_stays_live(words: str) -> None:
    player = Player()
    player.order(FREEZE)
    player.see(words)
    assert (player.state, player.memory.flips) == (State.LIVE, 0)


def test_frozen_stays_in_fallback() -> None:
    player = fallen()
    player.order(FREEZE)
    player.last(2 * HOUR, every=MINUTE / 4)
    assert (player.state, player.decide().recovery_strength) == (State.FALLBACK, None)
    player.take_back_order()
    assert player.state is State.LIVE, "it works, and has for long"


def test_an_order_expires_by_itself() -> None:
    player = Player()
    player.order(FORCE_FALLBACK, until=NOON + HOUR)
    assert player.decide().next_in == 10 * MINUTE
    player.last(HOUR - MINUTE)
    assert player.state is State.FALLBACK
    assert player.decide().next_in <= MINUTE
    player.last(MINUTE)
    assert player.state is State.LIVE, "it worked all the while, so nothing is waited for"


def test_an_order_that_expired_long_ago_is_none() -> None:
    player = Player()
    player.order(FORCE_FALLBACK, until=NOON - SECOND)
    assert player.state is State.LIVE


def test_after_an_order_nothing_returns_on_unknown() -> None:
    player = Player()
    player.order(FORCE_FALLBACK)
    player.take_back_order()
    player.see("blind blind")
    assert player.state is State.FALLBACK
    player.see("ok ok ok")
    assert player.state is State.LIVE


def test_a_trigger_inherits_the_fallback_that_a_person_ordered() -> None:
    player = Player()
    player.order(FORCE_FALLBACK)
    player.see("503 503 503")
    assert player.memory.cause == OVERRIDE
    fired = player.now
    player.take_back_order()
    assert (player.state, player.memory.cause) == (State.FALLBACK, "apiUnreachable")
    assert player.memory.flips == 1, "the targets are told nothing new"
    assert player.memory.hold_until == fired + 5 * MINUTE, "counted from when it would have fallen back by itself"


def test_an_inherited_hold_is_not_stretched_by_a_clock_that_was_ahead() -> None:
    player = Player()
    player.order(FORCE_FALLBACK)
    player.see("503 503 503")
    player.now -= HOUR
    player.see("503")
    player.take_back_order()
    assert player.memory.hold_until == player.now + 5 * MINUTE


def test_an_inherited_fallback_waits_for_a_person_where_its_trigger_does() -> None:
    player = Player(policy=manual(DEFAULTS))
    player.order(FORCE_FALLBACK)
    player.see("503 503 503")
    player.take_back_order()
    player.wait(HOUR)
    player.see("ok ok ok ok")
    assert player.state is State.FALLBACK


def test_a_forced_live_that_ends_while_it_is_down_falls_back_at_once() -> None:
    player = fallen()
    player.order(FORCE_LIVE, until=player.now + MINUTE)
    player.see("503 503 503")
    assert player.state is State.LIVE
    player.now += MINUTE
    player.see("503")
    assert player.state is State.FALLBACK
    assert player.memory.relapses == 0, "it was a person who returned, not the API"


def test_a_forced_live_that_ends_while_nothing_is_known_waits() -> None:
    player = fallen()
    player.order(FORCE_LIVE)
    player.restart()
    player.take_back_order()
    player.see("blind")
    assert player.state is State.LIVE
    player.see("503")
    assert player.state is State.FALLBACK


def test_a_forced_live_that_ends_while_it_works_stays_live() -> None:
    player = fallen()
    player.order(FORCE_LIVE)
    player.see("ok")
    player.take_back_order()
    assert player.firing == {Trigger.API_UNREACHABLE}, "one good answer has not cleared it"
    assert player.state is State.LIVE
    player.see("ok ok")
    assert not player.firing


def test_a_forced_live_that_ends_does_not_believe_a_weak_success() -> None:
    player = fallen(words="paid:402")
    player.order(FORCE_LIVE)
    player.restart()
    player.see("ok ok ok")
    player.take_back_order()
    assert player.state is State.FALLBACK, "there is still no credit as far as anybody knows"


def test_an_order_given_in_fallback_changes_nothing() -> None:
    player = fallen()
    before = player.memory
    player.order(FORCE_FALLBACK)
    assert player.memory == before


def test_a_forced_fallback_ends_a_recovery_without_a_flip() -> None:
    player = recovering()
    player.order(FORCE_FALLBACK)
    assert (player.state, player.memory.flips) == (State.FALLBACK, 1)


def test_a_forced_live_dispels_a_suspicion_without_a_flip() -> None:
    player = Player()
    player.see("503")
    player.order(FORCE_LIVE)
    assert (player.state, player.memory.flips) == (State.LIVE, 0)


def test_one_order_after_the_other() -> None:
    player = Player()
    for mode, state in ((FORCE_FALLBACK, State.FALLBACK), (FREEZE, State.FALLBACK), (FORCE_LIVE, State.LIVE)) * 2:
        player.order(mode)
        assert player.state is state
    assert player.memory.flips == 4
