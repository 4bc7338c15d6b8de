"""After a crash: what a claim on a target says that status does not know."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ideogram_operator.decisions.adopt import Tale, adopt
from ideogram_operator.decisions.memory import OVERRIDE, Memory
from ideogram_operator.resource.words import State, Trigger
from tests.decisions.player import DEFAULTS, HOUR, MINUTE, NOON, Player, fallen, recovering

LATER = NOON + MINUTE
CAUSE = Trigger.API_UNREACHABLE.value


def found(memory: Memory, *, flip: int, cause: str = CAUSE, after: timedelta = MINUTE, **more: Any) -> Memory:
    return adopt(DEFAULTS, memory, Tale(flip=flip, since=NOON, cause=cause, **more), NOON + after)


@pytest.mark.parametrize("flip", [0, 1, 2])
def test_a_flip_that_status_knows_changes_nothing(flip: int) -> None:
    """A claim about to be given back when the operator died must not become a new fallback."""
    memory = Memory(since=NOON, flips=2)
    assert found(memory, flip=flip) is memory


def test_what_is_adopted_is_what_the_flip_would_have_made() -> None:
    """The crash may not change anything but who remembers."""
    player = fallen()
    flipped = player.memory
    (alert,) = flipped.alerts
    tale = Tale(
        flip=flipped.flips,
        since=flipped.since,
        cause=CAUSE,
        alert=alert.trigger.value,
        strength=int(alert.strength),
        message=alert.message,
    )
    adopted = adopt(DEFAULTS, Memory(since=NOON), tale, player.now)
    assert adopted == replace(flipped, detected_at=flipped.since, alerts=(replace(alert, first=alert.since),))


def test_credit_that_a_paid_check_found_gone_is_not_given_back_by_a_free_one() -> None:
    """Though the flip was not written down any more: the claim tells how strong the evidence was."""
    credits_gone = Trigger.CREDITS_EXHAUSTED.value
    memory = found(Memory(since=NOON), flip=1, cause=credits_gone, alert=credits_gone, strength=3)
    player = Player(memory=memory, now=LATER)
    player.wait(DEFAULTS.hold)
    player.see("ok ok ok ok ok ok")
    assert player.state is State.FALLBACK
    player.see("paid:ok paid:ok paid:ok")
    assert player.state is State.LIVE


@pytest.mark.parametrize(("alert", "strength"), [("", 0), ("unheardOf", 2), (CAUSE, 0), (CAUSE, 7)])
def test_what_no_operator_writes_in_a_claim_makes_no_alert(alert: str, strength: int) -> None:
    adopted = found(Memory(since=NOON), flip=1, alert=alert, strength=strength)
    assert (adopted.state, adopted.alerts) == (State.FALLBACK, ())


def test_an_alert_that_status_knows_stays_as_it_was_told() -> None:
    before = replace(Memory(since=NOON), alerts=fallen().memory.alerts)
    assert found(before, flip=1, alert=CAUSE, strength=1).alerts == before.alerts


def test_a_relapse_that_was_not_written_down_is_one_all_the_same() -> None:
    before = Memory(since=NOON, flips=2, relapses=1, returned_at=NOON - MINUTE)
    adopted = found(before, flip=3)
    assert adopted.relapses == 2
    assert adopted.hold_until == NOON + 4 * DEFAULTS.hold
    assert adopted.returned_at is None


def test_a_fallback_long_after_the_last_is_no_relapse() -> None:
    before = Memory(since=NOON, flips=2, relapses=1, returned_at=NOON - 2 * HOUR)
    assert found(before, flip=3).relapses == 0


def test_the_flip_counts_against_the_hour() -> None:
    before = Memory(since=NOON, flips=2, recent_flips=(NOON - MINUTE,))
    assert found(before, flip=3).recent_flips == (NOON - MINUTE, NOON)
    assert found(before, flip=3, after=2 * HOUR).recent_flips == ()


def test_a_persons_order_leaves_no_hold_and_counts_against_nothing() -> None:
    adopted = found(Memory(since=NOON, flips=2), flip=3, cause=OVERRIDE)
    assert (adopted.state, adopted.cause) == (State.FALLBACK, OVERRIDE)
    assert adopted.hold_until is None
    assert adopted.recent_flips == ()


def test_throttling_is_adopted_as_throttling() -> None:
    adopted = found(Memory(since=NOON, flips=2), flip=3, cause="throttle", throttled=True)
    assert adopted.state is State.LIVE
    assert adopted.throttled_since == NOON
    assert adopted.flips == 3


def test_throttling_that_is_adopted_lasts_until_three_others_are_seen() -> None:
    memory = found(
        Memory(since=NOON), flip=1, cause="throttle", throttled=True, alert=Trigger.RATE_LIMITED.value, strength=2
    )
    player = Player(memory=memory, now=LATER)
    player.wait(DEFAULTS.hold)
    player.see("429 429")
    assert player.memory.flips == 1, "a restart that saw only two of them lets go of nothing"
    player.see("ok ok ok")
    assert (player.memory.throttled_since, player.memory.flips) == (None, 2)


def test_throttling_does_not_end_a_fallback() -> None:
    before = fallen().memory
    assert found(before, flip=before.flips + 2, cause="throttle", throttled=True) == before


def test_what_was_given_back_one_by_one_and_taken_back_is_not_given_back_again() -> None:
    before = replace(recovering().memory, restored=2)
    adopted = found(before, flip=before.flips + 1)
    assert adopted.state is State.FALLBACK
    assert adopted.restored == 0
    assert adopted.relapses == before.relapses + 1


def test_it_returns_as_any_other_fallback_does() -> None:
    player = Player(memory=found(Memory(since=NOON), flip=1), now=LATER)
    player.wait(DEFAULTS.hold)
    player.see("ok ok ok ok")
    assert player.state is State.LIVE
