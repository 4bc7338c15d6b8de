"""How an integration stands: the one immutable input of everything that status tells.

Conditions and messages are made from this and from nothing else, so that what a person reads can be tested by a table.
"""

from dataclasses import dataclass
from datetime import datetime

from ideogram_operator.decisions.decide import Decision
from ideogram_operator.decisions.evidence import Evidence
from ideogram_operator.decisions.policy import Policy
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.words import TargetMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that keeps the integration from being ready; the message says what, where, and what to do."""

    reason: Reason
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetStanding:
    """One target as it is.

    Attributes:
        name: as in ``Deployment/storefront``.
        mode: what it is told now; ``wanted``: what it should be told.
        ready: whether its pods run with what they are told.
        at: when it was last told something; ``ready_at``: when its pods had followed.
        problem: why it is not in sync, or cannot follow.
        verified: whether the application itself says what it is told; None if it was not heard.
    """

    name: str
    mode: TargetMode
    wanted: TargetMode
    ready: bool
    at: datetime | None = None
    ready_at: datetime | None = None
    problem: Problem | None = None
    verified: bool | None = None
    message: str = ""

    @property
    def in_sync(self) -> bool:
        """Whether it is told what it should be told."""
        return self.mode is self.wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class PreflightStanding:
    """What the last preflight found.

    Attributes:
        summary: passed of those that apply: ``24/26``.
        missing: the required checks that did not pass, the failed ones first; ``failed``: how many of them failed.
    """

    summary: str
    missing: tuple[str, ...] = ()
    failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Everything that there is to tell.

    Attributes:
        problems: what keeps it from being ready, the worst first.
        spec_invalid: nothing moves until the spec is edited.
        touching: whether the operator may switch targets (not with ``mode: Observe`` or ``--read-only``).
        why_not_touching: the reason for that, None while it may.
        not_acted_on: fields that are given and that this version accepts without acting on them.
        key_at: where the key is, for hints: ``Secret shop/ideogram, key api-key``.
        host: of the API, for hints.
        paid: the newest fresh fact from a paid check; None if there is none.
        gate_missing: the required checks that have not passed while the preflight's gate is closed.
        drill_until: when the hold of the drill that is going on is over; None before it began.
        probe_note: what the probes have to say about themselves, such as a spent budget; may be empty.
        preflight: None before the first one.
    """

    policy: Policy
    decision: Decision
    now: datetime
    problems: tuple[Problem, ...] = ()
    spec_invalid: bool = False
    why_not_touching: Reason | None = None
    targets: tuple[TargetStanding, ...] = ()
    not_acted_on: tuple[str, ...] = ()
    key_at: str = "the Secret"
    host: str = "the API"
    paid: Evidence | None = None
    gate_missing: tuple[str, ...] = ()
    drill_until: datetime | None = None
    probe_note: str = ""
    preflight: PreflightStanding | None = None

    @property
    def touching(self) -> bool:
        """Whether targets may be switched."""
        return self.why_not_touching is None

    def first_problem(self) -> Problem | None:
        """Returns the worst problem."""
        return self.problems[0] if self.problems else None
