"""The blast radius: how many rollouts may be in progress at once, and how many targets are switched in a minute.

One provider with an outage can ask for a restart of every pod in the cluster in the same second. The scheduler and
the image registry of that cluster should live through it.

The limits are for all, and must not be one namespace's: a tenant who throws a switch to and fro, or whose pods never
get ready, would keep everybody else from falling back. `fairness` shares them out.
"""

import contextlib
from collections import deque
from collections.abc import Collection, Hashable
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

    def room(self, target: Place, *, rolls_out: bool) -> bool:
        """Whether the target might be switched now.

        Args:
            target: its namespace, and whatever names it there.
            rolls_out: False for what restarts no pods; it counts as a flip only.
        """
        self._expire(self.clock.monotonic())
        namespace = target[0]
        if not _shared([one for _, one in self._flips], namespace, most=self.max_flips_per_minute):
            return False
        if not rolls_out or target in self._rolling:
            return True
        return _shared([one for one, _ in self._rolling], namespace, most=self.max_rollouts)

    def enter(self, target: Place, *, rolls_out: bool) -> Ticket | None:
        """Returns leave to switch the target now, None if it has to wait; a rollout counts until ``leave``."""
        if not self.room(target, rolls_out=rolls_out):
            return None
        now = self.clock.monotonic()
        ticket = Ticket(target=target, at=now, before=self._rolling.get(target))
        self._flips.append((now, target[0]))
        if rolls_out:
            self._rolling[target] = now
        return ticket

    def withdraw(self, ticket: Ticket) -> None:
        """The patch was not taken, so it counts as nothing: a target that refuses must not use up others' room."""
        with contextlib.suppress(ValueError):
            self._flips.remove((ticket.at, ticket.target[0]))
        if ticket.before is not None:
            self._rolling[ticket.target] = ticket.before
        elif self._rolling.get(ticket.target) == ticket.at:
            del self._rolling[ticket.target]

    def leave(self, target: Place) -> None:
        """The target's rollout is over, or was never needed."""
        self._rolling.pop(target, None)

    def orphan(self, target: Place) -> None:
        """Nobody follows the target's rollout any more: it keeps its place for as long as most rollouts take."""
        if target in self._rolling:
            self._rolling[target] = min(self._rolling[target], self.clock.monotonic() - self.longest + ORPHANED)

    @property
    def rolling(self) -> int:
        """How many rollouts are in progress."""
        self._expire(self.clock.monotonic())
        return len(self._rolling)

    def _expire(self, now: float) -> None:
        while self._flips and now - self._flips[0][0] >= MINUTE:
            self._flips.popleft()
        for target in [target for target, since in self._rolling.items() if now - since >= self.longest]:
            del self._rolling[target]


def _shared(taken: Collection[str], namespace: str, *, most: int) -> bool:
    """Whether the namespace may take one more of ``most`` places, some of which are taken."""
    return may_take(own=sum(one == namespace for one in taken), taken=len(taken), most=most)
