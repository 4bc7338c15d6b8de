"""One preflight's gathering: every inquiry at the same time, each with its own end.

Nothing here raises but cancellation: what could not be found out is a ``Lack`` in its place, so that a hanging bucket
costs its own time and no other check anything.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final

import structlog

from ideogram_operator.checks.facts import Facts, Inquiry, KeyFacts, Lack, PeerFacts, TargetFacts
from ideogram_operator.checks.gathering.api import FreeCheck
from ideogram_operator.checks.gathering.cluster_reads import ClusterReads
from ideogram_operator.checks.gathering.instruments import Instruments
from ideogram_operator.checks.gathering.key import KeyReading, read_key
from ideogram_operator.checks.gathering.paid import PaidCheck
from ideogram_operator.checks.gathering.permissions import Permissions
from ideogram_operator.checks.gathering.receivers import ReceiverTrial
from ideogram_operator.checks.gathering.stores import Stores
from ideogram_operator.checks.gathering.subject import Neighbour, Subject, Surroundings
from ideogram_operator.checks.gathering.targets import Looker, key_lack
from ideogram_operator.checks.gathering.traffic import ask_traffic
from ideogram_operator.resource.checklist import CheckResult

log = structlog.get_logger(__name__)

OnFacts = Callable[[Facts], None]

COSTLY: Final = frozenset({Inquiry.GENERATION, Inquiry.RECEIVERS})
"""What costs money or disturbs people, and so is not asked again each time that something is looked at."""
LONGEST: Final = 20.0
"""Seconds that an inquiry may take; each has shorter bounds of its own, this is for what they forget."""
LONGEST_PAID: Final = 60.0
"""The same for the paid check, beyond the time that the spec gives the image."""
MOST_PEERS: Final = 50
"""Peers whose targets are looked at. An account serves ten requests at once: it is known by then that it cannot."""
TOO_MANY: Final = Lack(
    result=CheckResult.UNKNOWN,
    message=f"only {MOST_PEERS} of the integrations that share the key are looked at",
    hint="Share a key among fewer.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Examiner:
    """Gathers facts.

    Attributes:
        salt: of key fingerprints; the same as its caller's, whose neighbours are compared by them.
    """

    reads: ClusterReads
    free_check: FreeCheck
    paid_check: PaidCheck
    permissions: Permissions
    surroundings: Surroundings
    instruments: Instruments
    now: Callable[[], datetime]
    salt: bytes

    def anew(self, since: float) -> "Examiner":
        """Returns the same, for somebody who asked at that monotonic time: nothing that was read before will do."""
        return replace(
            self,
            reads=replace(self.reads, since=since),
            free_check=replace(self.free_check, since=since),
            permissions=replace(self.permissions, since=since),
        )

    async def gather(self, subject: Subject, wanted: Collection[Inquiry], on_facts: OnFacts = lambda _: None) -> Facts:
        """Returns the facts about a subject, as far as they were wanted.

        Args:
            subject: the integration.
            wanted: what to ask about.
            on_facts: told of the facts so far after each answer, to show how far it is.
        """
        facts = Facts(
            now=self.now(),
            namespace=subject.namespace,
            name=subject.name,
            spec=subject.spec,
            host_problem=subject.host_problem,
        )
        key = asyncio.ensure_future(read_key(self.reads.gateway, subject, salt=self.salt))
        asked = {asyncio.ensure_future(self._bounded(subject, one, key)): one for one in Inquiry if one in wanted}
        try:
            for answer in asyncio.as_completed(asked):
                inquiry, found = await answer
                facts = replace(facts, now=self.now(), **{inquiry.value: found})
                on_facts(facts)
        finally:
            for task in (key, *asked):
                task.cancel()
            await asyncio.gather(key, *asked, return_exceptions=True)
        return facts

    async def _bounded(
        self, subject: Subject, inquiry: Inquiry, key: "asyncio.Task[KeyReading]"
    ) -> tuple[Inquiry, Any]:
        paid = inquiry is Inquiry.GENERATION
        generate = subject.spec.probe.generate.timeout.total_seconds()
        limit = generate + LONGEST_PAID if paid else LONGEST
        try:
            async with asyncio.timeout(limit):
                return inquiry, await self._ask(subject, inquiry, key)
        except TimeoutError:
            message = f"there was no answer within {limit:.0f} s"
            return inquiry, Lack(result=CheckResult.UNKNOWN, message=message, hint="Look at what does not answer.")
        except Exception as error:  # noqa: BLE001 -- an action: a fault of ours in one check must not end the others
            # No traceback: its variables may hold a credential.
            log.error("an inquiry failed by a fault of the operator", inquiry=inquiry, error=type(error).__name__)  # noqa: TRY400
            message = f"the operator failed by a fault of its own ({type(error).__name__})"
            return inquiry, Lack(result=CheckResult.UNKNOWN, message=message, hint="Report it; its log says more.")

    def _ask(self, subject: Subject, inquiry: Inquiry, key: "asyncio.Task[KeyReading]") -> Awaitable[Any]:
        stores = Stores(gateway=self.reads.gateway, instruments=self.instruments)
        ways: dict[Inquiry, Callable[[], Awaitable[Any]]] = {
            Inquiry.KEY: partial(self._key, key),
            Inquiry.TARGETS: partial(self._targets, subject, key),
            Inquiry.PEERS: partial(self._peers, subject, key),
            Inquiry.API: partial(self._with_key, key, partial(self.free_check.ask, subject)),
            Inquiry.GENERATION: partial(self._with_key, key, partial(self.paid_check.ask, subject)),
            Inquiry.STORAGE: partial(stores.bucket, subject),
            Inquiry.DATABASE: partial(stores.table, subject),
            Inquiry.TRAFFIC: partial(ask_traffic, subject, self.instruments),
            Inquiry.RECEIVERS: partial(
                ReceiverTrial(gateway=self.reads.gateway, instruments=self.instruments).ask, subject
            ),
            Inquiry.PERMISSIONS: partial(self.permissions.ask, subject),
            Inquiry.PREDECESSOR: partial(self.surroundings.predecessor, subject),
            Inquiry.BREAKER: partial(_said, subject.breaker),
        }
        return ways[inquiry]()

    async def _key(self, key: "asyncio.Task[KeyReading]") -> KeyFacts | Lack:
        return (await asyncio.shield(key)).facts

    async def _with_key(self, key: "asyncio.Task[KeyReading]", ask: Callable[..., Awaitable[Any]]) -> Any:
        reading = await asyncio.shield(key)
        if reading.key is None:
            return _no_key(reading)
        return await ask(reading.key)

    async def _targets(self, subject: Subject, key: "asyncio.Task[KeyReading]") -> tuple[TargetFacts, ...]:
        reading = await asyncio.shield(key)
        beside = await self.surroundings.beside(subject)
        rivals: Collection[Neighbour] = () if isinstance(beside, Lack) else beside
        return await Looker(reads=self.reads, key=reading.trimmed).own(subject, tuple(rivals))

    async def _peers(self, subject: Subject, key: "asyncio.Task[KeyReading]") -> tuple[PeerFacts, ...] | Lack:
        reading = await asyncio.shield(key)
        if reading.trimmed is None:
            return _no_key(reading)
        sharing = await self.surroundings.sharing(subject, reading.trimmed)
        if isinstance(sharing, Lack):
            return sharing
        looker = Looker(reads=self.reads, key=None)
        # Each of a thousand that share a key has the others for peers: to look at all of them is a million looks.
        near = sorted(sharing, key=lambda one: one.namespace != subject.namespace)
        looked_at = await asyncio.gather(*(self._peer(looker, subject, one) for one in near[:MOST_PEERS]))
        rest = near[MOST_PEERS:]
        others = (PeerFacts(name=str(one), environment=one.spec.environment, targets=TOO_MANY) for one in rest)
        return (*looked_at, *others)

    async def _peer(self, looker: Looker, subject: Subject, neighbour: Neighbour) -> PeerFacts:
        # A hundred integrations on one key are a hundred times ninety-nine peers, and each is looked at once.
        about = ("peer", neighbour.namespace, neighbour.name, id(neighbour.spec))
        found: tuple[TargetFacts, ...] = await self.reads.once.ask(
            about, partial(looker.of, neighbour), since=self.reads.since
        )
        here = neighbour.namespace == subject.namespace
        own = {f"{target.kind}/{target.name}" for target in subject.spec.targets if target.name} if here else set()
        targets = tuple(target for target in found if target.name not in own)
        return PeerFacts(name=str(neighbour), environment=neighbour.spec.environment, targets=targets)


async def _said(found: Any) -> Any:
    return found


def _no_key(reading: KeyReading) -> Lack:
    told = reading.facts.message if isinstance(reading.facts, Lack) else "the key has white space around it"
    return key_lack(f"there is no usable key: {told}")
