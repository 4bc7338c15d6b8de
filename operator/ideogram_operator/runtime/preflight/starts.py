"""How many preflights begin: a hundred at once, and then so many a second.

One integration is looked at as soon as it is applied. Ten thousand, found by a new version of the operator, must not
keep the loop and the API server busy while a provider dies.
"""

from collections.abc import Callable
from dataclasses import dataclass, field


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
    _left: float = field(default=-1.0)
    _at: float = 0.0
    _running: int = 0

    def begin(self) -> float:
        """Begins one and returns 0; or returns the seconds after which to ask again."""
        now = self.monotonic()
        filled = self.burst if self._left < 0 else self._left + (now - self._at) * self.per_second
        self._left, self._at = min(float(self.burst), filled), now
        if self._left < 1:
            return (1 - self._left) / self.per_second
        if self._running >= self.most:
            return 1.0
        self._left -= 1
        self._running += 1
        return 0.0

    def end(self) -> None:
        """One is over."""
        self._running -= 1
