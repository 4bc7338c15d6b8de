"""How far the pods have followed a change of their template, as ``kubectl rollout status`` decides it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ideogram_operator.cluster import kinds
from ideogram_operator.cluster.reasons import Reason, Remark
from ideogram_operator.resource.bounded import clip
from ideogram_operator.resource.words import TargetKind

_LONGEST_QUOTE = 200
"""Bytes quoted of a workload's own condition."""


class Phase(StrEnum):
    """Complete: all pods run the template. NotRolling: they will not follow by themselves."""

    COMPLETE = "Complete"
    PROGRESSING = "Progressing"
    STUCK = "Stuck"
    NOT_ROLLING = "NotRolling"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """Where a rollout is. ``ready``: as many pods serve as are asked for, of whatever template. ``message``: told."""

    phase: Phase
    ready: bool
    message: str


def rollout(kind: TargetKind, live: Mapping[str, Any]) -> Rollout:
    """The rollout of the template that the object has now.

    A Deployment says itself when it is stuck (``progressDeadlineExceeded``). A StatefulSet or DaemonSet never does:
    it stays Progressing, and for how long that is fine is the caller's to judge.
    """
    if not kinds.shape(kind).rolls:
        return Rollout(phase=Phase.COMPLETE, ready=True, message="set; no pods to restart")
    numbers = _numbers(kind, live)
    if not numbers.observed:
        return Rollout(phase=Phase.PROGRESSING, ready=False, message="waiting for its controller to see the change")
    ready = numbers.available >= numbers.desired
    refused = _pods_refused(live)
    if stuck := _stuck(kind, live):
        return Rollout(phase=Phase.STUCK, ready=ready, message=f"{stuck}; {numbers}{refused}")
    if numbers.followed(kind):
        return Rollout(phase=Phase.COMPLETE, ready=True, message=str(numbers))
    if hindered := hindrances(kind, live):
        return Rollout(phase=Phase.NOT_ROLLING, ready=ready, message=hindered[0].message)
    return Rollout(phase=Phase.PROGRESSING, ready=ready, message=f"{numbers}{refused}")


def hindrances(kind: TargetKind, live: Mapping[str, Any]) -> tuple[Remark, ...]:
    """Why pods will not follow a change of the template; empty when they will."""
    spec = live.get("spec") or {}
    strategy = spec.get("updateStrategy") or {}
    partition = (strategy.get("rollingUpdate") or {}).get("partition") or 0
    reasons = [
        (kind is TargetKind.DEPLOYMENT and spec.get("paused") is True, "it is paused: until it is resumed"),
        (strategy.get("type") == "OnDelete", "its update strategy is OnDelete: until somebody deletes them"),
        (kind is TargetKind.STATEFUL_SET and partition > 0, f"its partition is {partition}: for those below it"),
        (kind is not TargetKind.DAEMON_SET and spec.get("replicas") == 0, "it is scaled to 0: until it is scaled up"),
    ]
    name = (live.get("metadata") or {}).get("name", "")
    text = "pods of {} {} will not follow: {}"
    found = [text.format(kind, name, why) for holds, why in reasons if holds]
    return tuple(Remark(reason=Reason.PODS_WILL_NOT_FOLLOW, message=message) for message in found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Numbers:
    observed: bool
    desired: int
    total: int
    updated: int
    available: int
    needed: int
    """How many must be updated: fewer than desired under a partition."""
    revisions_differ: bool

    def followed(self, kind: TargetKind) -> bool:
        if kind is TargetKind.DEPLOYMENT:
            return self.updated >= self.desired and self.total <= self.updated and self.available >= self.updated
        if kind is TargetKind.DAEMON_SET:
            return self.updated >= self.desired and self.available >= self.desired
        return self.available >= self.desired and self.updated >= self.needed and not self.revisions_differ

    def __str__(self) -> str:
        if self.updated < self.desired:
            return f"{self.updated} of {self.desired} pods updated"
        if self.total > self.updated:
            return f"{self.total - self.updated} old pods still there"
        return f"{self.available} of {self.desired} pods ready"


def _numbers(kind: TargetKind, live: Mapping[str, Any]) -> _Numbers:
    spec, status = live.get("spec") or {}, live.get("status") or {}
    generation = (live.get("metadata") or {}).get("generation") or 0
    if kind is TargetKind.DAEMON_SET:
        desired = int(status.get("desiredNumberScheduled") or 0)
        updated = int(status.get("updatedNumberScheduled") or 0)
        total, available = updated, int(status.get("numberAvailable") or 0)
    else:
        desired = int(spec.get("replicas", 1))
        updated = int(status.get("updatedReplicas") or 0)
        total = int(status.get("replicas") or 0)
        ready = "availableReplicas" if kind is TargetKind.DEPLOYMENT else "readyReplicas"
        available = int(status.get(ready) or 0)
    rolling = (spec.get("updateStrategy") or {}).get("rollingUpdate") or {}
    partition = int(rolling.get("partition") or 0) if kind is TargetKind.STATEFUL_SET else 0
    by_hand = (spec.get("updateStrategy") or {}).get("type") == "OnDelete"  # its currentRevision never moves on
    return _Numbers(
        observed=int(status.get("observedGeneration") or 0) >= generation,
        desired=desired,
        total=total,
        updated=updated,
        available=available,
        needed=max(0, desired - partition),
        revisions_differ=not partition
        and not by_hand
        and status.get("updateRevision") != status.get("currentRevision"),
    )


def _stuck(kind: TargetKind, live: Mapping[str, Any]) -> str:
    if kind is not TargetKind.DEPLOYMENT:
        return ""
    exceeded = _condition(live, "Progressing").get("reason") == "ProgressDeadlineExceeded"
    return "the progress deadline is exceeded" if exceeded else ""


def _pods_refused(live: Mapping[str, Any]) -> str:
    """Why no new pod can be made (a quota, an admission policy), in the words of the workload's condition."""
    failure = _condition(live, "ReplicaFailure")
    if failure.get("status") != "True":
        return ""
    return f"; no new pod can be made: {clip(str(failure.get('message') or ''), _LONGEST_QUOTE)}"


def _condition(live: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    """The workload's condition of that type; an empty one if there is none."""
    conditions = (live.get("status") or {}).get("conditions") or []
    return next((one for one in conditions if one.get("type") == kind), {})
