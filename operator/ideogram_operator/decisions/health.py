"""From evidence to health: what the operator believes about the API, and what it rests on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ideogram_operator.decisions.evidence import Evidence, Source
from ideogram_operator.decisions.streak import suspicion
from ideogram_operator.resource.words import Cause, Health


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What is believed, why, and the fact it rests on (None: there is no fresh one)."""

    health: Health
    cause: Cause | None
    message: str
    fact: Evidence | None


def assess(facts: Sequence[Evidence], now: datetime) -> Assessment:
    """Returns the health that the fresh facts say.

    The newest word counts, with two exceptions: a bad fact stands until one at least as strong contradicts it, and
    who has nothing to say is not asked while others do answer.
    """
    fresh = [fact for fact in facts if fact.fresh(now)]
    if not fresh:
        return _blind(facts)
    told = [fact for fact in fresh if not _silent(fact)] or fresh
    if told[-1].health is Health.UNKNOWN:
        return _from(told[-1])
    return _from(suspicion(facts, now) or told[-1])


def _silent(fact: Evidence) -> bool:
    """Whether it says nothing: a check that the API does not offer, metrics that could not be read or are too few."""
    return fact.health is Health.UNKNOWN and (fact.cause is Cause.PROBE_UNSUPPORTED or fact.source is Source.TRAFFIC)


def _from(fact: Evidence) -> Assessment:
    return Assessment(health=fact.health, cause=fact.cause, message=fact.message, fact=fact)


def _blind(facts: Sequence[Evidence]) -> Assessment:
    message = f"the last evidence is from {facts[-1].at:%H:%M:%SZ} and too old to count" if facts else "no evidence yet"
    return Assessment(health=Health.UNKNOWN, cause=Cause.STALE, message=message, fact=None)
