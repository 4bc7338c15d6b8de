"""After a crash: what the targets say counts more than what status says, where they say something newer.

A flip tells the targets first and writes status after, because seconds count. A return writes status first and gives
the targets back after. So a claim with a higher flip number than status knows is a flip that was not written down
any more; a claim with a number that status knows is one that was about to be given back, or still holds.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from ideogram_operator.decisions.holds import hold_of, next_relapses, recent
from ideogram_operator.decisions.memory import MOST_FLIPS, OVERRIDE, WISHES, Alert, Memory, missing
from ideogram_operator.decisions.policy import Policy
from ideogram_operator.decisions.times import later
from ideogram_operator.resource.words import State, Strength


@dataclass(frozen=True, slots=True, kw_only=True)
class Tale:
    """What a claim on a target tells of the flip that made it.

    Attributes:
        flip: its number.
        since: when it was made.
        cause: the trigger it names.
        throttled: whether it asks for less rather than for fallback.
        alert: the trigger that fired for it; empty where none did, or it is not known.
        strength: of what that alert saw; 0 where it is not known.
        message: what was seen.
    """

    flip: int
    since: datetime
    cause: str
    throttled: bool = False
    alert: str = ""
    strength: int = 0
    message: str = ""


def adopt(policy: Policy, memory: Memory, tale: Tale, now: datetime) -> Memory:
    """Returns the memory as it was after the flip that a claim tells of; unchanged if status knew it.

    A number that no integration ever comes to is not the operator's own: to count on from it would come to an end.

    Args:
        policy: gives the hold, which begins with the flip.
        memory: as recalled from status.
        tale: what the claim tells.
        now: a flip of the last hour counts among the recent ones.
    """
    # Also while recovering: what was given back one by one may have been taken back since.
    if not memory.flips < tale.flip <= MOST_FLIPS or (tale.throttled and memory.falling_back):
        return memory
    since = tale.since
    # Without its alert, whatever works next would end what only evidence as strong as that alert's may end.
    alerts = (*memory.alerts, *missing(_alert(policy, tale), memory.alerts))
    flipped = replace(memory, flips=tale.flip, alerts=alerts)
    if tale.throttled:
        return replace(flipped, throttled_since=since, recent_flips=(*memory.recent_flips, since))
    fallen = replace(
        flipped,
        state=State.FALLBACK,
        since=since,
        cause=tale.cause,
        detected_at=since,
        hold_until=None,
        throttled_since=None,
        restored=0,
    )
    unheld = tale.cause == OVERRIDE or tale.cause in WISHES
    return fallen if unheld else _held(policy, memory, fallen, now)


def _alert(policy: Policy, tale: Tale) -> tuple[Alert, ...]:
    """The alert behind the flip, if there is one; a claim is foreign bytes, and names what it likes."""
    rule = next((rule for rule in policy.triggers if rule.trigger.value == tale.alert), None)
    strength = next((one for one in Strength if one == tale.strength), None)
    if rule is None or strength is None:
        return ()
    fired = Alert(
        trigger=rule.trigger,
        severity=rule.severity,
        since=tale.since,
        first=tale.since,
        strength=strength,
        value=rule.consecutive,
        threshold=rule.consecutive,
        message=tale.message,
    )
    return (fired,)


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
