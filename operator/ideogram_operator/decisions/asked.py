"""What the operator itself asks a fallback for, beside triggers and people: a rehearsal, and a gate that is closed.

Both are wishes, levels like everything here, and no evidence: they begin at once, even where nothing is known of the
API, leave no hold behind and do not count against the flips that evidence may cause. Their end is the delicate side:
what speaks against the API at that moment must not be answered by switching everything on. A trigger that calls takes
the fallback over, bad evidence keeps it until it is dispelled or confirmed, and a gate that opens waits for evidence.
Only the end of a rehearsal returns on Unknown: without it the targets would never have left Live.
"""

from dataclasses import replace

from ideogram_operator.decisions.evidence import Evidence
from ideogram_operator.decisions.memory import DRILL, OVERRIDE, PREFLIGHT, WISHES, Memory
from ideogram_operator.decisions.moves import cleared, inherit
from ideogram_operator.decisions.situation import Situation
from ideogram_operator.decisions.triggers import RULES
from ideogram_operator.resource.words import Health, State


def heed(situation: Situation, memory: Memory) -> Memory:
    """Returns the memory as the operator's own wish wants it, or as its end leaves it; the same again once done."""
    if situation.asked is None:
        ended = memory.falling_back and memory.cause in WISHES
        return _end(situation, memory) if ended else memory
    fallen = _stay(situation, memory) if memory.falling_back else _begin(situation, memory, situation.asked)
    return _claim(situation, fallen, situation.asked)


def _begin(situation: Situation, memory: Memory, asked: str) -> Memory:
    return replace(
        memory,
        state=State.FALLBACK,
        since=situation.now,
        cause=asked,
        detected_at=situation.now,
        hold_until=None,
        flips=memory.flips + 1,
        restored=0,
        recover_token=situation.recover_token,
        throttled_since=None,
    )


def _stay(situation: Situation, memory: Memory) -> Memory:
    """A recovery under way stops: what was given back already is taken back. It is no relapse, the API works."""
    if memory.state is State.FALLBACK:
        return memory
    flips = memory.flips + 1 if memory.restored else memory.flips
    return replace(memory, state=State.FALLBACK, since=situation.now, flips=flips, restored=0)


def _claim(situation: Situation, memory: Memory, asked: str) -> Memory:
    """Whose the fallback is that there is already: a trigger's stays the trigger's."""
    if asked == PREFLIGHT:
        return replace(memory, cause=PREFLIGHT) if memory.cause in {OVERRIDE, DRILL} else memory
    return inherit(situation, memory) if memory.cause in WISHES and situation.calling else memory


def _end(situation: Situation, memory: Memory) -> Memory:
    if situation.calling:
        return inherit(situation, memory)
    bad = situation.failing()
    blind = memory.cause == PREFLIGHT and situation.health is Health.UNKNOWN
    if blind or (bad is not None and not _confirmed(situation, bad)):
        return memory
    return replace(cleared(situation, memory), since=situation.now, flips=memory.flips + 1)


def _confirmed(situation: Situation, bad: Evidence) -> bool:
    """Whether a trigger fires because of it already. None of those asks for fallback, so it is nothing to wait for."""
    firing = {alert.trigger for alert in situation.alerts}
    return any(rule.trigger in firing and rule.counts(bad) for rule in RULES)
