"""Writing to the integration itself: its status, and the finalizer that protects what it holds."""

from dataclasses import dataclass
from typing import Any

import structlog

from ideogram_operator.cluster.addresses import Address, Resource
from ideogram_operator.cluster.errors import Conflict, NotFound
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.resource.status import IntegrationStatus
from ideogram_operator.resource.words import GROUP, PLURAL, RESTORE_FINALIZER, VERSION
from ideogram_operator.runtime.agenda import Key
from ideogram_operator.runtime.clock import Clock
from ideogram_operator.runtime.metrics import Metrics
from ideogram_operator.runtime.record import Record
from ideogram_operator.runtime.report import meaning

log = structlog.get_logger(__name__)

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
        reason = why or self._worth(record, status)
        if not reason:
            return
        operations: list[Operation] = [
            {"op": "test", "path": "/metadata/uid", "value": record.uid},
            {"op": "add", "path": "/status", "value": status.to_wire()},
        ]
        try:
            await self.gateway.json_patch(address(record.key, "status"), operations)
        except (NotFound, Conflict):
            log.info("status not written: the integration is gone", integration=str(record.key))
            return
        record.status, record.written_at = status, self.clock.monotonic()
        self.metrics.status_writes.labels(why=reason).inc()

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
        for _ in range(TRIES):
            try:
                live = await self.gateway.get(address(record.key))
                if live["metadata"].get("uid") != record.uid:
                    return
                there = list(live["metadata"].get("finalizers") or [])
                if (RESTORE_FINALIZER in there) is not wanted:
                    await self._write_finalizers(record, there, wanted=wanted)
                record.finalizer = wanted
            except Conflict:
                continue
            except NotFound:
                return
            return

    async def _write_finalizers(self, record: Record, there: list[str], *, wanted: bool) -> None:
        rest = [name for name in there if name != RESTORE_FINALIZER]
        path = "/metadata/finalizers"
        guard = {"op": "test", "path": path, "value": there} if there else None
        change = {"op": "add", "path": path, "value": [*rest, RESTORE_FINALIZER] if wanted else rest}
        await self.gateway.json_patch(address(record.key), [guard, change] if guard else [change])
