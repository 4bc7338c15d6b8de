"""A person's orders: they come before every rule, and even Unknown does not stand in their way.

Flips that a person ordered are numbered, but do not count against the flips that the operator may make by itself, and
leave no hold behind: the hold protects against a provider that flaps.
"""

from dataclasses import replace

from ideogram_operator.decisions.memory import OVERRIDE, WISHES, Memory
from ideogram_operator.decisions.moves import cleared
from ideogram_operator.decisions.situation import Situation
from ideogram_operator.resource.words import OverrideMode, State


def obey(order: OverrideMode, situation: Situation, memory: Memory) -> Memory:
    """Returns the memory as the order wants it; the same again once it is carried out."""
    match order:
        case OverrideMode.FORCE_FALLBACK if (
            memory.state is not State.FALLBACK or memory.restored or memory.cause in WISHES
        ):
            return _forced_fallback(situation, memory)
        case OverrideMode.FORCE_LIVE if memory.state is not State.LIVE or memory.throttled_since is not None:
            return _forced_live(situation, memory)
        case _:
            return memory


def _forced_fallback(situation: Situation, memory: Memory) -> Memory:
    told_already = memory.falling_back and not memory.restored
    return replace(
        memory,
        state=State.FALLBACK,
        since=situation.now,
        cause=OVERRIDE,
        detected_at=situation.now,
        hold_until=None,
        flips=memory.flips if told_already else memory.flips + 1,
        restored=0,
        recover_token=situation.recover_token,
        throttled_since=None,
    )


def _forced_live(situation: Situation, memory: Memory) -> Memory:
    # A suspicion is dispelled without anything being told to the targets.
    told_already = not memory.falling_back and memory.throttled_since is None
    return replace(
        cleared(situation, memory),
        since=memory.since if memory.state is State.LIVE else situation.now,
        flips=memory.flips if told_already else memory.flips + 1,
        throttled_since=None,
    )
