"""The blast radius: how many rollouts may be in progress at once, and how many targets are switched in a minute.

One provider with an outage can ask for a restart of every pod in the cluster in the same second. The scheduler and
the image registry of that cluster should live through it.
"""

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field

from ideogram_operator.runtime.clock import Clock

MINUTE = 60.0


@dataclass(slots=True)
class BlastRadius:
    """The operator-wide limits on switching.

    Attributes:
        max_rollouts: rollouts in progress at once.
        max_flips_per_minute: targets switched within any minute.
        longest: seconds after which a rollout that nobody reported finished no longer counts.
    """

    clock: Clock
    max_rollouts: int
    max_flips_per_minute: int
    longest: float = 600.0
    _rolling: dict[Hashable, float] = field(default_factory=dict)
    _flips: deque[float] = field(default_factory=deque)

    def enter(self, target: Hashable, *, rolls_out: bool) -> bool:
        """Whether the target may be switched now; if so, it counts until ``leave``.

        Args:
            target: whatever names it.
            rolls_out: False for what restarts no pods; it counts as a flip only.
        """
        now = self.clock.monotonic()
        self._expire(now)
        if len(self._flips) >= self.max_flips_per_minute:
            return False
        if rolls_out and target not in self._rolling and len(self._rolling) >= self.max_rollouts:
            return False
        self._flips.append(now)
        if rolls_out:
            self._rolling[target] = now
        return True

    def leave(self, target: Hashable) -> None:
        """The target's rollout is over, or was never needed."""
        self._rolling.pop(target, None)

    @property
    def rolling(self) -> int:
        """How many rollouts are in progress."""
        self._expire(self.clock.monotonic())
        return len(self._rolling)

    def _expire(self, now: float) -> None:
        while self._flips and now - self._flips[0] >= MINUTE:
            self._flips.popleft()
        for target in [target for target, since in self._rolling.items() if now - since >= self.longest]:
            del self._rolling[target]
