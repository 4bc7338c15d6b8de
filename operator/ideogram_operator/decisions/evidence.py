"""Evidence: dated facts about the API, and what they say together.

A fact never changes after it was made. Facts are kept in the order in which they happened; whoever asks what
they mean gives the time, so that the same facts and the same time always mean the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ideogram_operator.resource.words import Cause, Health, Strength

SKEW = timedelta(seconds=5)
"""A clock that is put back by less is not worth forgetting anything for."""


class Source(StrEnum):
    """Who saw it: a request the operator sent, or the application's own metrics."""

    PROBE = "Probe"
    TRAFFIC = "Traffic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One dated fact.

    Attributes:
        at: when the answer (or its absence) was known, UTC.
        health: what the fact says about the API.
        cause: why it is not good; None for Healthy only.
        strength: what kind of request it rests on.
        message: one sentence for a person: ``HTTP 503 from api.ideogram.ai``; never a key, never a prompt.
        fresh_for: after this long the fact is stale: three of the intervals at which the next one is expected.
        source: probe or traffic.
        http_status: the answer's status code, None if there was no answer.
        latency: seconds until the answer or the time-out, None if nothing was sent.
    """

    at: datetime
    health: Health
    cause: Cause | None = None
    strength: Strength
    message: str
    fresh_for: timedelta
    source: Source = Source.PROBE
    http_status: int | None = None
    latency: float | None = None

    @property
    def bad(self) -> bool:
        """Whether it speaks against the API. Unknown speaks neither way."""
        return self.health is Health.DOWN or self.health is Health.DEGRADED

    @property
    def good(self) -> bool:
        """Whether it speaks for the API."""
        return self.health is Health.HEALTHY

    def fresh(self, now: datetime) -> bool:
        """Whether the fact still counts. A clock that was put back a little makes nothing stale."""
        return now - self.at <= self.fresh_for

    def possible(self, now: datetime) -> bool:
        """Whether the fact can be true: one from the future was dated by a clock that has been put right since."""
        return self.at - now <= SKEW


def possible(facts: Iterable[Evidence], now: datetime) -> tuple[Evidence, ...]:
    """Returns the facts without those that a wrong clock dated.

    After a clock that was ahead is put right, they would stay the newest word and hide every new fact, for as long
    as it was ahead.
    """
    return tuple(fact for fact in facts if fact.possible(now))
