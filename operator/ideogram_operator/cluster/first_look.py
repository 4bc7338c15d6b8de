"""What is on the targets when the operator begins: a few by a GET each, many of one place by one list.

Ten thousand integrations would else be ten thousand requests before the first of them is at work. A list that is some
seconds old will do here and nowhere else: whatever an earlier operator left on a target was there before this one
began, and before anything is changed the target is read again.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ideogram_operator.cluster import kinds
from ideogram_operator.cluster.errors import ClusterError
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.cluster.targets import Reading, Target, read
from ideogram_operator.resource.words import FALLBACK_ANNOTATION, TargetKind

MANY: Final = 5
"""Integrations of one namespace from which on its targets are listed."""
FRESH: Final = 10.0
"""Seconds for which a list will do."""
PAGE: Final = 100
"""Whole objects of a page: reading one must not keep the loop."""

PATIENCE: Final = 60.0
"""Seconds after which those that never came are not waited for, and what was listed for them is forgotten."""

Integration = tuple[str, str]
"""Namespace and name."""


@dataclass(slots=True, kw_only=True)
class _Place:
    """One kind in one namespace, as last listed: from when to when that took."""

    listed: asyncio.Lock = field(default_factory=asyncio.Lock)
    began: float | None = None
    ended: float = 0.0
    found: dict[str, Mapping[str, Any]] = field(default_factory=dict)


class FirstLook:
    """Reads targets for integrations that were there before this operator began, once for each."""

    def __init__(self, gateway: Gateway, monotonic: Callable[[], float]) -> None:
        self._gateway = gateway
        self._monotonic = monotonic
        self._until = 0.0
        self._awaited: dict[str, set[str]] = {}
        self._places: dict[str, dict[TargetKind, _Place]] = {}

    def expect(self, integrations: Iterable[Integration]) -> None:
        """These were there when the operator began."""
        awaited = defaultdict(set)
        for namespace, name in integrations:
            awaited[namespace].add(name)
        self._awaited = {namespace: names for namespace, names in awaited.items() if len(names) >= MANY}
        self._places = {namespace: {} for namespace in self._awaited}
        self._until = self._monotonic() + PATIENCE

    def over(self, integration: Integration) -> None:
        """All targets of this one were read; what is not needed any more is forgotten."""
        namespace, name = integration
        names = self._awaited.get(namespace, set())
        names.discard(name)
        if not names:
            self._awaited.pop(namespace, None)
            self._places.pop(namespace, None)
        if self._awaited and self._monotonic() > self._until:
            self._awaited, self._places = {}, {}

    async def read(self, target: Target, integration: str) -> Reading:
        """The target as it was a moment ago; without its pod template if it was listed.

        Args:
            target: which.
            integration: whose first look it is.
        """
        if integration in self._awaited.get(target.namespace, ()):
            live = (await self._listed(target.kind, target.namespace)).get(target.name)
            if live is not None:
                return Reading(target=target, live=live)
        # Also whatever a list does not have, or could not be had: why is for the answer to a GET to say.
        return await read(self._gateway, target)

    async def _listed(self, kind: TargetKind, namespace: str) -> Mapping[str, Mapping[str, Any]]:
        place, asked = self._places[namespace].setdefault(kind, _Place()), self._monotonic()
        async with place.listed:
            # Those who waited for a slow one must not have it listed again, each.
            if place.began is None or (self._monotonic() - place.began > FRESH and place.ended < asked):
                place.began, place.found = self._monotonic(), {}
                place.found = await self._list(kind, namespace)
                place.ended = self._monotonic()
        return place.found

    async def _list(self, kind: TargetKind, namespace: str) -> dict[str, Mapping[str, Any]]:
        # What has no pods is told by its annotation alone, and its data may be a megabyte each.
        rolls = kinds.shape(kind).rolls
        try:
            where = kinds.address(kind, namespace)
            listing = await self._gateway.list(where, metadata_only=not rolls, chunk=PAGE if rolls else 5 * PAGE)
            return {str(item["metadata"]["name"]): _slim(item) for item in listing.items}
        except (ClusterError, KeyError):
            return {}


def _slim(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a look needs of it: the claims, and how far its rollout is."""
    metadata = item["metadata"]
    ledger = (metadata.get("annotations") or {}).get(FALLBACK_ANNOTATION)
    annotations = {FALLBACK_ANNOTATION: ledger} if ledger is not None else {}
    kept = {name: metadata.get(name) for name in ("name", "generation", "resourceVersion")}
    spec = {name: value for name, value in (item.get("spec") or {}).items() if name != "template"}
    return {"metadata": {**kept, "annotations": annotations}, "spec": spec, "status": item.get("status") or {}}
