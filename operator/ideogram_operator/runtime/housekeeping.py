"""What has to be done now and then, and how the operator knows that it is alive.

The sweep lists all integrations, a page at a time: it finds those whose deletion the watch never told, and proves that
the API server still answers. Liveness means that a restart would help: the loop turns, reconciles are on time, and
something was heard of the cluster, by the watch or by a sweep.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from ideogram_operator.cluster.addresses import Address
from ideogram_operator.cluster.errors import ClusterError, NotFound, Unavailable
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.runtime.agenda import Agenda, Key
from ideogram_operator.runtime.clock import Clock
from ideogram_operator.runtime.informer import Hearing
from ideogram_operator.runtime.limits import BlastRadius
from ideogram_operator.runtime.metrics import Metrics
from ideogram_operator.runtime.store import Store, key_of
from ideogram_operator.runtime.writer import INTEGRATIONS, address

log = structlog.get_logger(__name__)

BEAT = 0.5
TICK = 0.05
LATEST_RECONCILE = 60.0
LONGEST_LAG = 30.0
SWEEPS_MISSED = 3
UNANSWERED = 3
"""Reads in a row without an answer after which a sweep leaves the rest to the next: one may be the object's fault."""


@dataclass(slots=True, kw_only=True)
class Housekeeping:
    """Sweeps, beats, and answers for the operator's health.

    Attributes:
        every: seconds between sweeps.
        watched: called with every beat, to have the right places watched.
        listed: whether the work has begun.
        standing_by: whether another operator works, and this one waits for its turn.
        lease_trouble: returns why the Lease cannot be taken or kept, if so.
        lag: seconds by which the loop's last beat was late.
    """

    gateway: Gateway
    clock: Clock
    store: Store
    hearing: Hearing
    agenda: Agenda
    metrics: Metrics
    limits: BlastRadius
    namespaces: tuple[str, ...]
    every: float
    watched: Callable[[], None]
    listed: bool = False
    standing_by: bool = False
    lease_trouble: Callable[[], str | None] = lambda: None
    lag: float = 0.0

    def begin(self) -> None:
        """The integrations have been listed: from now on something must be heard of them."""
        self.standing_by, self.listed = False, True
        self.hearing.last = self.clock.monotonic()

    async def run(self) -> None:
        """Beats until cancelled; the first sweep comes after one period, since the watch begins with a list.

        A sweep of a cluster that hangs takes minutes: no beat waits for it.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen_to_loop())
            group.create_task(self._keep_beating())
            group.create_task(self._keep_sweeping())

    async def _listen_to_loop(self) -> None:
        while True:
            began = self.clock.monotonic()
            await self.clock.sleep(TICK)
            self.metrics.loop_delay.observe(max(0.0, self.clock.monotonic() - began - TICK))

    async def _keep_beating(self) -> None:
        while True:
            began = self.clock.monotonic()
            await self.clock.sleep(BEAT)
            self._beat(self.clock.monotonic() - began - BEAT)

    async def _keep_sweeping(self) -> None:
        while True:
            await self.clock.sleep(self.every)
            await self._sweep()

    def _beat(self, lag: float) -> None:
        self.lag = max(0.0, lag)
        self.watched()
        self.metrics.loop_lag.set(self.lag)
        self.metrics.lateness.set(self.agenda.lateness)
        self.metrics.integrations.set(len(self.store))
        self.metrics.rollouts.set(self.limits.rolling)

    async def _sweep(self) -> None:
        known, listed, behind = self.store.uids(), dict[Key, str](), list[Key]()
        try:
            for namespace in self.namespaces or ("",):
                where = Address(resource=INTEGRATIONS, namespace=namespace)
                # Metadata, and never all of it at once: whole, ten thousand are half a gigabyte.
                async for page in self.gateway.pages(where, metadata_only=True):
                    listed |= {key_of(raw): str(raw["metadata"].get("uid", "")) for raw in page}
                    behind += [key_of(raw) for raw in page if self.store.behind(raw)]
        except ClusterError as error:
            log.warning("sweep failed; it is tried again", error=str(error))
            return
        self.hearing.last = self.clock.monotonic()
        self.metrics.ghosts.inc(self.store.sweep(known, listed))
        unanswered = 0
        for key in behind:
            unanswered = 0 if await self._read(key) else unanswered + 1
            if unanswered == UNANSWERED:
                return

    async def _read(self, key: Key) -> bool:
        """Whether the cluster answers."""
        try:
            self.store.saw(await self.gateway.get(address(key)))
        except NotFound:
            pass  # gone meanwhile
        except ClusterError as error:
            log.warning("not read; the next sweep tries again", integration=str(key), error=str(error))
            return not isinstance(error, Unavailable)
        return True

    # -- health --------------------------------------------------------------------------------------------------------

    def watch_dead(self) -> str | None:
        """Returns what is wrong when neither watch nor sweep heard anything for too long."""
        if not self.listed:
            return None
        age = self.hearing.age(self.clock.monotonic())
        return f"nothing heard for {age:.0f} s" if age > SWEEPS_MISSED * self.every else None

    def reconciles_late(self) -> str | None:
        """Returns what is wrong when reconciles wait and none comes to an end.

        Those that end late because the API server hangs are in the metrics: a restart would not bring it back.
        """
        stuck = self.agenda.stuck
        return f"no reconcile has ended for {stuck:.0f} s, and one is as late" if stuck > LATEST_RECONCILE else None

    def loop_stuck(self) -> str | None:
        """Returns what is wrong when the event loop did not turn."""
        return f"the loop was {self.lag:.0f} s late" if self.lag > LONGEST_LAG else None

    def not_working(self) -> str | None:
        """Returns what is missing until the operator does its work, or waits for its turn."""
        begun = None if self.listed or self.standing_by else "the watch has not begun"
        return begun or self.lease_trouble()
