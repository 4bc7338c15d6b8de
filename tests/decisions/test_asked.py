"""What the operator itself asks a fallback for: at once, without a hold, and with a careful end."""

from dataclasses import replace

import pytest

from ideogram_operator.decisions.adopt import Tale, adopt
from ideogram_operator.decisions.memory import DRILL, OVERRIDE, PREFLIGHT, Memory
from ideogram_operator.resource.words import Action, OverrideMode, RestoreOrder, State, Strength, TargetMode, Trigger
from tests.decisions.player import DEFAULTS, HOUR, MINUTE, NOON, Player, edited, fallen, recovering

WISHES = [DRILL, PREFLIGHT]
each = pytest.mark.parametrize("asked", WISHES)


@each
@pytest.mark.parametrize("words", ["ok", "blind", "no-key", "503"])
def test_it_falls_back_at_once_whatever_is_known(asked: str, words: str) -> None:
    player = Player()
    player.see(words)
    decision = player.wish(asked)
    assert (player.state, player.memory.cause, decision.wanted) == (State.FALLBACK, asked, TargetMode.FALLBACK)
    assert (player.memory.flips, player.memory.hold_until, player.memory.recent_flips) == (1, None, ())
    assert decision.recovery_strength is None


@each
def test_it_returns_at_once_when_it_is_no_longer_asked_for(asked: str) -> None:
    player = Player()
    player.see("ok")
    player.wish(asked)
    player.see("ok")
    player.wish(None)
    assert (player.state, player.memory.cause, player.memory.flips) == (State.LIVE, None, 2)
    assert (player.memory.recent_flips, player.memory.returned_at) == ((), None)


@each
def test_nothing_returns_while_it_is_asked_for(asked: str) -> None:
    player = Player()
    player.wish(asked)
    player.last(2 * HOUR, every=MINUTE)
    assert (player.state, player.memory.flips) == (State.FALLBACK, 1)


def test_the_end_of_a_drill_returns_on_unknown_and_the_end_of_a_gate_does_not() -> None:
    for asked, state in ((DRILL, State.LIVE), (PREFLIGHT, State.FALLBACK)):
        player = Player()
        player.wish(asked)
        player.see("blind")
        player.wish(None)
        assert player.state is state
        player.see("ok")
        assert player.state is State.LIVE


@each
def test_fresh_bad_evidence_keeps_it_until_it_is_dispelled(asked: str) -> None:
    player = Player()
    player.see("ok")
    player.wish(asked)
    player.see("503")
    decision = player.wish(None)
    assert (player.state, player.memory.cause) == (State.FALLBACK, asked)
    assert decision.recovery_strength is Strength.DRY_RUN, "somebody has to ask"
    player.see("ok")
    assert (player.state, player.memory.flips) == (State.LIVE, 2)


@each
def test_bad_evidence_that_is_confirmed_makes_it_the_triggers(asked: str) -> None:
    player = Player()
    player.see("ok")
    player.wish(asked)
    player.see("503")
    player.wish(None)
    player.see("503 503")
    assert (player.state, player.memory.cause, player.memory.flips) == (State.FALLBACK, "apiUnreachable", 1)
    assert player.memory.hold_until == player.now + DEFAULTS.hold


@each
def test_bad_evidence_that_is_forgotten_holds_nothing_up(asked: str) -> None:
    player = Player()
    player.wish(asked)
    player.see("503")
    decision = player.wish(None)
    assert decision.next_in <= MINUTE
    player.see("404", every=40 * (MINUTE / 60))
    assert player.state is (State.LIVE if asked == DRILL else State.FALLBACK)


def test_bad_evidence_on_which_its_trigger_only_alerts_is_nothing_to_wait_for() -> None:
    player = Player(policy=edited(DEFAULTS, Trigger.API_UNREACHABLE, action=Action.ALERT))
    player.see("ok")
    player.wish(DRILL)
    player.see("503 503 503")
    player.wish(None)
    assert player.state is State.SUSPECT
    assert player.wanted is TargetMode.LIVE


def test_a_rate_limit_that_ends_a_drill_throttles() -> None:
    player = Player()
    player.wish(DRILL)
    player.see(" ".join(["429"] * 6))
    player.wish(None)
    assert (player.state, player.wanted) == (State.SUSPECT, TargetMode.THROTTLED)


def test_a_trigger_that_calls_inherits_a_drill_while_it_goes_on() -> None:
    player = Player()
    player.wish(DRILL)
    player.see("503 503 503")
    assert (player.memory.cause, player.memory.flips) == ("apiUnreachable", 1)
    player.wish(None)
    assert player.state is State.FALLBACK


