"""After a crash: what a claim on a target says that status does not know."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ideogram_operator.decisions.adopt import adopt
from ideogram_operator.decisions.memory import OVERRIDE, Memory
from ideogram_operator.resource.words import State, Trigger
from tests.decisions.player import DEFAULTS, HOUR, MINUTE, NOON, Player, fallen, recovering

LATER = NOON + MINUTE
CAUSE = Trigger.API_UNREACHABLE.value


def found(
    memory: Memory, *, flip: int, cause: str = CAUSE, throttled: bool = False, after: timedelta = MINUTE
) -> Memory:
    return adopt(DEFAULTS, memory, flip=flip, since=NOON, cause=cause, throttled=throttled, now=NOON + after)


@pytest.mark.parametrize("flip", [0, 1, 2])
def test_a_flip_that_status_knows_changes_nothing(flip: int) -> None:
    """A claim about to be given back when the operator died must not become a new fallback."""
    memory = Memory(since=NOON, flips=2)
    assert found(memory, flip=flip) is memory


def test_what_is_adopted_is_what_the_flip_would_have_made() -> None:
    """The crash may not change anything but who remembers."""
    player = fallen()
    flipped = player.memory
    adopted = adopt(
        DEFAULTS,
        Memory(since=NOON),
        flip=flipped.flips,
        since=flipped.since,
        cause=CAUSE,
        throttled=False,
        now=player.now,
    )
    assert adopted == replace(flipped, detected_at=flipped.since, alerts=())


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
