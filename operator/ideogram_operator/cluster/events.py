"""Kubernetes Events on an object: told on edges only, in the background, and never in anybody's way.

``tell`` only puts a note into a bounded queue. The same note again within ten minutes is counted into the one that is
there (``series``), as the Events API wants it; when the queue is full the newest is dropped and counted. Its length and
the few that are posted at once are for the moment in which a provider that dies is news to thousands. What concerns one
object is told in its order.
"""

import asyncio
import contextlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from ideogram_operator.cluster.addresses import EVENTS, Address
from ideogram_operator.cluster.answers import Object
from ideogram_operator.cluster.errors import ClusterError, NotFound
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.resource.bounded import one_line
from ideogram_operator.resource.words import FIELD_MANAGER

LONGEST_NOTE = 1024
"""Bytes of a note that the API server takes."""
SAME_FOR = timedelta(minutes=10)
AT_ONCE = 4
"""Events that are posted at the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One thing to tell. ``regarding``: the object it is about, with kind, apiVersion and metadata."""

    regarding: Mapping[str, Any]
    type: Literal["Normal", "Warning"]
    reason: str
    action: str
    text: str


@dataclass(slots=True, kw_only=True)
class _Told:
    name: str
    at: datetime
    count: int = 1


class Events:
    """The queue of notes, and the task that posts them; ``run`` it."""

    def __init__(
        self,
        gateway: Gateway,
        *,
        instance: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        limit: int = 50_000,
    ) -> None:
        self._gateway = gateway
        self._instance = instance
        self._now = now
        self._queues = [asyncio.Queue[Note](maxsize=max(1, limit // AT_ONCE)) for _ in range(AT_ONCE)]
        self._told: dict[tuple[str, ...], _Told] = {}
        self.dropped = 0

    def tell(self, note: Note) -> None:
        """Have it told soon. Never waits, never raises."""
        try:
            self._queues[hash(_uid(note)) % AT_ONCE].put_nowait(note)
        except asyncio.QueueFull:
            self.dropped += 1

    async def run(self) -> None:
        """Post what is told, a few at once, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for queue in self._queues:
                group.create_task(self._keep_posting(queue))

    async def _keep_posting(self, queue: "asyncio.Queue[Note]") -> None:
        while True:
            note = await queue.get()
            try:
                await self._post(note)
            except ClusterError:
                self.dropped += 1
            finally:
                queue.task_done()

    async def flush(self, *, seconds: float) -> None:
        """Wait until everything is told, at most ``seconds``."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*(queue.join() for queue in self._queues)), seconds)

    async def _post(self, note: Note) -> None:
        now = self._now()
        self._forget_old(now)
        namespace = str(note.regarding["metadata"].get("namespace") or "default")
        key = (_uid(note), note.type, note.reason, note.text)
        told = self._told.get(key)
        if told is not None:
            told.count += 1
            try:
                where = Address(resource=EVENTS, namespace=namespace, name=told.name)
                await self._gateway.merge_patch(
                    where, {"series": {"count": told.count, "lastObservedTime": micro(now)}}
                )
            except NotFound:
                del self._told[key]
            else:
                return
        name = f"{str(note.regarding['metadata']['name'])[:200]}.{uuid.uuid4().hex[:16]}"
        await self._gateway.post(
            Address(resource=EVENTS, namespace=namespace), document(note, name=name, now=now, instance=self._instance)
        )
        self._told[key] = _Told(name=name, at=now)

    def _forget_old(self, now: datetime) -> None:
        """Those told first come first; no other has to be looked at."""
        while self._told:
            key, told = next(iter(self._told.items()))
            if now - told.at < SAME_FOR:
                return
            del self._told[key]


def _uid(note: Note) -> str:
    return str(note.regarding["metadata"].get("uid", ""))


def document(note: Note, *, name: str, now: datetime, instance: str) -> Object:
    """The Event as events.k8s.io/v1 wants it."""
    metadata = note.regarding["metadata"]
    namespace = str(metadata.get("namespace") or "default")
    told = one_line(note.text)
    text = told.encode()
    return {
        "apiVersion": EVENTS.api_version,
        "kind": "Event",
        "metadata": {"name": name, "namespace": namespace},
        "eventTime": micro(now),
        "reportingController": FIELD_MANAGER,
        "reportingInstance": instance[:128],
        "type": note.type,
        "reason": note.reason[:128],
        "action": note.action[:128],
        "note": text[: LONGEST_NOTE - 3].decode(errors="ignore") + "…" if len(text) > LONGEST_NOTE else told,
        "regarding": {
            "apiVersion": note.regarding.get("apiVersion", ""),
            "kind": note.regarding.get("kind", ""),
            "namespace": metadata.get("namespace", ""),
            "name": metadata["name"],
            "uid": metadata.get("uid", ""),
            "resourceVersion": metadata.get("resourceVersion", ""),
        },
    }


def micro(at: datetime) -> str:
    """A MicroTime: the API server wants six decimals."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
