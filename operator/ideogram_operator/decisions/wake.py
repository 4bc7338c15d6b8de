"""When there is something new to decide without new evidence: clocks that run out, and facts that go stale."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from ideogram_operator.decisions.health import Assessment
from ideogram_operator.decisions.holds import FLIP_WINDOW
from ideogram_operator.decisions.memory import WISHES, Memory
from ideogram_operator.decisions.situation import Situation
from ideogram_operator.decisions.times import later

LONGEST_WAIT = timedelta(minutes=10)
A_MOMENT = timedelta(milliseconds=1)


def next_in(situation: Situation, memory: Memory, assessment: Assessment) -> timedelta:
    """Returns how long to wait before asking again: more than nothing, at most ten minutes."""
    now = situation.now
    waits = [moment - now for moment in _moments(situation, memory, assessment) if moment > now]
    return min([*waits, LONGEST_WAIT])


def _moments(situation: Situation, memory: Memory, assessment: Assessment) -> Iterator[datetime]:
    override = situation.policy.override
    if override is not None and override.until is not None:
        yield override.until
    if memory.falling_back and memory.hold_until is not None:
        yield memory.hold_until
    if memory.throttled_since is not None:
        yield later(memory.throttled_since, situation.policy.hold)
    if memory.falling_back or situation.alerts or memory.throttled_since is not None:
        yield from (later(flip, FLIP_WINDOW) for flip in memory.recent_flips)
    # The moment after what is believed now went stale, something else is believed.
    newest = situation.facts[-1:] if situation.facts else ()
    # What holds up the end of the operator's own fallback may be neither of them.
    failing = situation.failing() if memory.cause in WISHES else None
    for fact in (*newest, *(one for one in (assessment.fact, failing) if one is not None)):
        yield later(later(fact.at, fact.fresh_for), A_MOMENT)
