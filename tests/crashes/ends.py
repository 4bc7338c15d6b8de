"""Where an integration and its targets ended up: what must be the same whatever happened on the way."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ideogram_operator.resource.words import FALLBACK_ANNOTATION
from lab.kube import Json
from tests.e2e.shop import Shop, held_by_finalizer

REVISION = "deployment.kubernetes.io/revision"
Target = tuple[str, str]
"""Kind and name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """What is there at the end of a phase.

    Attributes:
        rollouts: by target, how often its spec was changed in this phase; a ConfigMap has none.
        told: by target, its spec or data, and its annotations; claims without their times and words.
        integration: what its status and finalizers say, but for times; None where it is gone.
    """

    rollouts: dict[Target, int]
    told: dict[Target, Json]
    integration: Json | None

    def differences(self, other: "End", *, free: Collection[str] = ()) -> list[str]:
        """In words, how another end is not like this one, but for what is ``free``; empty if it is."""
        mine, its = self._flat(), other._flat()
        names = sorted(name for name in {*mine, *its} - {*free} if mine.get(name) != its.get(name))
        return [f"{name}: {its.get(name)!r}, not {mine.get(name)!r}" for name in names]

    def _flat(self) -> dict[str, Any]:
        told = {
            f"{part} of {kind} {name}": value
            for (kind, name), parts in self.told.items()
            for part, value in parts.items()
        }
        return {"rollouts": self.rollouts} | told | (self.integration or {"integration": "gone"})


def end_of(shop: Shop, integration: Json | None, before: Mapping[Target, int]) -> End:
    """As it is now; ``before``: the targets' generations when the phase began."""
    return End(
        rollouts={each: generation_of(shop, each) - was for each, was in before.items() if each[0] != "ConfigMap"},
        told={each: told(shop, each) for each in before},
        integration=None if integration is None else _standing(integration),
    )


def generation_of(shop: Shop, target: Target) -> int:
    """Goes up with each change of the spec; 0 for what has none."""
    return int(shop.get(*target)["metadata"].get("generation", 0))


def told(shop: Shop, target: Target) -> Json:
    """A target's spec or data, and its annotations."""
    item = shop.get(*target)
    annotations = {name: value for name, value in item["metadata"].get("annotations", {}).items() if name != REVISION}
    if text := annotations.get(FALLBACK_ANNOTATION):
        ledger = json.loads(text)
        for claim in ledger["claims"]:
            claim["since"] = claim["uid"] = claim["message"] = "…"
        annotations[FALLBACK_ANNOTATION] = ledger
    return {"spec": item.get("spec"), "data": item.get("data"), "annotations": annotations}


def _standing(item: Json) -> Json:
    status = item["status"]
    return {
        "finalizer": held_by_finalizer(item),
        "generation seen": status["observedGeneration"] - item["metadata"]["generation"],
        "state": (status["state"], status["health"], status["reason"]),
        "flips": status["breaker"]["flips"],
        "history": [
            (flip["to"], flip.get("trigger"), "patched" in flip, "ready" in flip) for flip in status.get("history", [])
        ],
        "alerts": [alert["name"] for alert in status.get("alerts", [])],
        "conditions": {one["type"]: (one["status"], one["reason"]) for one in status["conditions"]},
        "targets": [(one["kind"], one["name"], one["mode"], one["inSync"], one["ready"]) for one in status["targets"]],
        "drill": {name: status.get("drill", {}).get(name) for name in ("phase", "result", "lastHandledRequest")},
    }
