"""How many pods a workload may have at most: its autoscaler's maximum, or what its spec says. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ideogram_operator.checks.facts import PodCount
from ideogram_operator.resource.words import TargetKind

Live = Mapping[str, Any]

_KEDA_MOST: Final = 100
"""What KEDA takes where a ScaledObject names no ``maxReplicaCount``."""


def most_pods(
    kind: TargetKind, live: Live, *, autoscalers: Iterable[Live] = (), scaled_objects: Iterable[Live] = ()
) -> PodCount | None:
    """Returns the most pods that a target may have; None for a ConfigMap, which has none.

    Args:
        kind: of the target.
        live: the target.
        autoscalers: the namespace's HorizontalPodAutoscalers.
        scaled_objects: KEDA's ScaledObjects of the namespace.
    """
    name = str(_part(live, "metadata").get("name", ""))
    match kind:
        case TargetKind.CONFIG_MAP:
            return None
        case TargetKind.DAEMON_SET:
            return PodCount(most=_number(_part(live, "status").get("desiredNumberScheduled"), 0), source="nodes")
        case TargetKind.CRON_JOB:
            job = _part(_part(_part(live, "spec"), "jobTemplate"), "spec")
            return PodCount(most=_number(job.get("parallelism"), 1), source="parallelism")
    for scaler in autoscalers:
        if _scales(scaler, kind, name):
            most = _number(_part(scaler, "spec").get("maxReplicas"), 1)
            return PodCount(most=most, source=f"HorizontalPodAutoscaler {_name(scaler)}")
    for scaler in scaled_objects:
        if _scales(scaler, kind, name):
            most = _number(_part(scaler, "spec").get("maxReplicaCount"), _KEDA_MOST)
            return PodCount(most=most, source=f"ScaledObject {_name(scaler)}")
    return PodCount(most=_number(_part(live, "spec").get("replicas"), 1), source="spec.replicas")


def _scales(scaler: Live, kind: TargetKind, name: str) -> bool:
    target = _part(_part(scaler, "spec"), "scaleTargetRef")
    # KEDA takes a Deployment where nothing is said.
    return target.get("name") == name and target.get("kind", TargetKind.DEPLOYMENT.value) == kind.value


def _name(live: Live) -> str:
    return str(_part(live, "metadata").get("name", ""))


def _part(parent: Live, name: str) -> Live:
    found = parent.get(name)
    return found if isinstance(found, Mapping) else {}


def _number(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else otherwise