def test_a_drill_that_begins_while_a_trigger_calls_is_the_triggers() -> None:
    player = Player(policy=edited(DEFAULTS, Trigger.API_UNREACHABLE, action=Action.ALERT))
    player.see("503 503 503")
    player.policy = DEFAULTS
    player.wish(DRILL)
    assert (player.memory.cause, player.memory.flips) == ("apiUnreachable", 1)


def test_nothing_inherits_a_fallback_behind_a_closed_gate() -> None:
    player = Player()
    player.wish(PREFLIGHT)
    player.see("503 503 503")
    assert (player.memory.cause, player.firing) == (PREFLIGHT, {Trigger.API_UNREACHABLE})
    player.wish(None)
    assert (player.memory.cause, player.state) == ("apiUnreachable", State.FALLBACK)


def test_a_gate_that_closes_on_a_triggers_fallback_leaves_it_the_triggers() -> None:
    player = fallen()
    player.wish(PREFLIGHT)
    assert (player.memory.cause, player.memory.flips) == ("apiUnreachable", 1)
    player.wait(DEFAULTS.hold)
    player.see("ok ok ok ok ok")
    assert player.state is State.FALLBACK
    player.wish(None)
    player.see("ok")
    assert player.state is State.LIVE


def test_a_gate_that_closes_stops_a_recovery_without_making_it_a_relapse() -> None:
    player = recovering()
    player.wish(PREFLIGHT)
    assert (player.state, player.memory.flips, player.memory.relapses) == (State.FALLBACK, 1, 0)


def test_a_gate_that_closes_takes_back_what_was_given_back_one_by_one() -> None:
    player = recovering(replace(DEFAULTS, order=RestoreOrder.ONE_BY_ONE), targets=3)
    player.see("ok ok")
    before = player.memory
    assert before.restored == 1
    player.wish(PREFLIGHT)
    assert (player.state, player.memory.restored, player.memory.flips) == (State.FALLBACK, 0, before.flips + 1)
    assert player.memory.recent_flips == before.recent_flips


def test_a_persons_word_beats_the_gate() -> None:
    player = Player()
    player.wish(PREFLIGHT)
    player.order(OverrideMode.FORCE_LIVE)
    assert player.wanted is TargetMode.LIVE
    player.take_back_order()
    assert (player.wanted, player.memory.cause) == (TargetMode.FALLBACK, PREFLIGHT)


@each
def test_a_forced_fallback_is_the_persons_from_then_on(asked: str) -> None:
    player = Player()
    player.wish(asked)
    player.order(OverrideMode.FORCE_FALLBACK)
    assert (player.memory.cause, player.memory.flips) == (OVERRIDE, 1)
    player.wish(None)
    player.take_back_order()
    player.see("blind")
    assert player.state is State.FALLBACK, "after an order nothing returns on unknown"


def test_an_order_that_ends_behind_a_closed_gate_leaves_the_gate() -> None:
    player = Player()
    player.wish(PREFLIGHT)
    player.order(OverrideMode.FORCE_FALLBACK)
    player.take_back_order()
    assert (player.memory.cause, player.memory.flips) == (PREFLIGHT, 1)


def test_a_drill_that_met_a_closing_gate_is_the_gates() -> None:
    player = Player()
    player.wish(DRILL)
    player.wish(PREFLIGHT)
    assert (player.memory.cause, player.memory.flips) == (PREFLIGHT, 1)


def test_a_drill_ends_a_throttling_and_a_suspicion() -> None:
    player = Player()
    player.see(" ".join(["429"] * 6))
    player.wish(DRILL)
    assert (player.state, player.wanted, player.memory.throttled_since) == (State.FALLBACK, TargetMode.FALLBACK, None)


def test_a_drill_makes_no_relapse_of_the_next_fallback() -> None:
    player = Player()
    player.see("ok")
    player.wish(DRILL)
    player.see("ok")
    player.wish(None)
    player.see("503 503 503")
    assert (player.state, player.memory.relapses) == (State.FALLBACK, 0)


@each
def test_a_claim_that_a_crash_left_behind_gets_no_hold(asked: str) -> None:
    adopted = adopt(DEFAULTS, Memory(since=NOON, flips=2), Tale(flip=3, since=NOON, cause=asked), NOON + MINUTE)
    assert (adopted.state, adopted.cause, adopted.flips) == (State.FALLBACK, asked, 3)
    assert (adopted.hold_until, adopted.recent_flips) == (None, ())
