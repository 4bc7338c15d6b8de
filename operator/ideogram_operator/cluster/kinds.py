"""The kinds of target: where each is in the API, where its pod template is, and whether a change restarts its pods."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ideogram_operator.cluster.addresses import Address, Resource
from ideogram_operator.resource.words import TargetKind

TEMPLATE = ("spec", "template", "spec")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What the operator knows of a kind.

    Attributes:
        resource: where it is in the API.
        rolls: whether it has a pod template, whose change restarts pods; else its switch is a value in the object.
    """

    resource: Resource
    rolls: bool


_SHAPES: Final[Mapping[TargetKind, Shape]] = {
    TargetKind.DEPLOYMENT: Shape(resource=Resource(group="apps", version="v1", plural="deployments"), rolls=True),
    TargetKind.STATEFUL_SET: Shape(resource=Resource(group="apps", version="v1", plural="statefulsets"), rolls=True),
    TargetKind.DAEMON_SET: Shape(resource=Resource(group="apps", version="v1", plural="daemonsets"), rolls=True),
    TargetKind.CRON_JOB: Shape(resource=Resource(group="batch", version="v1", plural="cronjobs"), rolls=False),
    TargetKind.CONFIG_MAP: Shape(resource=Resource(group="", version="v1", plural="configmaps"), rolls=False),
}


def shape(kind: TargetKind) -> Shape:
    """The shape of a kind of target."""
    return _SHAPES[kind]


def address(kind: TargetKind, namespace: str, name: str = "") -> Address:
    """One target, or without a name the list of that kind in the namespace."""
    return Address(resource=shape(kind).resource, namespace=namespace, name=name)


def pod_spec(kind: TargetKind, live: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The pod template's spec, None where a kind has none that the operator would touch."""
    if not shape(kind).rolls:
        return None
    at: Any = live
    for step in TEMPLATE:
        at = at.get(step) if isinstance(at, Mapping) else None
    return at if isinstance(at, Mapping) else None


def containers(kind: TargetKind, live: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The template's containers in their order; init containers are none of the operator's business."""
    found = (pod_spec(kind, live) or {}).get("containers")
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []
