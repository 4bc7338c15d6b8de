"""Being the one operator that works: taking the Lease, keeping it, and knowing for how long one may still write.

Whoever holds the Lease promises to have stopped writing when it runs out, and whoever waits believes the holder for as
long. Three times keep that promise with room to spare, for a duration of 15 s: the holder renews every 2 s; what it
has not renewed for 10 s it does not use any more (`Elector.tenure`, asked before every write and the bound of its
time-out); those who wait take it once they have seen it unchanged for 15 s.

A process that was frozen, or that the API server did not answer, finds its tenure over and writes nothing. If nobody
took the Lease meanwhile it goes on from where it was: what it knows is still true, and a restart would only cost time
in an outage. If somebody did, its memory is history, and the process has to end.
"""

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog

from ideogram_operator.cluster.addresses import Address
from ideogram_operator.cluster.answers import Object
from ideogram_operator.cluster.errors import ClusterError, Conflict, Forbidden, NotFound
from ideogram_operator.cluster.gateway import Gateway, Patience
from ideogram_operator.cluster.lease import Term

log = structlog.get_logger(__name__)

DEADLINE = 2 / 3
RETRY = 2 / 15
"""Parts of the Lease's duration: how long it is used without a renewal, and how often it is renewed or looked at."""


class Deposed(Exception):  # noqa: N818 - named by what is the case
    """Somebody else holds the Lease, or took it meanwhile: this process must end and begin anew."""


def boot_seconds() -> float:
    """Seconds that never jump, and that go on while the machine sleeps: who slept must not think itself young.

    A guest whose hypervisor stops its clocks with it cannot know: it learns of its end by its next renewal.
    """
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def patience(duration: float) -> Patience:
    """How a gateway for the Lease waits: each try is short, and the elector itself tries again."""
    return Patience(timeout=duration / 3, connect_timeout=min(3.0, duration / 3), tries=1)


@dataclass(slots=True, kw_only=True)
class Elector:
    """One candidate.

    Attributes:
        gateway: of its own: a renewal must not wait behind a storm's patches for a connection.
        address: the Lease's.
        identity: unique among all candidates that run at the same time.
        duration: seconds, whole, for which a holder is believed.
        regained: called when a tenure that was over goes on, nobody having taken the Lease.
        trouble: why the latest look at the Lease, or its renewal, failed; None if it did not.
    """

    gateway: Gateway
    address: Address
    identity: str
    duration: int = 15
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    seconds: Callable[[], float] = boot_seconds
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    regained: Callable[[], None] = lambda: None
    _lease: Object = field(default_factory=dict)
    _seen: tuple[Term, float] | None = None
    _renewed: float = -math.inf
    trouble: str | None = None

    def tenure(self) -> float:
        """Seconds for which writes may still be sent; zero or less: none may."""
        return self._renewed + self.duration * DEADLINE - self.seconds()

    async def acquire(self) -> None:
        """Returns once the Lease is ours; what the cluster refuses is told once and tried again."""
        log.info("waiting for the Lease", lease=str(self.address), identity=self.identity)
        while not await self._tried():
            await self.sleep(self.duration * RETRY * (1 + random.random() / 5))  # noqa: S311 - jitter, not a secret
        log.info("leading", lease=str(self.address), identity=self.identity)

    async def keep(self) -> None:
        """Renews until cancelled.

        Raises:
            Deposed: the Lease is somebody else's, or was meanwhile.
        """
        while True:
            await self.sleep(self.duration * RETRY)
            end = self.seconds() + self.tenure()
            if await self._renewed_now() and self.seconds() >= end:
                log.warning("the Lease is renewed: nobody had taken it", lease=str(self.address))
                self.regained()

    async def release(self) -> None:
        """Lets go, so that the next one need not wait. Nothing may be written any more. Raises ``ClusterError``."""
        if self.tenure() <= 0:
            return
        self._renewed, term = -math.inf, self._term()
        try:
            await self.gateway.put(self.address, term.ended(self.now()).written(self._lease))
        except Conflict:
            # A renewal that was cut off had arrived, or somebody put a label on it.
            lease = await self.gateway.get(self.address)
            if Term.read(lease).same_tenure(term):
                await self.gateway.put(self.address, term.ended(self.now()).written(lease))

    # -- taking --------------------------------------------------------------------------------------------------------

    async def _tried(self) -> bool:
        try:
            taken = await self._take()
        except ClusterError as error:
            self._complain("the Lease cannot be taken; it is tried again", error)
            return False
        self.trouble = None
        return taken

    async def _take(self) -> bool:
        try:
            lease = await self.gateway.get(self.address)
        except NotFound:
            # One that was seen to be held is held until its time is over, whoever deleted it.
            return self._over() and await self._create()
        term = Term.read(lease)
        if self._seen is None or self._seen[0] != term:
            self._seen = (term, self.seconds())
        if not self._over():
            return False
        return await self._write(lease, term.taken(self.identity, duration=self.duration, now=self.now()))

    def _over(self) -> bool:
        if self._seen is None:
            return True
        term, since = self._seen
        return term.holder in {"", self.identity} or self.seconds() - since >= term.duration

    async def _create(self) -> bool:
        began = self.seconds()
        term = Term.read({}).taken(self.identity, duration=self.duration, now=self.now())
        body = term.written({"metadata": {"name": self.address.name, "namespace": self.address.namespace}})
        where = Address(resource=self.address.resource, namespace=self.address.namespace)
        try:
            self._lease = await self.gateway.post(where, body)
        except Conflict:
            return False
        self._renewed = began
        return True

    async def _write(self, lease: Object, term: Term) -> bool:
        began = self.seconds()
        try:
            self._lease = await self.gateway.put(self.address, term.written(lease))
        except (Conflict, NotFound):
            return False
        self._renewed = began
        return True

    # -- keeping -------------------------------------------------------------------------------------------------------

    def _term(self) -> Term:
        return Term.read(self._lease)

    async def _renewed_now(self) -> bool:
        """Whether it is renewed; not, where the cluster did not answer or others edit it. Raises ``Deposed``."""
        try:
            renewed = await self._write(self._lease, self._term().renewed_at(self.now())) or await self._again()
        except ClusterError as error:
            return self._not_renewed(error)
        if not renewed:
            return self._not_renewed("whoever else writes it was quicker, twice")
        self.trouble = None
        return True

    def _not_renewed(self, why: ClusterError | str) -> bool:
        self._complain(f"the Lease is not renewed; in {max(0.0, self.tenure()):.0f} s nothing is written", why)
        return False

    async def _again(self) -> bool:
        """Renews what somebody edited or deleted, if the tenure is still ours, unless they are quicker again."""
        try:
            lease = await self.gateway.get(self.address)
        except NotFound:
            if self.tenure() > 0 and await self._create():
                return True
            raise self._deposed() from None
        if not Term.read(lease).same_tenure(self._term()):
            raise self._deposed()
        return await self._write(lease, self._term().renewed_at(self.now()))

    def _deposed(self) -> Deposed:
        self._renewed = -math.inf
        return Deposed(f"{self.address} is not held by {self.identity} any more")

    def _complain(self, what: str, why: ClusterError | str) -> None:
        tell = log.debug if self.trouble else log.warning
        rule = {"rule": why.rule} if isinstance(why, Forbidden) else {}
        tell(what, lease=str(self.address), error=str(why), **rule)
        self.trouble = f"{what}: {why}"
