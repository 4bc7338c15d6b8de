"""Whether a reconcile has anything to tell: most find that all is well, as it was ten seconds ago.

Ten thousand integrations hear of a good probe every ten seconds. To build the whole status of each, only to find that
it means the same, takes more than one processor can give; to compare what it would be made from takes little of it.
"""

from collections.abc import Sequence
from typing import Final

from ideogram_operator.decisions.standing import Standing
from ideogram_operator.resource.words import Health, State
from ideogram_operator.runtime.probing.stats import StreamStats
from ideogram_operator.runtime.record import Record

LOOK_ANYWAY: Final = 60.0
"""Seconds after which the whole status is built, whatever it is made from."""

Sight = tuple[object, ...]


def sight_of(standing: Standing, stats: Sequence[StreamStats], record: Record) -> Sight | None:
    """Returns all that gives a status its meaning while all is well; None where it is not, and every word counts."""
    decision, fact = standing.decision, standing.decision.assessment.fact
    if decision.memory.state is not State.LIVE or decision.health is not Health.HEALTHY or fact is None:
        return None
    return (
        record.generation,
        decision.memory,
        decision.wanted,
        fact.strength,
        standing.policy.overridden(standing.now),
        standing.problems,
        standing.spec_invalid,
        standing.why_not_touching,
        standing.targets,
        standing.not_acted_on,
        standing.preflight,
        standing.gate_missing,
        standing.drill_until,
        standing.probe_note,
        standing.paid,
        tuple((one.method, one.spent_today) for one in stats),
        record.preflight,
        record.drill,
        record.history,
    )
