"""Where a target's pod template is, and what its containers would see if the operator held nothing of it. Pure.

While a target is in fallback or throttled, its switches are the operator's own. A preflight judges what the
application's people have set, so the baseline stands in for them.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ideogram_operator.cluster.claims import Ledger, Unreadable, read_ledger
from ideogram_operator.resource.words import TargetKind

Json = Mapping[str, Any]

_OF_CRON_JOB: Final = ("spec", "jobTemplate", "spec", "template", "spec")
_OF_WORKLOAD: Final = ("spec", "template", "spec")


def pod_spec(kind: TargetKind, live: Json) -> Json:
    """Returns the pod template's spec; empty for a ConfigMap, or where there is none."""
    if kind is TargetKind.CONFIG_MAP:
        return {}
    at: Any = live
    for step in _OF_CRON_JOB if kind is TargetKind.CRON_JOB else _OF_WORKLOAD:
        at = at.get(step) if isinstance(at, Mapping) else None
    return at if isinstance(at, Mapping) else {}


def listed(parent: Json, name: str) -> list[Json]:
    """Returns the objects in a list of an object; none where it is something else."""
    found = parent.get(name)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def env_of(kind: TargetKind, live: Json, container: Json) -> list[Json]:
    """Returns the entries of a container's ``env`` as they were before the operator touched them."""
    entries = listed(container, "env")
    held = [one for one in _ledger(kind, live).baseline if one.container == container.get("name")]
    names = {one.name for one in held}
    was = [entry for one in held for entry in one.was if isinstance(entry, Mapping)]
    return [*(entry for entry in entries if entry.get("name") not in names), *was]


def data_of(live: Json) -> dict[str, str]:
    """Returns the data of a ConfigMap as it was before the operator touched it."""
    data = live.get("data")
    found = {str(key): value for key, value in (data if isinstance(data, Mapping) else {}).items()}
    for held in _ledger(TargetKind.CONFIG_MAP, live).baseline:
        found[held.name] = held.was[0] if held.was else None
    return {key: value for key, value in found.items() if isinstance(value, str)}


def config_maps_of(spec: Json) -> tuple[str, ...]:
    """Returns the names of the ConfigMaps that a pod template reads, as variables or as files."""
    containers = [*listed(spec, "containers"), *listed(spec, "initContainers")]
    sources = [source for one in containers for source in listed(one, "envFrom")]
    entries = [entry.get("valueFrom") for one in containers for entry in listed(one, "env")]
    volumes = listed(spec, "volumes")
    projected = [source for volume in volumes for source in listed(_mapping(volume, "projected"), "sources")]
    names = [
        *(_mapping(source, "configMapRef").get("name") for source in sources),
        *(_mapping(entry, "configMapKeyRef").get("name") for entry in entries if isinstance(entry, Mapping)),
        *(_mapping(volume, "configMap").get("name") for volume in volumes),
        *(_mapping(source, "configMap").get("name") for source in projected),
    ]
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str) and name))


def _mapping(parent: Json, name: str) -> Json:
    found = parent.get(name)
    return found if isinstance(found, Mapping) else {}


def _ledger(kind: TargetKind, live: Json) -> Ledger:
    try:
        return read_ledger(kind, live) or Ledger()
    except Unreadable:
        return Ledger()


def texts_of(container: Json) -> Sequence[str]:
    """Returns the words of a container's command line, in which a key would stand in clear."""
    words = [word for part in ("command", "args") for word in (container.get(part) or ())]
    return [word for word in words if isinstance(word, str)]
