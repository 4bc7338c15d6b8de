"""Writing to the integration itself: its status, and the finalizer that protects what it holds."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ideogram_operator.cluster.addresses import Address, Resource
from ideogram_operator.cluster.errors import Conflict, NotFound
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.resource.status import IntegrationStatus
from ideogram_operator.resource.words import GROUP, PLURAL, RESTORE_FINALIZER, VERSION
from ideogram_operator.runtime.agenda import Key
from ideogram_operator.runtime.clock import Clock
from ideogram_operator.runtime.metrics import Metrics
from ideogram_operator.runtime.record import Head, Record
from ideogram_operator.runtime.report import meaning

INTEGRATIONS = Resource(group=GROUP, version=VERSION, plural=PLURAL)
TRIES = 4

Operation = dict[str, Any]


def address(key: Key, subresource: str = "") -> Address:
    """Returns where an integration is."""
    return Address(resource=INTEGRATIONS, namespace=key.namespace, name=key.name, subresource=subresource)


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Writes what a reconcile found.

    Attributes:
        heartbeat: seconds after which status is written though its meaning did not change.
    """

    gateway: Gateway
    clock: Clock
    metrics: Metrics
    heartbeat: float

    async def status(self, record: Record, status: IntegrationStatus, *, why: str = "") -> None:
        """Writes the status if it is worth it; ``why`` writes it in any case.

        It replaces the whole status in one patch that another integration of the same name would refuse.

        Raises:
            ClusterError: it was not written; the next reconcile tries again.
        """
        async with record.writing:
            reason = why or self._worth(record, status)
            if reason:
                with contextlib.suppress(NotFound):  # the watch will tell that it is gone
                    await self._write(record, status, reason)

    async def amend(self, record: Record, change: Callable[[Record], IntegrationStatus], *, why: str) -> None:
        """Writes the status with one part changed, as it is once nobody else is writing it.

        Raises:
            ClusterError: it was not written, be it that the integration is gone.
        """
        async with record.writing:
            await self._write(record, change(record), why)

    async def _write(self, record: Record, status: IntegrationStatus, why: str) -> None:
        operations: list[Operation] = [
            {"op": "test", "path": "/metadata/uid", "value": record.uid},
            {"op": "add", "path": "/status", "value": status.to_wire()},
        ]
        after = await self.gateway.json_patch(address(record.key, "status"), operations, metadata_only=True)
        record.head = Head.of(after["metadata"])
        record.status, record.written_at = status, self.clock.monotonic()
        self.metrics.status_writes.labels(why=why).inc()

    def _worth(self, record: Record, status: IntegrationStatus) -> str:
        if record.written_at is None and not record.status.conditions:
            return "first"
        if meaning(status) != meaning(record.status):
            return "changed"
        if record.written_at is None:
            # Read from the cluster: whoever wrote it may have died right after, so one heartbeat counts from now.
            record.written_at = self.clock.monotonic()
        beat = self.clock.monotonic() - record.written_at >= self.heartbeat
        return "heartbeat" if beat else ""

    async def finalizer(self, record: Record, *, wanted: bool) -> None:
        """Sets or takes away the restore finalizer, leaving those of others as they are.

        Raises:
            ClusterError: it was not written.
        """
        for tried in range(TRIES):
            try:
                # What was heard of it will do at first: if that is not what is there, the patch is not taken.
                if tried and not await self._look(record):
                    return
                if wanted and record.head.leaving:
                    return
                if record.finalizer is not wanted:
                    await self._write_finalizers(record, wanted=wanted)
            except Conflict:
                continue
            except NotFound:
                return
            return

    async def _look(self, record: Record) -> bool:
        """Reads its metadata anew; returns whether it is the same integration still."""
        metadata = (await self.gateway.get(address(record.key)))["metadata"]
        if metadata.get("uid") != record.uid:
            return False
        record.head = Head.of(metadata)
        return True

    async def _write_finalizers(self, record: Record, *, wanted: bool) -> None:
        rest = [name for name in record.head.finalizers if name != RESTORE_FINALIZER]
        operations: list[Operation] = [
            {"op": "test", "path": "/metadata/uid", "value": record.uid},
            {"op": "test", "path": "/metadata/resourceVersion", "value": record.head.version},
            {"op": "add", "path": "/metadata/finalizers", "value": [*rest, RESTORE_FINALIZER] if wanted else rest},
        ]
        after = await self.gateway.json_patch(address(record.key), operations, metadata_only=True)
        record.head = Head.of(after["metadata"])
