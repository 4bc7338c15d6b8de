"""Holds and flips: how long a fallback lasts at least, and how often the operator may change its mind."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ideogram_operator.decisions.memory import Memory
from ideogram_operator.decisions.policy import Policy
from ideogram_operator.decisions.times import later, times
from ideogram_operator.resource.words import State

FLIP_WINDOW = timedelta(hours=1)

# A day's hold is the longest that the spec takes; twenty doublings of its shortest exceed even a month.
MOST_DOUBLINGS = 20


def flip_room(policy: Policy, memory: Memory, now: datetime) -> bool:
    """Whether the hour has room for a return and for the fallback that may have to follow it.

    A return that used up the last flip would leave the application without protection, so two must be free.
    """
    return len(recent(memory.recent_flips, now)) + 2 <= max(policy.max_flips_per_hour, 2)


def hold_over(memory: Memory, now: datetime) -> bool:
    """Whether recovery may be tried."""
    return memory.hold_until is None or now >= memory.hold_until


def hold_of(policy: Policy, relapses: int) -> timedelta:
    """Returns the least time in fallback after so many relapses."""
    return times(policy.hold, 1 << min(max(relapses, 0), MOST_DOUBLINGS), policy.max_hold)


def next_relapses(policy: Policy, memory: Memory, now: datetime) -> int:
    """Returns how many relapses there will have been if it falls back now."""
    returned = memory.returned_at
    relapsed = returned is not None and now - returned <= policy.relapse_window
    return max(memory.relapses, 0) + 1 if relapsed else 0


def flipped(memory: Memory, now: datetime) -> Memory:
    """Returns the memory with one more change that the operator decided by itself."""
    return replace(memory, flips=memory.flips + 1, recent_flips=(*memory.recent_flips, now))


def possible(policy: Policy, memory: Memory, now: datetime) -> Memory:
    """Returns the memory with nothing in it that cannot be, whatever was stored.

    After the clock jumped back, what was remembered lies in the future: taken at its word it would stretch a hold,
    or the hour of the flips, by as much as the clock was wrong. An edit that shortens the hold counts at once.
    """
    longest = later(now, hold_of(policy, memory.relapses))
    throttled = not memory.falling_back
    return replace(
        memory,
        since=min(memory.since, now),
        hold_until=min(memory.hold_until, longest) if memory.hold_until else None,
        returned_at=min(memory.returned_at, now) if memory.returned_at else None,
        throttled_since=min(memory.throttled_since, now) if throttled and memory.throttled_since else None,
        restored=max(memory.restored, 0) if memory.state is State.RECOVERING else 0,
        recent_flips=tuple(min(flip, now) for flip in recent(memory.recent_flips, now)),
    )


def recent(flips: Sequence[datetime], now: datetime) -> tuple[datetime, ...]:
    """Returns the flips of the last hour."""
    return tuple(flip for flip in flips if now - flip < FLIP_WINDOW)
