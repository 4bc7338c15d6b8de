"""Watching held targets: metadata only, one stream per namespace and resource, only while something is held there.

What it is for: hearing at once that somebody put a target back, deleted or deployed it. It reports names, never states;
whoever is told reads the object live, within a second, or some seconds while others wait to have theirs told. After
every break it lists anew, and reports each object and which there are, so that a change or an end during the break is
not missed, only reported late.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog

from ideogram_operator.cluster import kinds
from ideogram_operator.cluster.answers import Object
from ideogram_operator.cluster.errors import ClusterError
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.resource.words import TargetKind

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something happened to an object. ``generation``: 0 where the kind has none; ``deleted``: it is not there."""

    kind: TargetKind
    namespace: str
    name: str
    resource_version: str
    generation: int = 0
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """Times of a watch, in seconds. ``turn``: after which the server ends it and it is renewed."""

    turn: float = 240.0
    backoff: float = 0.5
    longest_backoff: float = 30.0


class Watches:
    """The watches that are running.

    ``on_change`` must only take note: it is called on the watch's own task. So is ``on_list``, with a place and the
    names of all that is there.
    """

    def __init__(
        self,
        gateway: Gateway,
        on_change: Callable[[Change], None],
        *,
        on_list: Callable[[str, TargetKind, frozenset[str]], None] = lambda *_: None,
        rhythm: Rhythm | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._gateway = gateway
        self._on_change = on_change
        self._on_list = on_list
        self._rhythm = rhythm or Rhythm()
        self._sleep = sleep
        self._jitter = jitter
        self._running: dict[tuple[str, TargetKind], asyncio.Task[None]] = {}

    @property
    def running(self) -> frozenset[tuple[str, TargetKind]]:
        """The namespaces and kinds that are watched."""
        return frozenset(self._running)

    def want(self, places: frozenset[tuple[str, TargetKind]]) -> None:
        """Watch exactly these from now on: what is missing is started, what is over is stopped."""
        for place in self.running - places:
            self._running.pop(place).cancel()
        for namespace, kind in places - self.running:
            name = f"watch {kind} in {namespace}"
            self._running[namespace, kind] = asyncio.create_task(self._keep(namespace, kind), name=name)

    async def close(self) -> None:
        """Stop all and wait until they have stopped."""
        tasks = tuple(self._running.values())
        self.want(frozenset())
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep(self, namespace: str, kind: TargetKind) -> None:
        failures = 0
        while True:
            try:
                version = await self._list(namespace, kind)
                while True:
                    before, version = version, await self._follow(namespace, kind, version)
                    failures = 0
                    if version == before:  # a server that ends silent watches at once must not be asked in a loop
                        await self._pause(failures)
            except (ClusterError, KeyError):  # the latter: metadata without a name or a version
                pass
            except Exception:
                # A worker: what nobody foresaw must not end the watching.
                log.exception("watch failed; it begins anew", kind=str(kind), namespace=namespace)
            await self._pause(failures)
            failures = min(failures + 1, 10)

    async def _pause(self, failures: int) -> None:
        wait = min(self._rhythm.longest_backoff, self._rhythm.backoff * 2**failures)
        await self._sleep(wait * (0.5 + self._jitter() / 2))

    async def _list(self, namespace: str, kind: TargetKind) -> str:
        listing = await self._gateway.list(kinds.address(kind, namespace), metadata_only=True)
        for item in listing.items:
            self._tell(namespace, kind, item, deleted=False)
        self._on_list(namespace, kind, frozenset(str(item["metadata"]["name"]) for item in listing.items))
        return listing.resource_version

    async def _follow(self, namespace: str, kind: TargetKind, version: str) -> str:
        """One turn of the watch; the version from which the next goes on."""
        where = kinds.address(kind, namespace)
        events = self._gateway.watch(where, resource_version=version, seconds=self._rhythm.turn, metadata_only=True)
        async for event in events:
            item = event["object"]
            version = str(item["metadata"]["resourceVersion"])
            if event["type"] != "BOOKMARK":
                self._tell(namespace, kind, item, deleted=event["type"] == "DELETED")
        return version

    def _tell(self, namespace: str, kind: TargetKind, item: Object, *, deleted: bool) -> None:
        metadata: dict[str, Any] = item["metadata"]
        self._on_change(
            Change(
                kind=kind,
                namespace=namespace,
                name=str(metadata["name"]),
                resource_version=str(metadata["resourceVersion"]),
                generation=metadata.get("generation") or 0,
                deleted=deleted,
            )
        )
