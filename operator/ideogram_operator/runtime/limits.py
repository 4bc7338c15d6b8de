"""The blast radius: how many rollouts may be in progress at once, and how many targets are switched in a minute.

One provider with an outage can ask for a restart of every pod in the cluster in the same second. The scheduler and
the image registry of that cluster should live through it.

The limits are for all, and must not be one namespace's: a tenant who throws a switch to and fro, or whose pods never
get ready, would keep everybody else from falling back. `fairness` shares them out.
"""

import contextlib
import math
from collections import Counter, deque
from collections.abc import Hashable
from dataclasses import dataclass, field

from ideogram_operator.runtime.clock import Clock
from ideogram_operator.runtime.fairness import may_take

MINUTE = 60.0
ORPHANED = 30.0
"""Seconds for which a rollout counts whose integration is gone."""

Place = tuple[str, Hashable]
"""A namespace, and what in it is switched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """Leave to switch one target, to be withdrawn if nothing came of it.

    Attributes:
        at: when it was given; ``before``: since when the target was rolling out already, None if it was not.
    """

    target: Place
    at: float
    before: float | None


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
    _rolling: dict[Place, float] = field(default_factory=dict)
    _flips: deque[tuple[float, str]] = field(default_factory=deque)
    # How many of them are whose: asked for every target, of a thousand that wait.
    _rolling_of: Counter[str] = field(default_factory=Counter)
    _flips_of: Counter[str] = field(default_factory=Counter)
    _looked: float = -math.inf

    def room(self, target: Place, *, rolls_out: bool) -> bool:
        """Whether the target might be switched now.

        Args:
            target: its namespace, and whatever names it there.
            rolls_out: False for what restarts no pods; it counts as a flip only.
        """
        self._expire(self.clock.monotonic())
        namespace = target[0]
        if not may_take(own=self._flips_of[namespace], taken=len(self._flips), most=self.max_flips_per_minute):
            return False
        if not rolls_out or target in self._rolling:
            return True
        return may_take(own=self._rolling_of[namespace], taken=len(self._rolling), most=self.max_rollouts)

    def enter(self, target: Place, *, rolls_out: bool) -> Ticket | None:
        """Returns leave to switch the target now, None if it has to wait; a rollout counts until ``leave``."""
        if not self.room(target, rolls_out=rolls_out):
            return None
        now = self.clock.monotonic()
        ticket = Ticket(target=target, at=now, before=self._rolling.get(target))
        self._flips.append((now, target[0]))
        self._flips_of[target[0]] += 1
        if rolls_out:
            self._roll(target, now)
        return ticket

    def withdraw(self, ticket: Ticket) -> None:
        """The patch was not taken, so it counts as nothing: a target that refuses must not use up others' room."""
        with contextlib.suppress(ValueError):
            self._flips.remove((ticket.at, ticket.target[0]))
            _less(self._flips_of, ticket.target[0])
        if ticket.before is not None:
            self._roll(ticket.target, ticket.before)
        elif self._rolling.get(ticket.target) == ticket.at:
            self.leave(ticket.target)

    def leave(self, target: Place) -> None:
        """The target's rollout is over, or was never needed."""
        if self._rolling.pop(target, None) is not None:
            _less(self._rolling_of, target[0])

    def orphan(self, target: Place) -> None:
        """Nobody follows the target's rollout any more: it keeps its place for as long as most rollouts take."""
        if target in self._rolling:
            self._rolling[target] = min(self._rolling[target], self.clock.monotonic() - self.longest + ORPHANED)

    @property
    def rolling(self) -> int:
        """How many rollouts are in progress."""
        self._expire(self.clock.monotonic())
        return len(self._rolling)

    def _roll(self, target: Place, since: float) -> None:
        if target not in self._rolling:
            self._rolling_of[target[0]] += 1
        self._rolling[target] = since

    def _expire(self, now: float) -> None:
        while self._flips and now - self._flips[0][0] >= MINUTE:
            _less(self._flips_of, self._flips.popleft()[1])
        if now < self._looked + 1.0:
            return
        self._looked = now
        for target in [target for target, since in self._rolling.items() if now - since >= self.longest]:
            self.leave(target)


def _less(count: Counter[str], namespace: str) -> None:
    """One less; a namespace that has none is forgotten."""
    count[namespace] -= 1
    if not count[namespace]:
        del count[namespace]
