"""How many preflights begin: a hundred at once, and then so many a second.

One integration is looked at as soon as it is applied. Ten thousand, found by a new version of the operator, must not
keep the loop and the API server busy while a provider dies. Whoever has to wait is given a place in line and comes
back when it is due: asking again and again would be the very load that this is to prevent.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Starts:
    """A bucket of starts, which fills up again.

    Attributes:
        monotonic: seconds.
        burst: how many may begin at once.
        per_second: how many more each second.
        most: how many may be under way at the same time.
    """

    monotonic: Callable[[], float]
    burst: int = 100
    per_second: float = 10.0
    most: int = 200
    _left: float | None = None
    _at: float = 0.0
    _running: int = 0

    def begin(self, *, in_line: bool = False) -> float:
        """Begins one and returns 0; or takes a place in line and returns the seconds until its turn.

        Args:
            in_line: whether it comes back at its turn.
        """
        full = self._running >= self.most
        if not in_line or full:
            wait = self._place(full=full)
            if wait > 0:
                return wait
        self._running += 1
        return 0.0

    def end(self) -> None:
        """One is over."""
        self._running -= 1

    def _place(self, *, full: bool) -> float:
        now = self.monotonic()
        filled = self.burst if self._left is None else self._left + (now - self._at) * self.per_second
        self._left, self._at = min(float(self.burst), filled) - 1, now
        return max(-self._left / self.per_second, 1.0 if full else 0.0)
