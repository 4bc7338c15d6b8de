"""Throttling: while a trigger with the action Throttle fires, targets are told to do less.

Telling them restarts their pods, so it is damped like a flip: it lasts at least one hold, and takes part in the limit
of flips per hour. Fallback does what throttling does and more, so it ends there.
"""

from dataclasses import replace

from ideogram_operator.decisions.holds import flip_room, flipped
from ideogram_operator.decisions.memory import Memory
from ideogram_operator.decisions.situation import Situation
from ideogram_operator.resource.words import Action


def throttle(situation: Situation, memory: Memory) -> Memory | None:
    """Live or Suspect, and too much is asked of the API."""
    if memory.falling_back or memory.throttled_since is not None or not _asked(situation):
        return None
    if not flip_room(situation.policy, memory, situation.now):
        return None
    return replace(flipped(memory, situation.now), throttled_since=situation.now)


def unthrottle(situation: Situation, memory: Memory) -> Memory | None:
    """Throttled long enough, and nothing asks for it any more."""
    if memory.throttled_since is None or _asked(situation):
        return None
    held = situation.now - memory.throttled_since >= situation.policy.hold
    if not held or not flip_room(situation.policy, memory, situation.now):
        return None
    return replace(flipped(memory, situation.now), throttled_since=None)


def _asked(situation: Situation) -> bool:
    return any(situation.policy.asks_for(alert.trigger, Action.THROTTLE) for alert in situation.alerts)
