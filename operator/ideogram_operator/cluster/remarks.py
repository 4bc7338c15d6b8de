"""The sentences of a plan: what a person must solve, and what is worth telling."""

from collections.abc import Mapping, Sequence
from typing import Any

from ideogram_operator.cluster import kinds
from ideogram_operator.cluster.claims import LARGEST, MOST_CLAIMS, Claim, Ledger, Unreadable
from ideogram_operator.cluster.drift import owners
from ideogram_operator.cluster.reasons import Reason, Remark
from ideogram_operator.cluster.sections import Section
from ideogram_operator.cluster.wishes import missing_containers, names_of_containers
from ideogram_operator.resource.words import FALLBACK_ANNOTATION, FIELD_MANAGER, TargetKind

STOPS = frozenset({Reason.CONFIG_MAP_IMMUTABLE, Reason.KEY_IS_BINARY, Reason.ANNOTATION_TOO_LARGE})
"""Problems that nothing can be done beside."""


def title(kind: TargetKind, live: Mapping[str, Any]) -> str:
    """``Deployment storefront``."""
    return f"{kind} {(live.get('metadata') or {}).get('name', '')}"


def unreadable(kind: TargetKind, live: Mapping[str, Any], error: Unreadable) -> Remark:
    """The annotation cannot be read."""
    repair = (
        "run that version, or a later one"
        if error.newer
        else "set the switch as it should be and remove the annotation"
    )
    text = f"the annotation {FALLBACK_ANNOTATION} of {title(kind, live)} cannot be used: {error}; {repair}"
    return Remark(reason=Reason.ANNOTATION_UNREADABLE, message=text)


def missing(kind: TargetKind, live: Mapping[str, Any], claims: Sequence[Claim]) -> list[Remark]:
    """Containers that are asked for and not there."""
    there = ", ".join(names_of_containers(kind, live)) or "none"
    return [
        Remark(
            reason=Reason.CONTAINER_NOT_FOUND,
            message=f"{title(kind, live)} has no container {name}, which {integration} names; it has: {there}",
        )
        for name, integration in missing_containers(kind, live, claims).items()
    ] + [
        Remark(reason=Reason.CONTAINER_NOT_FOUND, message=f"{title(kind, live)} has no containers to switch")
        for _ in claims[:1]
        if kinds.shape(kind).rolls and not names_of_containers(kind, live)
    ]


def obstacles(kind: TargetKind, live: Mapping[str, Any], sections: Mapping[str, Section]) -> list[Remark]:
    """Why a ConfigMap cannot be changed."""
    if kind is not TargetKind.CONFIG_MAP:
        return []
    operations = [operation for section in sections.values() for operation in section.operations]
    binary = live.get("binaryData") or {}
    clashes = [held.name for section in sections.values() for held in section.held if held.name in binary]
    found = [
        Remark(reason=Reason.KEY_IS_BINARY, message=f"{title(kind, live)} has {name} in binaryData; name another key")
        for name in clashes
    ]
    if live.get("immutable") is True and operations:
        text = f"{title(kind, live)} is immutable; name one that is not, or a workload"
        found.append(Remark(reason=Reason.CONFIG_MAP_IMMUTABLE, message=text))
    return found


def too_large(kind: TargetKind, live: Mapping[str, Any]) -> Remark:
    """The ledger does not fit."""
    text = f"the ledger of {title(kind, live)} would be over {LARGEST} bytes, or over {MOST_CLAIMS} integrations"
    return Remark(reason=Reason.ANNOTATION_TOO_LARGE, message=f"{text}; have fewer, or shorter values")


def already(kind: TargetKind, live: Mapping[str, Any], sections: Mapping[str, Section]) -> list[Remark]:
    """Switches that had the value wanted, with no ledger to say what they were before."""
    return [_already(kind, live, container, name) for container, one in sections.items() for name in one.already]


def gone(kind: TargetKind, live: Mapping[str, Any], ledger: Ledger, sections: Mapping[str, Section]) -> list[Remark]:
    """Containers that were switched and are not there any more."""
    names = dict.fromkeys(held.container for held in ledger.baseline if held.container not in sections)
    text = "container {} of {} is gone, and its switch with it"
    return [Remark(reason=Reason.CONTAINER_GONE, message=text.format(name, title(kind, live))) for name in names]


def _already(kind: TargetKind, live: Mapping[str, Any], container: str, name: str) -> Remark:
    what = f"{name} of {title(kind, live)}" + (f", container {container}," if container else "")
    if FIELD_MANAGER not in owners(kind, live, container=container, name=name):
        return Remark(reason=Reason.ALREADY_OFF, message=f"{what} was so before; it stays so after recovery")
    text = f"{what} was set by the operator, but its annotation is gone: what it was before is not known, so it stays"
    return Remark(reason=Reason.BASELINE_LOST, message=f"{text} as it is after recovery; set it by hand then")
