"""When a stream asks next, and why: pure rules over its course and its subscribers' rhythm.

The bound that the rules keep (DESIGN.md §3): a hang is decided within interval + timeout + two suspectIntervals. The
worst case begins right after a good probe. The next one starts an interval later and hangs; the second of its
confirmations has to start no later than interval + two suspectIntervals. An outage that answers at once is decided by
that time too. So jitter makes a probe early and never late, and a probe counts as slow after one suspectInterval at
most, unless so much is usual: an API that takes as long as that when it is well would otherwise be asked three times
for every answer.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from ideogram_operator.resource.words import Cause
from ideogram_operator.runtime.probing.course import Course
from ideogram_operator.runtime.probing.demand import Rhythm

MOST_IN_FLIGHT: Final = 3
FRESH_INTERVALS: Final = 3
_SLOW: Final = 1.0
_SLOWNESS: Final = 5.0
_CLEARLY_SLOWER: Final = 1.5
_JITTER: Final = 0.1
_PAID_RETRY: Final = 300.0
_NETWORK_RETRY: Final = 600.0
_UNWANTED_FRESH: Final = 21_600.0


class Why(Enum):
    """What a probe is for. The value is how many paid checks it has to leave in the day's budget."""

    REGULAR = 2
    CONFIRM = 1
    RECOVER = 0

    @property
    def fresh(self) -> bool:
        """Whether it goes over a connection of its own."""
        return self is not Why.REGULAR


@dataclass(frozen=True, slots=True)
class Start:
    """A probe to start: when (monotonic seconds), why, and when it was due before jitter."""

    at: float
    why: Why
    nominal: float


def next_free(rhythm: Rhythm, course: Course, usual: float | None) -> Start | None:
    """The next start of a free stream; None: nothing before something changes.

    ``usual`` is the P95 of good answers' latencies in seconds, None while there are none.
    """
    if course.refreshing:
        return None
    if course.asked and len(course.in_flight) < MOST_IN_FLIGHT:
        return _at(course.retry_at, Why.CONFIRM)
    if course.in_flight:
        return _beside(rhythm, course, usual)
    if course.started is None:
        return _at(course.first, Why.REGULAR)
    floor = max(course.retry_at, course.quiet_until)
    if _unproven(rhythm, course) or rhythm.hurried or (rhythm.recovering and not course.doubts):
        return _at(max(course.started + rhythm.suspect_interval, floor), Why.CONFIRM)
    return _regular(rhythm, course, course.started, floor)


def next_paid(rhythm: Rhythm, course: Course) -> Start | None:
    """The next start of a paid stream; never two at once, since nobody pays twice to learn that the API is slow."""
    if course.refreshing or course.in_flight:
        return None
    if course.asked:
        return _at(course.retry_at, Why.REGULAR)
    starts = (_once_affordable(course, start) for start in _paid_starts(rhythm, course))
    return min(starts, key=lambda start: start.at, default=None)


def expected(rhythm: Rhythm, course: Course, now: float) -> float:
    """Seconds within which the next fact is expected; a fact is fresh for three times this.

    Never the suspectInterval: while probes hang, the next fact is a timeout away, and evidence of an outage must not
    go stale during the outage.
    """
    pause = max(course.retry_at, course.quiet_until) - now
    return max(rhythm.interval or _UNWANTED_FRESH, rhythm.timeout, pause)


def spread(rhythm: Rhythm) -> float:
    """Seconds by which a regular probe may be early. Never late: an outage is to be decided in time."""
    return min(_JITTER * rhythm.interval, rhythm.suspect_interval / 2)


def _at(at: float, why: Why) -> Start:
    return Start(at, why, at)


def _regular(rhythm: Rhythm, course: Course, started: float, floor: float) -> Start:
    nominal = max(started + rhythm.interval, floor)
    early = spread(rhythm) * (1 - course.jitter) / 2
    return Start(max(nominal - early, floor), Why.REGULAR, nominal)


def _unproven(rhythm: Rhythm, course: Course) -> bool:
    return 0 < course.doubts < rhythm.confirmations


def _beside(rhythm: Rhythm, course: Course, usual: float | None) -> Start | None:
    flying = len(course.in_flight)
    if flying >= MOST_IN_FLIGHT or course.doubts + flying >= rhythm.confirmations or course.started is None:
        return None
    eldest = course.in_flight[0]
    if course.started <= eldest.started:
        at = eldest.started + _slow(rhythm, usual or 0.0)
    else:
        at = course.started + rhythm.suspect_interval
        latest = eldest.nominal + 2 * rhythm.suspect_interval
        at = min(at, latest) if latest > course.started else at
    return _at(max(at, course.retry_at, course.quiet_until), Why.CONFIRM)


def _slow(rhythm: Rhythm, usual: float) -> float:
    """Seconds after which a probe is so slow that its confirmations start beside it."""
    bound = max(rhythm.suspect_interval, _CLEARLY_SLOWER * usual)
    return min(max(_SLOW, _SLOWNESS * usual), bound)


def _paid_starts(rhythm: Rhythm, course: Course) -> Iterator[Start]:
    if rhythm.interval <= 0:
        return
    floor = max(course.retry_at, course.quiet_until)
    if course.started is None:
        yield _at(max(course.first, floor), Why.REGULAR)
        return
    yield _regular(rhythm, course, course.started, floor)
    if course.cause is Cause.OWN_NETWORK:
        yield _at(max(course.started + min(rhythm.interval, _NETWORK_RETRY), floor), Why.REGULAR)
    elif _unproven(rhythm, course):
        yield _at(max(course.started + rhythm.suspect_interval, floor), Why.CONFIRM)
    if rhythm.recovering:
        yield _at(max(course.started + _retry(rhythm, course), floor), Why.RECOVER)


def _once_affordable(course: Course, start: Start) -> Start:
    refused = course.refused_reserve is not None and start.why.value >= course.refused_reserve
    return Start(max(start.at, course.refused_until), start.why, start.nominal) if refused else start


def _retry(rhythm: Rhythm, course: Course) -> float:
    """Seconds between paid recovery checks: each that fails doubles them, up to the regular interval."""
    failed = max(0, course.doubts - rhythm.confirmations)
    return min(rhythm.interval, math.ldexp(_PAID_RETRY, min(failed, 20)))
