"""The circuit breaker: from each state, in each situation, to which state (DESIGN.md §5)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ideogram_operator.decisions.decide import Observed, decide
from ideogram_operator.decisions.memory import OVERRIDE, Memory
from ideogram_operator.resource.words import Action, State, Strength, TargetMode, Trigger
from tests.decisions.player import (
    DEFAULTS,
    HOUR,
    INTERVAL,
    MINUTE,
    NOON,
    SECOND,
    Player,
    alert,
    edited,
    facts,
    fallen,
    recovering,
)

LIVE = Memory(since=NOON - HOUR)
SUSPECT = replace(LIVE, state=State.SUSPECT)
HELD = replace(
    LIVE, state=State.FALLBACK, cause="apiUnreachable", since=NOON - MINUTE, hold_until=NOON + 4 * MINUTE, flips=1
)
OVER = replace(HELD, since=NOON - 10 * MINUTE, hold_until=NOON - 5 * MINUTE)
TRYING = replace(OVER, state=State.RECOVERING)
DOWN = (alert(Trigger.API_UNREACHABLE),)
REVOKED = (alert(Trigger.AUTH_FAILURE),)

TRANSITIONS = {
    "live, and nothing is known": (LIVE, "", State.LIVE),
    "live, and it works": (LIVE, "ok", State.LIVE),
    "live, and our network fails": (LIVE, "ok blind", State.LIVE),
    "live, and the key is missing": (LIVE, "no-key", State.LIVE),
    "live, and a first failure": (LIVE, "ok 503", State.SUSPECT),
    "live, and a first 429": (LIVE, "ok 429", State.SUSPECT),
    "live, and three failures": (LIVE, "503 503 503", State.FALLBACK),
    "live, and three failures before our network failed": (LIVE, "503 503 503 blind", State.LIVE),
    "live, and the key refused twice": (LIVE, "401 401", State.FALLBACK),
    "live, and no credit": (LIVE, "402", State.FALLBACK),
    "live, and six 429": (LIVE, "429 429 429 429 429 429", State.SUSPECT),
    "suspect, and nothing is known": (SUSPECT, "", State.SUSPECT),
    "suspect, and our network fails": (SUSPECT, "blind", State.SUSPECT),
    "suspect, and it works after all": (SUSPECT, "503 ok", State.LIVE),
    "suspect of a paid failure, and a free check works": (SUSPECT, "paid:503 ok", State.SUSPECT),
    "suspect of a paid failure, and a paid check works": (SUSPECT, "paid:503 paid:ok", State.LIVE),
    "suspect, and one more failure": (SUSPECT, "503 503", State.SUSPECT),
    "suspect, and confirmed": (SUSPECT, "503 503 503", State.FALLBACK),
    "in fallback, and nothing is known": (OVER, "", State.FALLBACK),
    "in fallback, and our network fails": (OVER, "ok blind", State.FALLBACK),
    "in fallback, the hold not over": (HELD, "ok ok ok ok", State.FALLBACK),
    "in fallback, the hold over, and still down": (OVER, "503", State.FALLBACK),
    "in fallback, the hold over, and it works once": (OVER, "ok", State.RECOVERING),
    "in fallback, the hold over, and it works often": (OVER, "ok ok ok", State.LIVE),
    "in fallback, and unreachable is about to clear": (replace(OVER, alerts=DOWN), "ok", State.RECOVERING),
    "in fallback, and unreachable clears": (replace(OVER, alerts=DOWN), "ok ok ok", State.LIVE),
    "in fallback, and the key works only weakly": (replace(OVER, alerts=REVOKED), "key:ok", State.FALLBACK),
    "in fallback, and the key works": (replace(OVER, alerts=REVOKED), "ok", State.RECOVERING),
    "recovering, and nothing is known": (TRYING, "", State.RECOVERING),
    "recovering, and our network fails": (TRYING, "ok blind", State.RECOVERING),
    "recovering, and it works for the second time": (TRYING, "ok ok", State.RECOVERING),
    "recovering, and it works for the third time": (TRYING, "ok ok ok", State.LIVE),
    "recovering, and it fails": (TRYING, "ok ok 503", State.FALLBACK),
    "recovering, and it is busy": (TRYING, "ok ok 429", State.FALLBACK),
}


@pytest.mark.parametrize(("memory", "words", "expected"), TRANSITIONS.values(), ids=TRANSITIONS)
def test_transition(memory: Memory, words: str, expected: State) -> None:
    seen = facts(words)
    decision = decide(DEFAULTS, memory, Observed(evidence=seen), seen[-1].at if seen else NOON)
    assert decision.memory.state is expected
    told = TargetMode.FALLBACK if expected in {State.FALLBACK, State.RECOVERING} else TargetMode.LIVE
    if not decision.memory.throttled_since:
        assert decision.wanted is told


@pytest.mark.parametrize("memory", [LIVE, SUSPECT, HELD, OVER, TRYING, replace(TRYING, restored=2)])
def test_a_restart_moves_nothing(memory: Memory) -> None:
    remembered = replace(memory, alerts=DOWN, recent_flips=(NOON - 2 * MINUTE,))
    decision = decide(DEFAULTS, remembered, Observed(targets=3, settled=2), NOON)
    assert decision.memory == remembered
    assert not decision.fired
    assert not decision.cleared


def test_a_fallback_tells_what_led_to_it() -> None:
    player = fallen()
    memory = player.memory
    assert (memory.cause, memory.flips, memory.recent_flips) == ("apiUnreachable", 1, (player.now,))
    assert memory.since == player.now
    assert memory.detected_at == NOON + INTERVAL, "the first failure, not the third"
    assert memory.hold_until == player.now + 5 * MINUTE


def test_a_suspicion_tells_since_when() -> None:
    player = Player()
    player.see("ok 503")
    assert (player.memory.detected_at, player.memory.since) == (player.now, player.now)
    player.see("ok")
    assert player.memory.detected_at is None


def test_goods_during_the_hold_do_not_count() -> None:
    player = fallen()
    player.last(5 * MINUTE - INTERVAL)
    assert player.state is State.FALLBACK
    assert not player.firing, "the alert may clear, the fallback stays"
    assert player.see("ok").proven == 1
    assert player.state is State.RECOVERING
    player.see("ok ok")
    assert player.state is State.LIVE


@pytest.mark.parametrize("successes", [1, 2, 20])
def test_so_many_successes_end_a_fallback(successes: int) -> None:
    player = fallen(replace(DEFAULTS, successes=successes))
    player.wait(5 * MINUTE)
    if successes > 1:
        assert player.see("ok " * (successes - 1)).proven == successes - 1
        assert player.state is State.RECOVERING
    player.see("ok")
    assert player.state is State.LIVE


def test_unknown_between_successes_holds_and_does_not_end_them() -> None:
    player = recovering()
    player.see("blind ok blind")
    assert player.state is State.RECOVERING
    player.see("ok")
    assert player.state is State.LIVE


def test_successes_that_went_stale_start_again() -> None:
    player = recovering()
    player.see("ok")
    player.wait(10 * MINUTE)
    assert player.state is State.RECOVERING
    player.see("ok ok")
    assert player.state is State.RECOVERING
    player.see("ok")
    assert player.state is State.LIVE


def test_what_a_paid_check_raised_waits_for_a_paid_check() -> None:
    player = fallen(words="paid:402")
    player.wait(5 * MINUTE)
    player.last(HOUR)
    assert player.state is State.FALLBACK
    assert player.decide().recovery_strength is Strength.GENERATE
    player.see("paid:ok ok ok")
    assert player.state is State.LIVE


def test_after_a_restart_it_still_waits_for_a_paid_check() -> None:
    player = fallen(words="paid:402")
    player.restart()
    player.wait(5 * MINUTE)
    player.last(MINUTE)
    assert player.state is State.FALLBACK, "the alert remembers how strong its evidence was"


def test_a_recovery_of_unreachable_asks_for_a_paid_check_where_one_failed() -> None:
    player = fallen(words="paid:503 503 503")
    player.restart()
    player.wait(5 * MINUTE)
    decision = player.last(MINUTE)
    assert (player.state, decision.recovery_strength) == (State.RECOVERING, Strength.GENERATE)
    player.see("paid:ok")
    assert player.state is State.LIVE


def test_nothing_is_looked_for_before_the_hold_is_over() -> None:
    player = fallen()
    assert player.decide().recovery_strength is None
    player.wait(5 * MINUTE)
    assert player.decide().recovery_strength is Strength.DRY_RUN
    assert recovering().decide().recovery_strength is Strength.DRY_RUN
    assert Player().decide().recovery_strength is None


def test_a_standing_paid_429_has_to_be_contradicted_as_well() -> None:
    player = fallen()
    player.see("paid:429")
    player.wait(5 * MINUTE)
    assert player.see("ok ok ok").recovery_strength is Strength.GENERATE
    player.see("paid:ok ok ok")
    assert player.state is State.LIVE


def test_an_action_edited_to_fallback_while_it_fires_acts_on_the_next_evidence() -> None:
    player = Player(policy=edited(DEFAULTS, Trigger.API_UNREACHABLE, action=Action.ALERT))
    player.see("503 503 503 503")
    player.edit(DEFAULTS)
    assert player.state is State.FALLBACK


def test_an_action_edited_while_nothing_is_known_waits_for_evidence() -> None:
    player = Player(policy=edited(DEFAULTS, Trigger.API_UNREACHABLE, action=Action.ALERT))
    player.see("503 503 503")
    player.restart()
    player.edit(DEFAULTS)
    assert player.state is State.SUSPECT
    player.see("blind")
    assert player.state is State.SUSPECT
    player.see("503")
    assert player.state is State.FALLBACK


def test_an_action_edited_while_it_works_again_does_not_leave_what_works() -> None:
    player = Player(policy=edited(DEFAULTS, Trigger.API_UNREACHABLE, action=Action.ALERT))
    player.see("503 503 503 ok")
    player.edit(DEFAULTS)
    assert player.state is State.LIVE
    player.see("503")
    assert player.state is State.FALLBACK


def test_an_action_edited_away_opens_the_way_back() -> None:
    player = fallen(words="401 401")
    player.wait(5 * MINUTE)
    player.see("key:ok")
    assert player.state is State.FALLBACK
    player.edit(edited(DEFAULTS, Trigger.AUTH_FAILURE, action=Action.ALERT))
    player.see("ok ok ok")
    assert player.state is State.LIVE


def test_two_alerts_at_once_are_left_only_when_both_are_over() -> None:
    player = fallen(words="401 401")
    player.see("503 503 503")
    player.wait(5 * MINUTE)
    player.see("ok")
    assert player.firing == {Trigger.API_UNREACHABLE}
    assert player.state is State.RECOVERING
    player.see("ok ok")
    assert player.state is State.LIVE


def test_a_failing_recovery_that_gave_nothing_back_is_no_flip() -> None:
    player = recovering()
    before = player.memory
    player.see("503")
    assert player.state is State.FALLBACK
    assert (player.memory.flips, player.memory.relapses) == (before.flips, before.relapses)
    assert player.memory.hold_until == before.hold_until


def test_a_paid_failure_that_cannot_be_confirmed_stays_a_suspicion() -> None:
    player = Player()
    player.see("ok paid:503")
    player.last(HOUR, every=MINUTE / 4)
    assert player.state is State.SUSPECT
    player.wait(18 * HOUR)
    player.see("ok")
    assert player.state is State.LIVE, "too old to count"


def test_an_override_is_no_cause_of_a_trigger() -> None:
    assert OVERRIDE not in {trigger.value for trigger in Trigger}


def test_a_suspicion_lasts_while_the_rate_limit_does() -> None:
    player = Player(policy=edited(DEFAULTS, Trigger.RATE_LIMITED, action=Action.ALERT))
    player.last(10 * MINUTE, "429", every=2 * SECOND)
    assert player.state is State.SUSPECT
    assert player.wait(timedelta()).wanted is TargetMode.LIVE
