"""Reading, switching and giving back one target: a live read, a plan, one guarded PATCH, and what came of it as data.

Nothing here raises ``ClusterError``: a failure is a reason and a sentence in the result, so that one target's trouble
never keeps the next from being switched.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ideogram_operator.cluster import kinds
from ideogram_operator.cluster.claims import Claim
from ideogram_operator.cluster.errors import ClusterError, Conflict, Forbidden, Gone, NotFound, Unavailable
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.cluster.reasons import Reason, Remark
from ideogram_operator.cluster.switch import Plan, PutBack, plan
from ideogram_operator.cluster.wishes import Release
from ideogram_operator.resource.words import TargetKind

TRIES = 3
"""How often a target that others are writing is read again before it is left for the next round."""

Now = Callable[[], datetime]

Allow = Callable[[Plan], bool]
"""Asked before a patch is sent; False keeps it back, for the caller's reasons."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One workload or ConfigMap, in the integration's own namespace."""

    kind: TargetKind
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A target as it is: ``live`` is None when it is not there, or (then ``failure`` says why) could not be read."""

    target: Target
    live: Mapping[str, Any] | None = None
    failure: Remark | None = None
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The targets that a spec names. ``failure``: why they are not known; ``again``: whether to ask again soon."""

    targets: tuple[Target, ...] = ()
    failure: Remark | None = None
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a target.

    Attributes:
        target: which.
        done: it is as it was asked to be, by this call or before it.
        gone: it is not there: nothing to switch, nothing to give back.
        again: it is not done for a reason that passes by itself.
        plan: what was planned last: the claims, what was put back, notes and problems.
        patched_at: when the API server took the patch; None: nothing was sent, or not taken.
        generation: of the object after it, 0 where the kind has none.
        resource_version: of the object after it.
        problems: what stands in the way, the plan's own problems included.
        live: the object as it was last seen, after the patch if one was taken; None when it is not there.
        kept_back: whether ``allow`` kept a patch back.
    """

    target: Target
    done: bool
    gone: bool = False
    again: bool = False
    plan: Plan
    patched_at: datetime | None = None
    generation: int = 0
    resource_version: str = ""
    problems: tuple[Remark, ...] = ()
    live: Mapping[str, Any] | None = None
    kept_back: bool = False

    @property
    def changed(self) -> bool:
        """Whether this call changed the target."""
        return self.patched_at is not None

    @property
    def put_back(self) -> tuple[PutBack, ...]:
        """What somebody had changed while it was held."""
        return self.plan.put_back


async def resolve(
    gateway: Gateway, kind: TargetKind, namespace: str, *, name: str = "", match_labels: Mapping[str, str] | None = None
) -> Found:
    """The targets of that name (there or not), or all with those labels, by name. No label selects nothing."""
    if name or not match_labels:
        return Found(targets=(Target(kind=kind, namespace=namespace, name=name),) if name else ())
    selector = ",".join(f"{key}={value}" for key, value in sorted(match_labels.items()))
    try:
        listing = await gateway.list(kinds.address(kind, namespace), selector=selector, metadata_only=True)
    except ClusterError as error:
        return Found(failure=explain(error), again=_passes(error))
    names = sorted(str(item["metadata"].get("name", "")) for item in listing.items)
    return Found(targets=tuple(Target(kind=kind, namespace=namespace, name=one) for one in names if one))


async def read(gateway: Gateway, target: Target) -> Reading:
    """The target as it is now."""
    try:
        return Reading(target=target, live=await gateway.get(kinds.address(target.kind, target.namespace, target.name)))
    except NotFound as error:
        return Reading(target=target, failure=explain(error))
    except ClusterError as error:
        return Reading(target=target, failure=explain(error), again=_passes(error))


async def switch(
    gateway: Gateway, target: Target, claim: Claim, *, now: Now, allow: Allow | None = None, dry_run: bool = False
) -> Outcome:
    """Put the target into what ``claim`` wants. With ``dry_run`` the API server checks the patch and keeps nothing."""
    return await _carry_out(gateway, target, claim, now=now, allow=allow, dry_run=dry_run)


async def release(
    gateway: Gateway, target: Target, integration: str, *, now: Now, allow: Allow | None = None
) -> Outcome:
    """Let go of the target for ``integration``: given back when it was the last. A target that is gone is done."""
    return await _carry_out(gateway, target, Release(integration=integration), now=now, allow=allow, dry_run=False)


def explain(error: ClusterError) -> Remark:
    """The reason and the sentence for a request that failed."""
    match error:
        case NotFound():
            reason = Reason.TARGET_NOT_FOUND
        case Forbidden():
            reason = Reason.FORBIDDEN
        case Conflict():
            reason = Reason.BUSY
        case Unavailable() | Gone():
            reason = Reason.UNAVAILABLE
        case _:
            reason = Reason.REFUSED
    return Remark(reason=reason, message=str(error))


def _passes(error: ClusterError) -> bool:
    return isinstance(error, Unavailable | Conflict | Gone)


async def _carry_out(
    gateway: Gateway, target: Target, change: Claim | Release, *, now: Now, allow: Allow | None, dry_run: bool
) -> Outcome:
    planned = Plan()
    try:
        for tried in range(TRIES):
            live = await gateway.get(kinds.address(target.kind, target.namespace, target.name))
            planned = plan(target.kind, live, change)
            if not planned.changed:
                return _outcome(target, planned, live)
            if allow is not None and not allow(planned):
                return _outcome(target, planned, live, kept_back=True)
            try:
                return await _send(gateway, target, planned, now=now, dry_run=dry_run)
            except Conflict:
                if tried == TRIES - 1:
                    raise
    except NotFound as error:
        released = isinstance(change, Release)
        return Outcome(
            target=target, done=released, gone=True, plan=Plan(), problems=() if released else (explain(error),)
        )
    except ClusterError as error:
        problems = (*planned.problems, explain(error))
        return Outcome(target=target, done=False, again=_passes(error), plan=planned, problems=problems)
    raise AssertionError("every try returns or raises")


async def _send(gateway: Gateway, target: Target, planned: Plan, *, now: Now, dry_run: bool) -> Outcome:
    where = kinds.address(target.kind, target.namespace, target.name)
    after = await gateway.json_patch(where, planned.operations, dry_run=dry_run)
    undone = plan(target.kind, after)
    if undone.switches and not dry_run:
        text = f"{target}: what was written is not what was kept: something at admission changes the switch"
        problems = (*planned.problems, Remark(reason=Reason.REFUSED, message=text))
        return _outcome(target, planned, after, patched_at=now(), problems=problems)
    return _outcome(target, planned, after, patched_at=None if dry_run else now())


def _outcome(
    target: Target,
    planned: Plan,
    live: Mapping[str, Any],
    *,
    patched_at: datetime | None = None,
    problems: tuple[Remark, ...] | None = None,
    kept_back: bool = False,
) -> Outcome:
    found = planned.problems if problems is None else problems
    metadata = live.get("metadata") or {}
    return Outcome(
        target=target,
        done=not found and not kept_back,
        plan=planned,
        patched_at=patched_at,
        generation=int(metadata.get("generation") or 0),
        resource_version=str(metadata.get("resourceVersion", "")),
        problems=found,
        live=live,
        kept_back=kept_back,
    )
