"""When to stop arguing with somebody who keeps putting a target back.

A GitOps tool that owns the switch would win every round and restart the pods each time. Three rounds are enough to
know; then the operator names the other side and leaves the target alone.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

QUICKLY = timedelta(minutes=2)
WINDOW = timedelta(minutes=10)
ROUNDS = 3


def note_put_back(rounds: Sequence[datetime], switched_at: datetime | None, now: datetime) -> tuple[datetime, ...]:
    """Returns the rounds of the last ten minutes, with this one if the target was put back quickly.

    Args:
        rounds: when the target was put back before.
        switched_at: when the operator last switched it; None if that is not known.
        now: when it was found put back.
    """
    recent = tuple(at for at in rounds if abs(now - at) <= WINDOW)
    quick = switched_at is not None and abs(now - switched_at) <= QUICKLY
    return (*recent, now) if quick else recent


def conflicted(rounds: Sequence[datetime], now: datetime) -> bool:
    """Whether the target was put back so often that it should be left alone."""
    return sum(1 for at in rounds if abs(now - at) <= WINDOW) >= ROUNDS
