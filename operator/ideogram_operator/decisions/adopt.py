"""After a crash: what the targets say counts more than what status says, where they say something newer.

A flip tells the targets first and writes status after, because seconds count. A return writes status first and gives
the targets back after. So a claim with a higher flip number than status knows is a flip that was not written down
any more; a claim with a number that status knows is one that was about to be given back, or still holds.
"""

from dataclasses import replace
from datetime import datetime

from ideogram_operator.decisions.holds import hold_of, next_relapses, recent
from ideogram_operator.decisions.memory import MOST_FLIPS, OVERRIDE, WISHES, Memory
from ideogram_operator.decisions.policy import Policy
from ideogram_operator.decisions.times import later
from ideogram_operator.resource.words import State


def adopt(
    policy: Policy, memory: Memory, *, flip: int, since: datetime, cause: str, throttled: bool, now: datetime
) -> Memory:
    """Returns the memory as it was after the flip that a claim tells of; unchanged if status knew it.

    A number that no integration ever comes to is not the operator's own: to count on from it would come to an end.

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
    if not memory.flips < flip <= MOST_FLIPS:
        return memory
    if throttled:
        if memory.falling_back:
            return memory
        return replace(memory, throttled_since=since, flips=flip, recent_flips=(*memory.recent_flips, since))
    fallen = replace(
        memory,
        state=State.FALLBACK,
        since=since,
        cause=cause,
        detected_at=since,
        hold_until=None,
        throttled_since=None,
        flips=flip,
        restored=0,
    )
    unheld = cause == OVERRIDE or cause in WISHES
    return fallen if unheld else _held(policy, memory, fallen, now)


def _held(policy: Policy, before: Memory, fallen: Memory, now: datetime) -> Memory:
    """With what the flip cost: a relapse doubles the hold, and it counts among the flips of the hour."""
    relapses = before.relapses + 1 if before.falling_back else next_relapses(policy, before, fallen.since)
    return replace(
        fallen,
        relapses=relapses,
        hold_until=later(fallen.since, hold_of(policy, relapses)),
        returned_at=None,
        recent_flips=recent((*before.recent_flips, fallen.since), now),
    )
