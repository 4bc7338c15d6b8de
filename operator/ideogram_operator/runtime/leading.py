"""One operator at work: the Lease around everything that writes."""

import asyncio
import contextlib
import secrets
import socket
from collections.abc import AsyncIterator

import structlog

from ideogram_operator.cluster.addresses import Address
from ideogram_operator.cluster.answers import told
from ideogram_operator.cluster.election import Elector, patience
from ideogram_operator.cluster.errors import ClusterError
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.cluster.lease import LEASES
from ideogram_operator.runtime.clock import Clock
from ideogram_operator.runtime.settings import Settings

log = structlog.get_logger(__name__)

RELEASE_SECONDS = 5.0
"""For letting go at the end, however long a Lease lasts: a pod that is stopped has 30 s for everything."""


@contextlib.asynccontextmanager
async def candidate(settings: Settings, clock: Clock) -> AsyncIterator[Elector | None]:
    """The operator as a candidate for the Lease, with connections of its own; None where no Lease is wanted.

    What it holds at the end it lets go, so that the next one need not wait. Raises ``Unreachable``.
    """
    if not settings.lease:
        yield None
        return
    namespace, _, name = settings.lease.partition("/")
    async with await Gateway.open(settings.kubeconfig, patience=patience(settings.lease_duration)) as gateway:
        elector = Elector(
            gateway=gateway,
            address=Address(resource=LEASES, namespace=namespace, name=name),
            identity=settings.identity or f"{socket.gethostname()}_{secrets.token_hex(4)}",
            duration=settings.lease_duration,
            now=clock.now,
            sleep=clock.sleep,
        )
        try:
            yield elector
        finally:
            try:
                async with asyncio.timeout(RELEASE_SECONDS):
                    await elector.release()
            except (ClusterError, TimeoutError) as error:
                log.warning("the Lease is not let go; the next one waits for it", error=told(error))
