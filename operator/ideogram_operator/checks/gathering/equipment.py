"""The real services behind a preflight's instruments: clients, hosts, bounds, made once for all preflights."""

import asyncio
import secrets
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from ideogram_operator.checks.facts import Lack, TrafficFacts
from ideogram_operator.checks.gathering.cluster_reads import Absent, ClusterReads
from ideogram_operator.checks.gathering.instruments import Instruments
from ideogram_operator.checks.gathering.subject import Subject
from ideogram_operator.cluster import targets as cluster_targets
from ideogram_operator.cluster.errors import ClusterError
from ideogram_operator.cluster.secrets import SecretValue
from ideogram_operator.ideogram.hosts import AllowedHosts
from ideogram_operator.resource.services import Storage
from ideogram_operator.resource.targets import POD_KINDS, Verify
from ideogram_operator.resource.traffic import PodsSource
from ideogram_operator.services import buckets, health_document, receivers
from ideogram_operator.services.authorities import Authorities
from ideogram_operator.services.databases import Databases
from ideogram_operator.services.guard import Guard
from ideogram_operator.services.pictures import Pictures
from ideogram_operator.services.receivers import Receivers
from ideogram_operator.services.results import Bucket, Picture, ServiceError, Table
from ideogram_operator.services.web import Web
from ideogram_operator.signals import prometheus, scraping
from ideogram_operator.signals.pods import Pod, pods_of
from ideogram_operator.signals.results import SignalError, Traffic

PICTURE_SECONDS: Final = 30.0
BUCKET_SECONDS: Final = 15.0
DATABASE_SECONDS: Final = 10.0
TRAFFIC_SECONDS: Final = 10.0
MESSAGE_SECONDS: Final = 15.0
VERIFY_SECONDS: Final = 5.0
TEST_BYTES: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """The services, open."""

    guard: Guard
    web: Web
    pictures: Pictures
    databases: Databases
    receivers: Receivers
    ca_file: Path | None
    now: Callable[[], datetime]

    def instruments(self, reads: ClusterReads) -> Instruments:
        """Returns what a preflight tries; ``reads`` finds the pods to scrape."""
        return Instruments(
            picture=self.picture,
            bucket=self.bucket,
            table=self.table,
            message=self.receivers.send,
            receiver_name=receivers.name,
            traffic=lambda subject: self.traffic(subject, reads),
        )

    async def picture(self, url: str) -> Picture:
        """Returns the image at a URL of the API's."""
        return await self.pictures.download(url, timeout=PICTURE_SECONDS)

    async def bucket(
        self, storage: Storage, credentials: Mapping[str, SecretValue], *, namespace: str, object_name: str
    ) -> Bucket:
        """Returns what a bucket did with a test object, whose content is another one each time."""
        return await buckets.try_bucket(
            storage,
            credentials,
            guard=self.guard,
            namespace=namespace,
            object_name=object_name,
            body=secrets.token_bytes(TEST_BYTES),
            timeout=BUCKET_SECONDS,
            ca_file=self.ca_file,
        )

    async def table(self, url: SecretValue, table: str, *, namespace: str) -> Table:
        """Returns a table of a database."""
        return await self.databases.find_table(url, table, namespace=namespace, timeout=DATABASE_SECONDS)

    async def verify(self, verify: Verify, namespace: str) -> str:
        """Returns what an application says of itself."""
        return await health_document.ask(self.web, self.guard, verify, namespace=namespace, timeout=VERIFY_SECONDS)

    async def traffic(self, subject: Subject, reads: ClusterReads) -> TrafficFacts:
        """Returns what the metrics source of an integration answers; raises ServiceError."""
        try:
            return _facts(await self._traffic(subject, reads))
        except SignalError as error:
            raise ServiceError(error.message, hint=error.hint, untried=error.untried) from None
        except ClusterError as error:
            raise ServiceError(str(error), hint="Add that rule to the operator's role.", untried=True) from None

    async def _traffic(self, subject: Subject, reads: ClusterReads) -> Traffic:
        traffic = subject.spec.traffic
        if traffic is not None and traffic.prometheus is not None:
            self.guard.http(traffic.prometheus.url, namespace=subject.namespace)
            return await prometheus.read(traffic.prometheus, fetch=self.web, now=self.now(), timeout=TRAFFIC_SECONDS)
        if traffic is None or traffic.pods is None:
            raise SignalError("there is no metrics source", untried=True)
        return await self._scraped(subject, traffic.pods, reads)

    async def _scraped(self, subject: Subject, source: PodsSource, reads: ClusterReads) -> Traffic:
        found: list[Pod] = []
        for target in subject.spec.targets:
            if target.kind in POD_KINDS:
                labels = target.selector.match_labels if target.selector else None
                resolved = await cluster_targets.resolve(
                    reads.gateway, target.kind, subject.namespace, name=target.name or "", match_labels=labels
                )
                lives = await asyncio.gather(
                    *(reads.target(one.kind, one.namespace, one.name) for one in resolved.targets)
                )
                for live in lives:
                    if not isinstance(live, (Absent, Lack)):
                        found += await pods_of(reads.gateway, subject.namespace, live)
        return await scraping.read(found, source, fetch=self.web, timeout=TRAFFIC_SECONDS)


@asynccontextmanager
async def open_equipment(
    *, allow_hosts: AllowedHosts, trust: ssl.SSLContext, ca_file: Path | None, now: Callable[[], datetime]
) -> AsyncIterator[Equipment]:
    """The services, closed at the end of the block."""
    async with AsyncExitStack() as ends:
        guard = Guard(allowed=allow_hosts)
        web = await ends.enter_async_context(Web(guard, trust))
        authorities = Authorities(ca_file)
        pictures, databases = Pictures(web, allow_hosts), Databases(guard=guard, ca_file=ca_file)
        told = Receivers(guard, authorities=str(authorities.path) if ca_file else None)
        for closing in (authorities, pictures, databases, told):
            ends.callback(closing.close)
        yield Equipment(
            guard=guard, web=web, pictures=pictures, databases=databases, receivers=told, ca_file=ca_file, now=now
        )


def _facts(traffic: Traffic) -> TrafficFacts:
    return TrafficFacts(
        source=traffic.source,
        missing=traffic.missing,
        generations=traffic.generations,
        rate_limited=traffic.rate_limited,
        window=traffic.window,
    )
