"""The operator's life: contact with the cluster, work, and a graceful end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import structlog
from aiohttp import web

from ideogram_operator import __version__
from ideogram_operator.checks.gathering.equipment import Equipment, open_equipment
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.ideogram.hosts import AllowedHosts
from ideogram_operator.ideogram.sender import HttpSender, trust_store
from ideogram_operator.runtime.assembly import Parts, assemble
from ideogram_operator.runtime.clock import SystemClock
from ideogram_operator.runtime.contact import make_contact
from ideogram_operator.runtime.http import Endpoints, ListenError
from ideogram_operator.runtime.informer import Informer
from ideogram_operator.runtime.login import login_by
from ideogram_operator.runtime.settings import Settings
from ideogram_operator.runtime.signals import until_stopped

log = structlog.get_logger(__name__)

DRAIN_SECONDS = 5.0


class ConfigurationError(ValueError):
    """The operator's own settings cannot work; the message says which and why."""


async def operate(settings: Settings) -> None:
    """Runs the operator until SIGINT, SIGTERM or cancellation.

    Raises:
        ConfigurationError: a setting cannot work.
        Unreachable: nothing says where the cluster is, or it does not answer.
    """
    clock = SystemClock()
    async with await Gateway.open(settings.kubeconfig) as gateway, _outside(settings, clock) as (sender, equipment):
        parts = assemble(settings, clock=clock, gateway=gateway, sender=sender, equipment=equipment)
        runner = await _listen(parts)
        try:
            found = await until_stopped(make_contact(gateway, clock, settings.namespaces))
            if found is None:
                return
            parts.accounts.expect(found)
            parts.housekeeping.listed = True
            log.info("started", version=__version__, namespaces=list(settings.namespaces) or "all")
            await _work(parts)
        finally:
            await runner.cleanup()
            log.info("stopped")


async def _work(parts: Parts) -> None:
    # kopf cancels at its end what was created after it started, so the workers come first.
    parts.control.start()
    workers = [
        asyncio.create_task(parts.agenda.run(), name="agenda"),
        asyncio.create_task(parts.events.run(), name="events"),
        asyncio.create_task(parts.notifier.run(), name="notifier"),
        asyncio.create_task(parts.housekeeping.run(), name="housekeeping"),
    ]
    informer = Informer(
        store=parts.store,
        hearing=parts.hearing,
        clock=parts.clock,
        login=login_by(parts.gateway.connection, parts.clock),
        draining=lambda: _wind_down(parts),
        namespaces=parts.settings.namespaces,
    )
    watching = asyncio.create_task(informer.run(), name="informer")
    try:
        done, _ = await asyncio.wait([watching, *workers], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await _wind_down(parts)
        for task in (watching, *workers):
            task.cancel()
        await asyncio.gather(watching, *workers, return_exceptions=True)
        await parts.control.close()


async def _wind_down(parts: Parts) -> None:
    """Lets reconciles under way finish, tells what is still to be told, stops asking. Harmless when done twice."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            await parts.agenda.drain()
    await asyncio.gather(parts.events.flush(seconds=2.0), parts.notifier.flush(seconds=2.0))
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
