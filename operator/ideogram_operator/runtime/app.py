"""The operator's life: contact with the cluster, work, and a graceful end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from functools import partial
from typing import Any, TypeVar

import structlog
from aiohttp import web

from ideogram_operator import __version__
from ideogram_operator.checks.gathering.equipment import Equipment, open_equipment
from ideogram_operator.cluster.connection import Unreachable
from ideogram_operator.cluster.election import Elector
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.ideogram.hosts import AllowedHosts
from ideogram_operator.ideogram.sender import HttpSender, trust_store
from ideogram_operator.runtime.agenda import Key
from ideogram_operator.runtime.assembly import Parts, assemble
from ideogram_operator.runtime.clock import SystemClock
from ideogram_operator.runtime.contact import AGAIN, make_contact
from ideogram_operator.runtime.http import Endpoints, ListenError
from ideogram_operator.runtime.informer import Informer
from ideogram_operator.runtime.leading import candidate
from ideogram_operator.runtime.login import login_by
from ideogram_operator.runtime.settings import Settings
from ideogram_operator.runtime.signals import until_stopped

log = structlog.get_logger(__name__)

DRAIN_SECONDS = 5.0

Found = TypeVar("Found")
Keeping = list["asyncio.Task[None]"]
"""The task that keeps the Lease; none where no Lease is wanted. It ends only when another operator took it."""


class ConfigurationError(ValueError):
    """The operator's own settings cannot work; the message says which and why."""


async def operate(settings: Settings) -> None:
    """Runs the operator until SIGINT, SIGTERM or cancellation.

    Raises:
        ConfigurationError: a setting cannot work.
        Unreachable: nothing says where the cluster is, or it does not answer.
        Deposed: another operator took the Lease.
    """
    clock = SystemClock()
    async with (
        await Gateway.open(settings.kubeconfig) as gateway,
        _outside(settings, clock) as (sender, equipment),
        candidate(settings, clock) as elector,
    ):
        parts = assemble(settings, clock=clock, gateway=gateway, sender=sender, equipment=equipment)
        runner = await _listen(parts)
        try:
            keeping = await until_stopped(_begin(parts, elector))
            if keeping is not None:
                log.info("started", version=__version__, namespaces=list(settings.namespaces) or "all")
                await _work(parts, keeping)
        finally:
            await runner.cleanup()
            log.info("stopped")


async def _begin(parts: Parts, elector: Elector | None) -> Keeping:
    """Returns once the integrations are listed and, where others could work as well, it is this one's turn."""
    house, keeping = parts.housekeeping, Keeping()
    parts.metrics.leader.set_function(lambda: float(house.listed and (elector is None or elector.tenure() > 0)))
    found = await make_contact(parts.gateway, parts.clock, parts.settings.namespaces)
    if elector is not None:
        parts.gateway.fence(elector.tenure)
        elector.regained = parts.hurry
        house.standing_by, house.lease_trouble = True, lambda: elector.trouble
        await elector.acquire()
        house.standing_by = False
        keeping.append(asyncio.create_task(elector.keep(), name="lease"))
        # What was listed before is what another one may have changed since.
        found = await _while_held(keeping[0], _listed_again(parts))
    parts.accounts.expect(found)
    parts.first_look.expect((key.namespace, key.name) for key in found)
    house.begin()
    return keeping


async def _while_held(lease: "asyncio.Task[None]", work: Coroutine[Any, Any, Found]) -> Found:
    """Returns what the work came to. Raises ``Deposed``: the Lease was lost meanwhile; nothing is left running."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait([lease, task], return_when=asyncio.FIRST_COMPLETED)
        if lease.done():
            lease.result()
        return task.result()
    except BaseException:
        # Nobody renews any more once it is let go.
        for one in (lease, task):
            one.cancel()
        await asyncio.gather(lease, task, return_exceptions=True)
        raise


async def _listed_again(parts: Parts) -> frozenset[Key]:
    while True:
        try:
            return await make_contact(parts.gateway, parts.clock, parts.settings.namespaces)
        except Unreachable as error:
            # It was there before: that is no reason to end.
            log.warning("the integrations cannot be listed; it is tried again", error=str(error))
            await parts.clock.sleep(AGAIN)


async def _work(parts: Parts, keeping: Keeping) -> None:
    # kopf cancels at its end what was created after it started, so the workers come first.
    parts.control.start()
    workers = [
        *keeping,
        asyncio.create_task(parts.agenda.run(), name="agenda"),
        asyncio.create_task(parts.events.run(), name="events"),
        asyncio.create_task(parts.notifier.run(), name="notifier"),
        asyncio.create_task(parts.housekeeping.run(), name="housekeeping"),
        asyncio.create_task(parts.lookout.run(), name="lookout"),
    ]

    informer = Informer(
        store=parts.store,
        hearing=parts.hearing,
        clock=parts.clock,
        login=login_by(parts.gateway.connection, parts.clock),
        draining=partial(_wind_down, parts, keeping),
        namespaces=parts.settings.namespaces,
    )
    watching = asyncio.create_task(informer.run(), name="informer")
    try:
        done, _ = await asyncio.wait([watching, *workers], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await _wind_down(parts, keeping)
        for task in (watching, *workers):
            task.cancel()
        await asyncio.gather(watching, *workers, return_exceptions=True)
        await parts.control.close()


async def _wind_down(parts: Parts, keeping: Keeping) -> None:
    """Ends the work: what is under way may finish, unless another operator works already. Harmless when done twice."""
    if any(task.done() for task in keeping):
        # What status says has been told would be told by nobody any more.
        await parts.notifier.flush(seconds=2.0)
    else:
        await _finish(parts)
    await _close(parts)


async def _finish(parts: Parts) -> None:
    """Lets reconciles under way finish and tells what is still to be told. Harmless when done twice."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            await parts.agenda.drain()
    await asyncio.gather(parts.events.flush(seconds=2.0), parts.notifier.flush(seconds=2.0))


async def _close(parts: Parts) -> None:
    """Stops asking. Harmless when done twice."""
    await parts.watches.close()
    await asyncio.gather(parts.preflights.close(), parts.reconciler.verifier.close())
    await parts.pool.close()


@contextlib.asynccontextmanager
async def _outside(settings: Settings, clock: SystemClock) -> AsyncIterator[tuple[HttpSender, Equipment]]:
    """The ways to all that is outside of the cluster's API."""
    try:
        trust = trust_store(settings.ca_file)
    except OSError as error:
        raise ConfigurationError(f"--ca-file {settings.ca_file}: {error}") from error
    sender, hosts = HttpSender(trust), AllowedHosts.parse(settings.allow_hosts)
    try:
        async with open_equipment(allow_hosts=hosts, trust=trust, ca_file=settings.ca_file, now=clock.now) as equipment:
            yield sender, equipment
    finally:
        await sender.close()


async def _listen(parts: Parts) -> web.AppRunner:
    house = parts.housekeeping
    endpoints = Endpoints(
        metrics=parts.metrics.registry,
        alive=(("watch", house.watch_dead), ("reconciles", house.reconciles_late), ("loop", house.loop_stuck)),
        ready=(("work", house.not_working),),
    )
    try:
        return await endpoints.start(parts.settings.listen)
    except ListenError as error:
        raise ConfigurationError(str(error)) from error
