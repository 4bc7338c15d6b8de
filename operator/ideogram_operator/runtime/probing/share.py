"""How many probes a namespace may start: what it may spend of the operator's time.

A probe costs milliseconds of the one processor that all share. A namespace with hundreds of keys, or of addresses on
an allowed host, at the least intervals there are, would leave none for the neighbour's. What is beyond its share waits
for its turn, each stream for itself, so that nothing piles up.
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Final

PER_SECOND: Final = 100.0
"""Probes a second and namespace: a thousand keys, each every ten seconds."""
BURST: Final = 300
"""So many at once, before that."""
ORDINARY: Final = 10.0
"""Seconds that a probe may wait for its answer. One that may wait longer counts as several: it is the product with the
rate that bounds how many connections are open while a provider hangs, to a thousand or so.
"""


@dataclass(slots=True, kw_only=True)
class Shares:
    """What each namespace has used.

    Attributes:
        monotonic: seconds.
    """

    monotonic: Callable[[], float]
    per_second: float = PER_SECOND
    burst: int = BURST
    _next: dict[Hashable, float] = field(default_factory=dict)

    def take(self, namespaces: Iterable[Hashable], *, timeout: float) -> float:
        """Takes a start from the share of one of those who want the probe; returns the seconds until its turn.

        Who has most left gives it: a hog that shares a key with others must not slow their probes down.

        Args:
            namespaces: of the subscribers.
            timeout: seconds that the probe may take.
        """
        now = self.monotonic()
        candidates = {one: self._next.get(one, 0.0) for one in namespaces}
        if not candidates:
            return 0.0
        payer = min(candidates, key=lambda one: candidates[one])
        earliest = now - self.burst / self.per_second
        turn = max(candidates[payer], earliest)
        self._next[payer] = turn + max(1.0, timeout / ORDINARY) / self.per_second
        if len(self._next) > len(candidates):
            self._forget(earliest)
        return max(0.0, turn - now)

    def _forget(self, earliest: float) -> None:
        """Drops a namespace that has all of its share again; the oldest entries come first to be looked at."""
        oldest = next(iter(self._next))
        used = self._next.pop(oldest)
        if used > earliest:
            self._next[oldest] = used
