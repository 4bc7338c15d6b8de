"""What a stream has been through: all that decides when it asks next.

A course never changes; every event makes a new one. Times are monotonic seconds.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

from ideogram_operator.ideogram.outcome import Outcome
from ideogram_operator.resource.words import Cause, Health

DENIED_PAUSE: Final = 600.0
"""Seconds for which a refused key is left alone (DESIGN.md §3)."""
UNSUPPORTED_PAUSE: Final = 60.0
"""Seconds after which a method that the API does not know is tried again, at most: meanwhile an outage is not seen."""
_FIRST_UNSUPPORTED_PAUSE: Final = 10.0
"""The same after the first such answer, doubling from then on: one stray 404 must not blind us for an hour."""
UNRECORDED_PAUSE: Final = 5.0
"""Seconds until a paid check whose cost could not be written down is tried again: a new integration has no status."""
LONGEST_UNRECORDED_PAUSE: Final = 60.0
_DENIALS: Final = 2


@dataclass(frozen=True, slots=True)
class Flight:
    """A probe on its way: when it was started, when it was due before jitter, and when the one before was started."""

    started: float
    nominal: float
    previous: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A stream's past.

    Attributes:
        first: when the first probe is due.
        started: when the last probe was; None before the first.
        jitter: -1 to 1, drawn for the next regular probe.
        in_flight: oldest first.
        doubts: answers in a row that were not good.
        denials: refusals of the key in a row.
        unrecorded: probes in a row that were not sent because their cost could not be written down.
        unsupported: answers in a row that said that the API does not know the method.
        cause: of the last answer; None if it was good or there is none.
        retry_at: the server asked not to be asked before.
        quiet_until: we leave it alone by ourselves; a person may ask nevertheless.
        asked: somebody asked for a probe now.
        refreshing: the key is being read again before its refusal is confirmed.
        refused_reserve, refused_until: paid probes that leave so many or more in reserve wait until then.
    """

    first: float
    started: float | None = None
    jitter: float = 0.0
    in_flight: tuple[Flight, ...] = ()
    doubts: int = 0
    denials: int = 0
    unsupported: int = 0
    unrecorded: int = 0
    cause: Cause | None = None
    retry_at: float = -math.inf
    quiet_until: float = -math.inf
    asked: bool = False
    refreshing: bool = False
    refused_reserve: int | None = None
    refused_until: float = -math.inf

    def launched(self, flight: Flight, jitter: float) -> "Course":
        """After a probe was started."""
        return replace(self, started=flight.started, jitter=jitter, in_flight=(*self.in_flight, flight), asked=False)

    def refused(self, reserve: int, until: float) -> "Course":
        """After a paid probe was not sent: none that leaves so many or more in reserve is due before ``until``."""
        return replace(self, asked=False, refused_reserve=reserve, refused_until=until)

    def affordable_again(self) -> "Course":
        """After the budget, the price or the day changed."""
        return replace(self, refused_reserve=None, refused_until=-math.inf)

    def without(self, flight: Flight) -> "Course":
        """After a probe ended, whatever came of it."""
        return replace(self, in_flight=tuple(other for other in self.in_flight if other is not flight))

    def unsent(self, flight: Flight, now: float, *, asked: bool = False) -> "Course":
        """After a probe was given up before it was sent: as if it had never been due, with a pause.

        The pause holds for somebody who asked for it, too. It doubles: a status that nobody may write is not tried
        every few seconds for ever.
        """
        until = now + min(math.ldexp(UNRECORDED_PAUSE, min(self.unrecorded, 20)), LONGEST_UNRECORDED_PAUSE)
        return replace(
            self.without(flight),
            started=flight.previous,
            quiet_until=until,
            retry_at=max(self.retry_at, until) if asked else self.retry_at,
            asked=asked,
            unrecorded=self.unrecorded + 1,
        )

    def learned(self, outcome: Outcome, now: float, confirmations: int) -> "Course":
        """After an answer, or the lack of one, was understood."""
        unsupported = self.unsupported + 1 if outcome.cause is Cause.PROBE_UNSUPPORTED else 0
        doubts = 0 if outcome.health is Health.HEALTHY or unsupported else self.doubts + 1
        denials = self.denials + 1 if outcome.cause is Cause.CREDENTIALS else 0
        quiet = -math.inf
        if unsupported:
            quiet = now + min(math.ldexp(_FIRST_UNSUPPORTED_PAUSE, min(unsupported - 1, 20)), UNSUPPORTED_PAUSE)
        elif denials >= _DENIALS:
            quiet = now + DENIED_PAUSE
        return replace(
            self,
            doubts=doubts,
            denials=denials,
            unsupported=unsupported,
            unrecorded=0,
            cause=outcome.cause,
            quiet_until=quiet,
            retry_at=self._retry_at(outcome, now, confirmed=doubts >= confirmations),
        )

    def _retry_at(self, outcome: Outcome, now: float, *, confirmed: bool) -> float:
        if outcome.retry_after is None:
            return self.retry_at
        # A provider that is down may ask for an hour; whether it is down has to be known before that.
        heeded = outcome.cause is Cause.RATE_LIMITED or confirmed
        return max(self.retry_at, now + outcome.retry_after) if heeded else self.retry_at
