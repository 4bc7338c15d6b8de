"""The circuit breaker: which state follows, given what is known.

Each rule below looks at one situation and returns the memory that follows, or None if it does not apply. ``settle``
applies the first that does until none does, so the outcome is a fixed point: asked again with the same facts at the
same time, nothing moves. A person's order comes before everything, then what the operator itself asks for; and on
Unknown no rule is asked at all.
"""

from dataclasses import replace

from ideogram_operator.decisions.asked import heed
from ideogram_operator.decisions.holds import FLIP_WINDOW, flip_room, hold_over, possible
from ideogram_operator.decisions.memory import OVERRIDE, Memory
from ideogram_operator.decisions.moves import fall_back, give_back_first, go_live, inherit, take_back
from ideogram_operator.decisions.orders import obey
from ideogram_operator.decisions.situation import Rule, Situation
from ideogram_operator.decisions.throttle import throttle, unthrottle
from ideogram_operator.resource.words import Health, RestoreOrder, State

__all__ = ["FLIP_WINDOW", "RULES", "Situation", "flip_room", "hold_over", "settle"]


def settle(situation: Situation, memory: Memory) -> Memory:
    """Returns the memory in which no rule moves anything any more."""
    current = replace(possible(situation.policy, memory, situation.now), alerts=situation.alerts)
    order = situation.policy.overridden(situation.now)
    if order is not None:
        return obey(order, situation, current)
    current = heed(situation, current)
    if situation.health is Health.UNKNOWN:
        return current
    # No rule applies again before another fact was seen, so this many rounds are more than are ever needed.
    for _ in RULES:
        following = next((moved for rule in RULES if (moved := rule(situation, current)) is not None), None)
        if following is None:
            break
        current = following
    return current


def _enter_fallback(situation: Situation, memory: Memory) -> Memory | None:
    """Live or Suspect, and a trigger asks for fallback."""
    if memory.falling_back or not situation.convincing:
        return None
    return fall_back(situation, memory, situation.convincing[0])


def _become_suspicious(situation: Situation, memory: Memory) -> Memory | None:
    """Live, and something speaks against the API."""
    bad = situation.failing()
    if memory.state is not State.LIVE or bad is None:
        return None
    return replace(memory, state=State.SUSPECT, since=situation.now, detected_at=bad.at)


def _dispel_suspicion(situation: Situation, memory: Memory) -> Memory | None:
    """Suspect, and the API works after all."""
    if memory.state is not State.SUSPECT or situation.health is not Health.HEALTHY:
        return None
    return replace(memory, state=State.LIVE, since=situation.now, detected_at=None)


def _inherit(situation: Situation, memory: Memory) -> Memory | None:
    """In a fallback that a person ordered and no longer orders, and a trigger asks for it as well."""
    if memory.state is not State.FALLBACK or memory.cause != OVERRIDE or not situation.calling:
        return None
    return inherit(situation, memory)


def _give_up_recovery(situation: Situation, memory: Memory) -> Memory | None:
    """Recovering, and the API fails again; what was given back already is taken back."""
    if memory.state is not State.RECOVERING:
        return None
    if situation.failing() is None and not situation.blocked:
        return None
    return take_back(situation, memory)


def _try_recovery(situation: Situation, memory: Memory) -> Memory | None:
    """Fallback, and there is a reason to hope."""
    if memory.state is not State.FALLBACK or situation.asked is not None:
        return None
    if situation.blocked or not situation.way_open(memory):
        return None
    if not situation.good_since_hold(memory).count:
        return None
    # After a person's order there was no hold: good facts count from when it was given.
    counts_from = memory.hold_until or memory.since
    return replace(memory, state=State.RECOVERING, since=situation.now, hold_until=counts_from, restored=0)


def _restore(situation: Situation, memory: Memory) -> Memory | None:
    """Recovering, and the API has proven itself."""
    if memory.state is not State.RECOVERING or situation.calling:
        return None
    if situation.good_since_hold(memory).count < max(situation.policy.successes, 1):
        return None
    # What has begun is not stopped half-way: its flip is counted, and the one back is kept free.
    if not memory.restored and not situation.way_open(memory):
        return None
    if situation.policy.order is RestoreOrder.ONE_BY_ONE:
        return _restore_next(situation, memory)
    return go_live(situation, memory)


def _restore_next(situation: Situation, memory: Memory) -> Memory | None:
    """One target more, once those before it are ready; Live when all are."""
    if situation.settled < min(memory.restored, situation.targets):
        return None
    if situation.settled >= situation.targets:
        return go_live(situation, memory)
    following = max(situation.settled, 0) + 1
    if not memory.restored:
        return give_back_first(situation, memory, following)
    return replace(memory, restored=following)


RULES: tuple[Rule, ...] = (
    _enter_fallback,
    _become_suspicious,
    _dispel_suspicion,
    _inherit,
    _give_up_recovery,
    _try_recovery,
    _restore,
    throttle,
    unthrottle,
)
