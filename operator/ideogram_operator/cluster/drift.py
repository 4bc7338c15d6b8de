"""Who put it back: the field manager that owns a switch, as ``metadata.managedFields`` has it.

The API server records for each writer the fields it set last. An env entry is ``k:{"name":"X"}`` under its container.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ideogram_operator.cluster.claims import SUSPEND
from ideogram_operator.resource.words import FIELD_MANAGER, TargetKind


def owners(kind: TargetKind, live: Mapping[str, Any], *, container: str, name: str) -> tuple[str, ...]:
    """The field managers that own the value of a switch, the latest first."""
    path = _path(kind, container, name)
    return tuple(manager for manager, fields in _managers(live) if _owns(fields, path))


def who_changed(kind: TargetKind, live: Mapping[str, Any], *, container: str, name: str) -> str:
    """The field manager to name when a switch was put back: its owner, else the latest other writer.

    Empty when nobody else ever wrote the object, as far as it says.
    """
    others = (owner for owner in owners(kind, live, container=container, name=name) if owner != FIELD_MANAGER)
    latest = (manager for manager, _ in _managers(live) if manager != FIELD_MANAGER)
    return next(others, next(latest, ""))


def _path(kind: TargetKind, container: str, name: str) -> tuple[str, ...]:
    match kind:
        case TargetKind.CONFIG_MAP:
            return ("f:data", f"f:{name}")
        case TargetKind.CRON_JOB:
            return ("f:spec", f"f:{SUSPEND}")
    template = ("f:spec", "f:template", "f:spec", "f:containers")
    return (*template, _keyed(container), "f:env", _keyed(name))


def _keyed(name: str) -> str:
    return "k:" + json.dumps({"name": name}, separators=(",", ":"), ensure_ascii=False)


def _managers(live: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Each manager with its fields, the latest first; writers of status are left out."""
    entries = (live.get("metadata") or {}).get("managedFields") or []
    known = [entry for entry in entries if isinstance(entry, Mapping) and not entry.get("subresource")]
    for entry in sorted(known, key=lambda one: str(one.get("time", "")), reverse=True):
        yield str(entry.get("manager", "")), entry.get("fieldsV1")


def _owns(fields: Any, path: tuple[str, ...]) -> bool:
    at = fields
    for step in path:
        if not isinstance(at, Mapping) or step not in at:
            return False
        at = at[step]
    return True
