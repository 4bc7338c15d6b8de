"""The little that deciding remembers from one time to the next, and that status keeps over a restart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ideogram_operator.resource.words import Severity, State, Strength, Trigger

OVERRIDE = "override"
DRILL = "drill"
PREFLIGHT = "preflight"

WISHES = frozenset({DRILL, PREFLIGHT})
"""What the operator itself asks a fallback for: a rehearsal, and a gate that is closed."""


MOST_FLIPS = 2**31
"""More than any integration ever comes to: a greater number was written by somebody else, and counts for nothing."""
MOST_RELAPSES = 1_000_000
"""More than make a difference; status must be able to hold one more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A trigger that fires.

    Attributes:
        severity: as it was told when it fired; who was told the beginning is told the end.
        since: when the fact was seen that fired it.
        first: when the first fact of its streak was seen.
        strength: only evidence at least this strong can clear it.
        value: what was counted when it fired, ``threshold``: what fired it.
        message: what was seen when it fired, for a person.
    """

    trigger: Trigger
    severity: Severity
    since: datetime
    first: datetime
    strength: Strength
    value: int
    threshold: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """The state of the breaker.

    Attributes:
        since: when the state was entered.
        cause: the trigger that led into fallback, or ``override``, ``drill``, ``preflight``.
        detected_at: when the first fact was seen of what led here.
        hold_until: recovery is not tried before.
        relapses: how many fallbacks in a row came within the relapse window.
        flips: a running number of all changes that targets were told; a target's claim carries the one that made it.
        recent_flips: times of those of the last hour that the operator decided by itself.
        returned_at: when the operator last ended a fallback by itself; None once another followed.
        recover_token: the recover annotation's value when fallback was entered; another value is a person's word.
        restored: with ``OneByOne``, how many targets have been given back.
        throttled_since: since when targets are told to do less; None while they are not, and in fallback.
        alerts: the triggers that fire.
    """

    state: State = State.LIVE
    since: datetime
    cause: str | None = None
    detected_at: datetime | None = None
    hold_until: datetime | None = None
    relapses: int = 0
    flips: int = 0
    recent_flips: tuple[datetime, ...] = ()
    returned_at: datetime | None = None
    recover_token: str = ""
    restored: int = 0
    throttled_since: datetime | None = None
    alerts: tuple[Alert, ...] = ()

    @property
    def falling_back(self) -> bool:
        """Whether targets are (or, one by one, were) told to do without the API."""
        return self.state in {State.FALLBACK, State.RECOVERING}


def missing(these: Sequence[Alert], those: Sequence[Alert]) -> tuple[Alert, ...]:
    """Returns those of the first alerts whose trigger is not among the second."""
    there = {alert.trigger for alert in those}
    return tuple(alert for alert in these if alert.trigger not in there)
