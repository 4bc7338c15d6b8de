"""What to send so that a target is told what its claimants want: pure, and the heart of the operator.

``plan`` looks at the live object and its ledger and returns one JSON Patch: guarded by the resourceVersion that was
read, with the switch, the attribution and the baseline together. It is level-based: asked again, it sends nothing;
asked after a crash, a deploy or somebody's edit, it sends what is missing. Given back, every entry is what it was,
in its place; what others wrote meanwhile stays.

Strategic merge and server-side apply were tried and rejected: the first leaves a duplicate name on and reorders, the
second cannot put back what it took over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from ideogram_operator.cluster import kinds, remarks
from ideogram_operator.cluster.claims import LARGEST, Claim, Held, Ledger, Unreadable, Value, encode, read_ledger
from ideogram_operator.cluster.drift import who_changed
from ideogram_operator.cluster.reasons import Remark
from ideogram_operator.cluster.rollout import hindrances
from ideogram_operator.cluster.sections import Operation, Section, plan_env, plan_values, pointer
from ideogram_operator.cluster.wishes import Release, Slot, claims_after, wanted
from ideogram_operator.resource.words import FALLBACK_ANNOTATION, TargetKind


@dataclass(frozen=True, slots=True, kw_only=True)
class PutBack:
    """A switch that the operator had set and found changed. ``manager``: whoever wrote it, empty if nobody can say."""

    container: str
    name: str
    manager: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to send, and what will be true after.

    Attributes:
        operations: the RFC 6902 patch; empty: nothing to send.
        switches: whether it changes what the application is told (else only the ledger).
        rolls: whether it changes the pod template, and so restarts pods.
        claims: the claims after it, the earliest first.
        put_back: what somebody changed while it was held.
        notes: worth telling; nothing for anybody to do before the recovery.
        problems: what a person must solve; whatever could be done beside them is in the patch.
    """

    operations: tuple[Operation, ...] = ()
    switches: bool = False
    rolls: bool = False
    claims: tuple[Claim, ...] = ()
    put_back: tuple[PutBack, ...] = ()
    notes: tuple[Remark, ...] = ()
    problems: tuple[Remark, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether there is something to send."""
        return bool(self.operations)


def plan(kind: TargetKind, live: Mapping[str, Any], change: Claim | Release | None = None) -> Plan:
    """The plan for one target: with a claim made or renewed, one let go, or (None) only kept up.

    Pure, and total over whatever the API server may return and whatever stands in the annotation. An annotation that
    is not ours to understand is no baseline: a claim begins anew from what is there, a release touches nothing.
    """
    try:
        return _begin(kind, live, change)
    except ValidationError:  # more claims, entries or characters than a ledger may have
        return Plan(problems=(remarks.too_large(kind, live),))


def _begin(kind: TargetKind, live: Mapping[str, Any], change: Claim | Release | None) -> Plan:
    try:
        return _plan(kind, live, read_ledger(kind, live) or Ledger(), change)
    except Unreadable as error:
        told = remarks.unreadable(kind, live, error)
        if error.newer or not isinstance(change, Claim):
            return Plan(problems=(told,))
        anew = _plan(kind, live, Ledger(), change)
        return replace(anew, notes=(told, *anew.notes))


def _plan(kind: TargetKind, live: Mapping[str, Any], ledger: Ledger, change: Claim | Release | None) -> Plan:
    claims = claims_after(ledger.claims, change)
    sections = _sections(kind, live, ledger, wanted(kind, live, claims))
    after = Ledger(
        claims=claims,
        baseline=tuple(held for section in sections.values() for held in section.held),
        env_absent=tuple(name for name, section in sections.items() if section.absent),
    )
    problems = [*remarks.missing(kind, live, claims), *remarks.obstacles(kind, live, sections)]
    text = encode(after) if claims else None
    if text is not None and len(text.encode()) > LARGEST:
        problems.append(remarks.too_large(kind, live))
    if any(problem.reason in remarks.STOPS for problem in problems):
        return Plan(claims=ledger.claims, problems=tuple(problems))
    switching = [operation for section in sections.values() for operation in section.operations]
    rolls = bool(switching) and kinds.shape(kind).rolls
    notes = [*remarks.already(kind, live, sections), *remarks.gone(kind, live, ledger, sections)]
    return Plan(
        operations=_guarded(live, [*switching, *_bookkeeping(live, text)]),
        switches=bool(switching),
        rolls=rolls,
        claims=claims,
        put_back=_put_back(kind, live, sections),
        notes=(*notes, *(hindrances(kind, live) if rolls else ())),
        problems=tuple(problems),
    )


def _sections(
    kind: TargetKind, live: Mapping[str, Any], ledger: Ledger, values: Mapping[Slot, Value]
) -> dict[str, Section]:
    """What happens in each place: by container, or under the empty name."""
    absent = set(ledger.env_absent)
    if not kinds.shape(kind).rolls:
        key = "data" if kind is TargetKind.CONFIG_MAP else "spec"
        mine, held = _of(values, ""), _held(ledger, "")
        return {"": plan_values((key,), live.get(key), wanted=mine, held=held, absent="" in absent)}
    return {
        name: plan_env(
            (*kinds.TEMPLATE, "containers", index),
            container,
            wanted=_of(values, name),
            held=_held(ledger, name),
            absent=name in absent,
        )
        for index, container in enumerate(kinds.containers(kind, live))
        for name in [str(container.get("name", ""))]
    }


def _of(values: Mapping[Slot, Value], container: str) -> dict[str, Value]:
    return {name: value for (where, name), value in values.items() if where == container}


def _held(ledger: Ledger, container: str) -> dict[str, Held]:
    return {held.name: held for held in ledger.baseline if held.container == container}


def _bookkeeping(live: Mapping[str, Any], text: str | None) -> list[Operation]:
    annotations = (live.get("metadata") or {}).get("annotations")
    before = (annotations or {}).get(FALLBACK_ANNOTATION)
    path = pointer("metadata", "annotations", FALLBACK_ANNOTATION)
    if text == before:
        return []
    if text is None:
        return [{"op": "remove", "path": path}]
    if annotations is None:
        return [{"op": "add", "path": pointer("metadata", "annotations"), "value": {FALLBACK_ANNOTATION: text}}]
    return [{"op": "add", "path": path, "value": text}]


def _guarded(live: Mapping[str, Any], operations: Sequence[Operation]) -> tuple[Operation, ...]:
    if not operations:
        return ()
    version = (live.get("metadata") or {}).get("resourceVersion")
    return ({"op": "test", "path": "/metadata/resourceVersion", "value": version}, *operations)


def _put_back(kind: TargetKind, live: Mapping[str, Any], sections: Mapping[str, Section]) -> tuple[PutBack, ...]:
    return tuple(
        PutBack(container=container, name=name, manager=who_changed(kind, live, container=container, name=name))
        for container, section in sections.items()
        for name in section.put_back
    )
