"""What is usual: the P95 over the last good answers."""

import math
from collections import deque
from typing import Final

WINDOW: Final = 100
_SHARE: Final = 0.95


class Latencies:
    """The latencies, in seconds, of the last hundred good answers."""

    __slots__ = ("_recent",)

    def __init__(self) -> None:
        self._recent: deque[float] = deque(maxlen=WINDOW)

    def add(self, seconds: float) -> None:
        """Takes one more in, and lets the oldest go."""
        self._recent.append(seconds)

    @property
    def p95(self) -> float | None:
        """Seconds within which 95 of 100 answered (nearest rank); None without any."""
        if not self._recent:
            return None
        ordered = sorted(self._recent)
        return ordered[math.ceil(_SHARE * len(ordered)) - 1]
