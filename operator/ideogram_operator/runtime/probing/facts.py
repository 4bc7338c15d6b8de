"""A stream's facts: what its probes found, as evidence, and the few of them that are kept."""

from collections import deque
from datetime import datetime, timedelta
from typing import Final

from ideogram_operator.decisions.evidence import Evidence
from ideogram_operator.ideogram.outcome import Outcome

KEPT: Final = 64


class Facts:
    """The last facts of one stream, oldest first."""

    __slots__ = ("_recent", "last")

    def __init__(self) -> None:
        self._recent: deque[Evidence] = deque(maxlen=KEPT)
        self.last: Evidence | None = None

    def add(self, outcome: Outcome, *, at: datetime, fresh_for: float) -> None:
        """Takes an outcome in as a fact of this moment, fresh for so many seconds."""
        self.last = Evidence(
            at=at,
            health=outcome.health,
            cause=outcome.cause,
            strength=outcome.method.strength,
            message=outcome.message,
            fresh_for=timedelta(seconds=fresh_for),
            http_status=outcome.http_status,
            latency=outcome.latency,
        )
        self._recent.append(self.last)

    def all(self) -> tuple[Evidence, ...]:
        """The facts that are kept."""
        return tuple(self._recent)
