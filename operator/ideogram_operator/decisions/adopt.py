"""After a crash: what the targets say counts more than what status says, where they say something newer.

A flip tells the targets first and writes status after, because seconds count. A return writes status first and gives
the targets back after. So a claim with a higher flip number than status knows is a flip that was not written down
any more; a claim with a number that status knows is one that was about to be given back, or still holds.
"""

from dataclasses import replace
from datetime import datetime

from ideogram_operator.decisions.breaker import FLIP_WINDOW
from ideogram_operator.decisions.memory import OVERRIDE, Memory
from ideogram_operator.decisions.policy import Policy
from ideogram_operator.resource.words import State


def adopt(
    policy: Policy, memory: Memory, *, flip: int, since: datetime, cause: str, throttled: bool, now: datetime
) -> Memory:
    """Returns the memory as it was after the flip that a claim tells of; unchanged if status knew it.

    Args:
        policy: gives the hold, which begins with the flip.
        memory: as recalled from status.
        flip: the claim's flip number.
        since: when the claim was made.
        cause: the trigger the claim names.
        throttled: whether the claim asks for less rather than for fallback.
        now: a flip of the last hour counts among the recent ones.
    """
    # Also while recovering: what was given back one by one may have been taken back since.
    if flip <= memory.flips:
        return memory
    if throttled:
        return replace(memory, throttled_since=since, flips=flip, recent_flips=(*memory.recent_flips, since))
    by_itself = cause != OVERRIDE
    recent = (*memory.recent_flips, since) if by_itself and now - since < FLIP_WINDOW else memory.recent_flips
    return replace(
        memory,
        state=State.FALLBACK,
        since=since,
        cause=cause,
        detected_at=since,
        hold_until=since + policy.hold if by_itself else None,
        throttled_since=None,
        flips=flip,
        recent_flips=recent,
        restored=0,
    )
