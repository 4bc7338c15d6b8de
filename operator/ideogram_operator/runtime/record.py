"""What the operator keeps in mind of one integration between two reconciles.

Nothing here is needed after a restart: memory and history come back from status, targets are read anew.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from ideogram_operator.cluster.rollout import Phase, Rollout
from ideogram_operator.decisions.decide import Decision
from ideogram_operator.decisions.drill_facts import DrillMemory
from ideogram_operator.decisions.memory import Memory
from ideogram_operator.decisions.standing import Problem
from ideogram_operator.resource.observations import PreflightStatus
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.spec import IntegrationSpec
from ideogram_operator.resource.status import Flip, IntegrationStatus
from ideogram_operator.resource.targets import Target
from ideogram_operator.resource.words import RESTORE_FINALIZER, ConditionStatus, TargetKind, TargetMode
from ideogram_operator.runtime.agenda import Key
from ideogram_operator.runtime.word import Sight, Word


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """One target by kind and name."""

    kind: TargetKind
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """An integration's metadata as it was last heard of, read or written. ``leaving``: it is being deleted."""

    version: str = ""
    finalizers: tuple[str, ...] = ()
    leaving: bool = False

    @classmethod
    def of(cls, metadata: Mapping[str, Any]) -> Self:
        """What an object's metadata says."""
        return cls(
            version=str(metadata.get("resourceVersion", "")),
            finalizers=tuple(metadata.get("finalizers") or ()),
            leaving=bool(metadata.get("deletionTimestamp")),
        )


def not_newer(version: str, than: str) -> bool:
    """Whether a resourceVersion is certainly no later than another; those of one resource are comparable numbers."""
    return version == than or (version.isdecimal() and than.isdecimal() and int(version) <= int(than))


@dataclass(slots=True, kw_only=True)
class Known:
    """One target as it was last seen or left.

    Attributes:
        wish: the entry of the spec it belongs to; None once it no longer belongs to any.
        mode: what it is told as far as this integration goes; None if it was not looked at.
        switched_at: when this operator last told it something.
        since: when it was told what it is told now.
        others: the integrations that still asked for fallback when this one last let go of it.
        put_back: when somebody else put it back, of late.
        tried: the flip and generation of the order that was last tried; ``told``: of the one last carried out.
        left_alone: the flip and generation for which it is left alone, and the conflict that is the reason.
        refused: the flip and generation of the order that could not be carried out, though the target was read.
        troubled_since: since when there is a problem; ``again_at``: when it is tried again. Monotonic clock.
        version: of the object as it was last told, be it that nothing had to be changed.
        read_at: when it was last read, on the monotonic clock.
        stale: whether something was heard of it since it was last told.
        word: what the application said of itself when it was last asked.
    """

    ref: Ref
    wish: Target | None
    mode: TargetMode | None = None
    switched_at: datetime | None = None
    since: datetime | None = None
    rollout: Rollout | None = None
    ready_at: datetime | None = None
    problem: Problem | None = None
    note: str = ""
    others: tuple[str, ...] = ()
    put_back: tuple[datetime, ...] = ()
    tried: tuple[int, int] | None = None
    told: tuple[int, int] | None = None
    left_alone: tuple[tuple[int, int], Problem] | None = None
    refused: tuple[int, int] | None = None
    troubled_since: float | None = None
    again_at: float = 0.0
    version: str = ""
    read_at: float = 0.0
    stale: bool = False
    word: Word | None = None

    @property
    def held_by_others(self) -> bool:
        """Whether it was let go, but another integration holds it still."""
        return self.mode is TargetMode.LIVE and bool(self.others)

    @property
    def ready(self) -> bool:
        """Whether its pods run with what it is told."""
        return self.rollout is None or self.rollout.phase is Phase.COMPLETE

    @property
    def following(self) -> bool:
        """Whether a rollout that this operator started is being followed."""
        return self.switched_at is not None and self.rollout is not None and self.ready_at is None

    @property
    def rolling(self) -> bool:
        """Whether its pods are being replaced right now, so that each second may bring the end of it."""
        return (
            self.following and self.rollout is not None and self.rollout.phase is Phase.PROGRESSING and not self.lagging
        )

    @property
    def lagging(self) -> bool:
        """Whether it was told, but its pods take too long or do not follow at all."""
        return self.problem is not None and self.problem.reason in {Reason.ROLLOUT_STUCK, Reason.TARGET_PAUSED}

    @property
    def waiting(self) -> bool:
        """Whether it only waits for its turn."""
        return self.problem is not None and self.problem.reason is Reason.ROLLOUT_LIMIT_REACHED

    @property
    def blocked(self) -> bool:
        """Whether all that is wrong with it is that the cluster did not answer."""
        return self.problem is not None and _passes(self.problem)

    @property
    def watched(self) -> bool:
        """Whether changes of it are to be heard at once: it is held, or its pods are still following."""
        return self.following or self.mode not in {None, TargetMode.LIVE}

    def conflict(self, version: tuple[int, int]) -> Problem | None:
        """Returns the conflict because of which the target is left alone, as long as it is about this version."""
        return self.left_alone[1] if self.left_alone is not None and self.left_alone[0] == version else None


