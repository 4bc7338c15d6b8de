"""Three rounds in ten minutes, each within two minutes of the switch: then the target is left alone."""

from datetime import datetime

import pytest

from ideogram_operator.decisions.conflict import conflicted, note_put_back
from tests.decisions.player import MINUTE, NOON, SECOND


def rounds(*minutes: float) -> tuple[datetime, ...]:
    """Put back at each of these minutes, a second after it was switched."""
    noted: tuple[datetime, ...] = ()
    for minute in minutes:
        at = NOON + minute * MINUTE
        noted = note_put_back(noted, at - SECOND, at)
    return noted


@pytest.mark.parametrize(
    ("minutes", "now", "enough"),
    [
        ((), 0, False),
        ((0,), 0, False),
        ((0, 1), 1, False),
        ((0, 1, 2), 2, True),
        ((0, 5, 10), 10, True),
        ((0, 5, 11), 11, False),
        ((0, 1, 2), 12, False),
        ((0, 1, 2, 3), 3, True),
    ],
)
def test_three_rounds_in_ten_minutes_are_enough(minutes: tuple[float, ...], now: float, enough: bool) -> None:
    assert conflicted(rounds(*minutes), NOON + now * MINUTE) is enough


def test_who_comes_after_two_minutes_does_not_argue() -> None:
    assert note_put_back((), NOON, NOON + 2 * MINUTE) != ()
    assert note_put_back((), NOON, NOON + 2 * MINUTE + SECOND) == ()


def test_what_was_not_switched_by_us_is_no_argument() -> None:
    assert note_put_back((), None, NOON) == ()


def test_old_rounds_are_forgotten() -> None:
    assert len(rounds(*range(0, 600, 1))) <= 11


def test_a_clock_that_jumps_ends_no_argument_and_starts_none() -> None:
    noted = rounds(0, 1)
    assert not conflicted(noted, NOON - 30 * MINUTE)
    assert note_put_back(noted, NOON, NOON - 30 * MINUTE) == ()
