"""The moves of the breaker: what is remembered after each of them. Whether to make them is decided elsewhere."""

from dataclasses import replace

from ideogram_operator.decisions.holds import flipped, hold_of, next_relapses
from ideogram_operator.decisions.memory import Alert, Memory
from ideogram_operator.decisions.situation import Situation
from ideogram_operator.decisions.times import later
from ideogram_operator.resource.words import State


def fall_back(situation: Situation, memory: Memory, alert: Alert) -> Memory:
    """Into fallback, because of an alert. It is the safe side: no limit of flips ever refuses it."""
    now, relapses = situation.now, next_relapses(situation.policy, memory, situation.now)
    return replace(
        flipped(memory, now),
        state=State.FALLBACK,
        since=now,
        cause=alert.trigger.value,
        detected_at=min(calling.first for calling in situation.calling),
        hold_until=later(now, hold_of(situation.policy, relapses)),
        relapses=relapses,
        returned_at=None,
        recover_token=situation.recover_token,
        restored=0,
        throttled_since=None,
    )


def inherit(situation: Situation, memory: Memory) -> Memory:
    """The fallback of a person or of the operator itself becomes a trigger's; targets are told nothing new."""
    first = situation.calling[0]
    began = min(max(first.since, memory.since), situation.now)
    relapses = next_relapses(situation.policy, memory, situation.now)
    return replace(
        memory,
        cause=first.trigger.value,
        detected_at=min(alert.first for alert in situation.calling),
        hold_until=later(began, hold_of(situation.policy, relapses)),
        relapses=relapses,
        returned_at=None,
    )


def take_back(situation: Situation, memory: Memory) -> Memory:
    """Back into fallback from a recovery that failed; a relapse if anything had been given back already."""
    now, held = situation.now, replace(memory, state=State.FALLBACK, since=situation.now)
    if not memory.restored:
        return held
    relapses = max(memory.relapses, 0) + 1
    return replace(
        flipped(held, now),
        hold_until=later(now, hold_of(situation.policy, relapses)),
        relapses=relapses,
        recover_token=situation.recover_token,
        restored=0,
    )


def give_back_first(situation: Situation, memory: Memory, restored: int) -> Memory:
    """One by one, the way back begins: the flip is counted here, once for all targets."""
    return replace(flipped(memory, situation.now), restored=restored)


def go_live(situation: Situation, memory: Memory) -> Memory:
    """Out of fallback, because the API has proven itself."""
    counted = memory if memory.restored else flipped(memory, situation.now)
    return replace(cleared(situation, counted), since=situation.now, returned_at=situation.now)


def cleared(situation: Situation, memory: Memory) -> Memory:
    """Returns the memory of a Live that has no fallback behind it; a person's word was good for that one only."""
    return replace(
        memory,
        state=State.LIVE,
        cause=None,
        detected_at=None,
        hold_until=None,
        restored=0,
        recover_token=situation.recover_token,
    )