@dataclass(slots=True, kw_only=True)
class Record:
    """One integration at work.

    Attributes:
        spec: as of ``generation``; None if that one is not valid.
        began: when this process first saw it, on the monotonic clock.
        targets: by what they are, in the order of the spec; empty until they were looked at.
        looked_at: when all targets were last read, on the monotonic clock; None asks for it.
        survey_problems: what the last look found missing beside the targets themselves.
        troubled_since: since when looks find something to mend; ``keyless_since``: since when there is no usable key.
        recalled: whether the targets that status names as held were brought onto the roster.
        unprotected: why the restore finalizer could not be set.
        told: the memory as of the last Events; ``told_problems``: the problems of targets that were told, by name.
        told_checked: whether the required checks had passed, as it was last told.
        writing: held while status is written.
        status: as last read or written; ``written_at``: when, on the monotonic clock, None if never by this process.
        reported: what the last complete report was made from; ``reported_at``: when, on the monotonic clock.
        first_generate: when the next paid check was due before this process started.
        spending_known: whether what was spent before a restart was told to the ledger.
        probe_token: the probe annotation's value that was last obeyed.
        head: of the integration, as far as is known.
        fingerprint: of the API key as last read; empty while there is no usable one.
        preflight: what the preflights have found so far; ``status`` has it as last written.
        preflight_gate: the required checks for which the gate waits; None if it is open, or there is none.
        drill: the rehearsal that is going on, and the last one; ``told_drill``: as of the last Events.
        sights: the targets as a drill last saw them; ``looks_closer``: whether one waits only for that.
        told_words: the targets of which it was told that they do not say what they were told, and what that was.
    """

    key: Key
    uid: str
    memory: Memory
    told: Memory
    status: IntegrationStatus
    began: float
    generation: int = 0
    spec: IntegrationSpec | None = None
    spec_problem: Problem | None = None
    targets: dict[Ref, Known] = field(default_factory=dict)
    looked_at: float | None = None
    survey_problems: tuple[Problem, ...] = ()
    troubled_since: float | None = None
    keyless_since: float | None = None
    recalled: bool = False
    unprotected: Problem | None = None
    told_problems: dict[str, Reason | None] = field(default_factory=dict)
    told_checked: ConditionStatus | None = None
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    written_at: float | None = None
    decision: Decision | None = None
    reported: tuple[object, ...] | None = None
    reported_at: float = 0.0
    first_generate: datetime | None = None
    spending_known: bool = False
    probe_token: str | None = None
    head: Head = field(default_factory=Head)
    fingerprint: str = ""
    preflight: PreflightStatus = field(default_factory=PreflightStatus)
    preflight_gate: tuple[str, ...] | None = None
    history: tuple[Flip, ...] = ()
    releasing_since: float | None = None
    drill: DrillMemory = field(default_factory=DrillMemory)
    told_drill: DrillMemory = field(default_factory=DrillMemory)
    sights: dict[Ref, Sight] = field(default_factory=dict)
    looks_closer: bool = False
    told_words: dict[str, TargetMode] = field(default_factory=dict)

    @property
    def finalizer(self) -> bool:
        """Whether the restore finalizer is set, as far as is known."""
        return RESTORE_FINALIZER in self.head.finalizers

    @property
    def account_known(self) -> bool:
        """Whether what was spent before this process began was told to the ledger, or there is nothing to tell."""
        return self.spending_known or self.status.probe is None or self.status.probe.spent_on is None

    def held(self) -> list[Known]:
        """Returns the targets that this integration has told to do less or nothing."""
        return [known for known in self.targets.values() if known.mode not in {None, TargetMode.LIVE}]

    def hurry(self, now: float) -> bool:
        """The cluster is back: what it could not be asked for is due now. Returns whether there is such a thing."""
        blocked = [known for known in self.targets.values() if known.blocked]
        for known in blocked:
            known.troubled_since, known.again_at = now, now
        self.troubled_since = now if self.troubled_since is not None else None
        self.keyless_since = now if self.keyless_since is not None else None
        return bool(blocked) or self.looked_at is None or any(map(_passes, self.survey_problems))

    @property
    def troubled(self) -> bool:
        """Whether a look at the targets found something that a person may be mending."""
        return bool(self.survey_problems) or any(
            known.problem is not None and not known.waiting for known in self.targets.values()
        )

    @property
    def at_ease(self) -> bool:
        """Whether there is nothing that more good news could change."""
        expecting = self.preflight_gate is not None or self.drill.phase is not None
        return self.decision is not None and self.decision.at_ease and self.surveyed and not expecting

    @property
    def surveyed(self) -> bool:
        """Whether every target was read since this process started, so that no claim of ours is unknown."""
        return self.looked_at is not None


def _passes(problem: Problem) -> bool:
    return problem.reason is Reason.CLUSTER_UNREACHABLE
