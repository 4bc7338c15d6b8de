"""The blast radius: how many rollouts at once, how many flips a minute, and no place that is lost for ever."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from ideogram_operator.runtime.limits import ORPHANED, BlastRadius


@dataclass
class Hand:
    """A clock that a test moves."""

    at: float = 0.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds


@pytest.fixture
def hand() -> Hand:
    return Hand()


def radius(hand: Hand, rollouts: int = 2, flips: int = 100) -> BlastRadius:
    return BlastRadius(hand, rollouts, flips)


def test_no_more_rollouts_than_allowed(hand: Hand) -> None:
    limits = radius(hand)
    assert limits.enter(("shop", "a"), rolls_out=True)
    assert limits.enter(("shop", "b"), rolls_out=True)
    assert not limits.enter(("shop", "c"), rolls_out=True)
    assert limits.rolling == 2


def test_a_finished_rollout_makes_room(hand: Hand) -> None:
    limits = radius(hand, rollouts=1)
    limits.enter(("shop", "a"), rolls_out=True)
    limits.leave(("shop", "a"))
    assert limits.enter(("shop", "b"), rolls_out=True)


def test_what_restarts_no_pods_needs_no_room(hand: Hand) -> None:
    limits = radius(hand, rollouts=1)
    limits.enter(("shop", "a"), rolls_out=True)
    assert limits.enter(("shop", "config"), rolls_out=False)
    assert limits.rolling == 1


def test_a_target_that_rolls_already_may_be_told_something_else(hand: Hand) -> None:
    limits = radius(hand, rollouts=1)
    limits.enter(("shop", "a"), rolls_out=True)
    assert limits.enter(("shop", "a"), rolls_out=True)


def test_no_more_flips_in_a_minute_than_allowed(hand: Hand) -> None:
    limits = radius(hand, rollouts=9, flips=2)
    assert limits.enter(("shop", "a"), rolls_out=False)
    hand.at = 30
    assert limits.enter(("shop", "b"), rolls_out=True)
    assert not limits.enter(("shop", "c"), rolls_out=False)
    hand.at = 61
    assert limits.enter(("shop", "c"), rolls_out=False)
    assert not limits.enter(("shop", "d"), rolls_out=False)


def test_a_rollout_that_nobody_reports_does_not_count_for_ever(hand: Hand) -> None:
    limits = radius(hand, rollouts=1)
    limits.enter(("shop", "a"), rolls_out=True)
    hand.at = 601
    assert limits.rolling == 0
    assert limits.enter(("shop", "b"), rolls_out=True)


def test_a_patch_that_was_not_taken_counts_as_nothing(hand: Hand) -> None:
    limits = radius(hand, rollouts=1, flips=1)
    ticket = limits.enter(("shop", "a"), rolls_out=True)
    assert ticket is not None
    limits.withdraw(ticket)
    assert limits.rolling == 0
    assert limits.enter(("shop", "b"), rolls_out=True)


def test_a_refused_second_patch_leaves_the_first_rollout_counted(hand: Hand) -> None:
    limits = radius(hand, rollouts=1)
    limits.enter(("shop", "a"), rolls_out=True)
    ticket = limits.enter(("shop", "a"), rolls_out=True)
    assert ticket is not None
    limits.withdraw(ticket)
    assert limits.rolling == 1


def test_a_target_that_is_refused_again_and_again_takes_no_place_from_others(hand: Hand) -> None:
    limits = radius(hand, rollouts=1)
    for second in range(100):
        hand.at = second
        ticket = limits.enter(("shop", "forbidden"), rolls_out=True)
        assert ticket is not None
        limits.withdraw(ticket)
    assert limits.enter(("shop", "b"), rolls_out=True)


def test_whether_there_is_room_can_be_asked_without_taking_it(hand: Hand) -> None:
    limits = radius(hand, rollouts=1)
    assert limits.room(("shop", "a"), rolls_out=True)
    limits.enter(("shop", "a"), rolls_out=True)
    assert limits.room(("shop", "a"), rolls_out=True)
    assert not limits.room(("shop", "b"), rolls_out=True)
    assert limits.room(("shop", "config"), rolls_out=False)


@pytest.mark.parametrize(
    ("most", "alone", "two"), [(1, 1, 1), (2, 2, 2), (4, 4, 4), (5, 4, 5), (50, 40, 48), (600, 480, 576)]
)
def test_no_namespace_takes_all_the_room(hand: Hand, most: int, alone: int, two: int) -> None:
    """Alone four fifths; whoever comes then finds some of what is left; few places are for whoever comes first."""
    for rolls_out in (True, False):
        limits = radius(hand, rollouts=most, flips=most)
        taken = sum(bool(limits.enter(("hog", number), rolls_out=rolls_out)) for number in range(most + 1))
        assert taken == alone
        taken += sum(bool(limits.enter(("other", number), rolls_out=rolls_out)) for number in range(most + 1))
        assert taken == two


def test_however_many_want_all_the_room_some_is_left(hand: Hand) -> None:
    limits = radius(hand, rollouts=50, flips=10_000)
    for number in range(200):
        for hog in range(5):
            limits.enter((f"hog-{hog}", number), rolls_out=True)
    assert limits.room(("neighbour", "web"), rolls_out=True)


def test_a_rollout_that_nobody_follows_any_more_keeps_its_place_for_a_while_only(hand: Hand) -> None:
    limits = radius(hand, rollouts=1)
    limits.enter(("shop", "a"), rolls_out=True)
    limits.orphan(("shop", "a"))
    limits.orphan(("shop", "never"))
    hand.at += ORPHANED - 1
    assert not limits.enter(("shop", "b"), rolls_out=True), "its pods are still being replaced"
    hand.at += 1
    assert limits.enter(("shop", "b"), rolls_out=True)
