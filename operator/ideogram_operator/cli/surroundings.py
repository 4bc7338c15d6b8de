"""What stands around an integration, found by asking the cluster, with the rights of whoever asks.

What may not be seen is said: a check must not pass because somebody was not allowed to look.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from ideogram_operator.checks.facts import Lack, PredecessorFacts
from ideogram_operator.checks.gathering.key import KeyReading, interpret
from ideogram_operator.checks.gathering.once import Once
from ideogram_operator.checks.gathering.permissions import INTEGRATIONS
from ideogram_operator.checks.gathering.subject import Generation, Neighbour, Subject
from ideogram_operator.cli.preflight_spending import Account, Spending
from ideogram_operator.cluster.addresses import Address
from ideogram_operator.cluster.connection import Unreachable
from ideogram_operator.cluster.errors import ClusterError, Forbidden, NotFound
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.cluster.secrets import Finding, read_secret
from ideogram_operator.ideogram.key import ApiKey
from ideogram_operator.resource.checklist import CheckResult
from ideogram_operator.resource.errors import SpecError
from ideogram_operator.resource.spec import IntegrationSpec
from ideogram_operator.resource.status import IntegrationStatus
from ideogram_operator.runtime.preflight.surroundings import NOT_NAMED, shortfall_of

SECRETS_AT_ONCE: Final = 32
ALL_RIGHTS: Final = "Ask somebody who may read all integrations and their Secrets, or let the operator carry it out."
_UNTOLD: Final = frozenset({Finding.FORBIDDEN, Finding.UNAVAILABLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """An integration as the cluster has it."""

    namespace: str
    name: str
    spec: IntegrationSpec
    status: IntegrationStatus

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The integrations that whoever asks may see.

    Attributes:
        unseen: what may not be seen, for people; empty if nothing is hidden.
        hidden: the namespaces of those asked about that may not be listed.
    """

    integrations: tuple[Installed, ...] = ()
    unseen: str = ""
    hidden: frozenset[str] = frozenset()

    def get(self, namespace: str, name: str) -> Installed | None:
        """Returns the integration of that name, None if there is none in sight."""
        return next((one for one in self.integrations if (one.namespace, one.name) == (namespace, name)), None)


async def look_around(gateway: Gateway, namespaces: Collection[str]) -> Reach:
    """Returns what can be seen: everywhere, or else in these namespaces.

    Raises:
        Unreachable: the cluster does not answer.
    """
    everywhere = await _list(gateway, "")
    if everywhere is not None:
        return Reach(integrations=everywhere)
    near = {namespace: await _list(gateway, namespace) for namespace in sorted(set(namespaces))}
    seen = ", ".join(namespace for namespace, found in near.items() if found is not None)
    return Reach(
        integrations=tuple(one for found in near.values() for one in found or ()),
        unseen=f"you may not list integrations outside of {seen}" if seen else "you may not list integrations",
        hidden=frozenset(namespace for namespace, found in near.items() if found is None),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The surroundings of integrations, as far as the cluster shows them.

    Attributes:
        salt: of key fingerprints, the same as the examiner's.
        once: shares the keys that were read.
    """

    gateway: Gateway
    salt: bytes
    reach: Reach
    spending: Spending
    once: Once[Any]

    async def sharing(self, subject: Subject, key: ApiKey) -> Sequence[Neighbour] | Lack:
        """Returns the other integrations with the same key; a lack if there may be more that cannot be seen."""
        sharers, unread = await self._sharers(subject, key)
        found = [_neighbour(one) for one in sharers]
        if any(one.spec.environment is not subject.spec.environment for one in found):
            return found  # whatever else there may be, the key is not kept apart
        unseen = [self.reach.unseen] if self.reach.unseen else []
        if unread:
            more = f" and {len(unread) - 1} more" if len(unread) > 1 else ""
            unseen.append(f"the key of {unread[0]}{more} cannot be read")
        if unseen:
            return Lack(result=CheckResult.UNKNOWN, message="; ".join(unseen), hint=ALL_RIGHTS)
        return found

    async def beside(self, subject: Subject) -> Sequence[Neighbour] | Lack:
        """Returns the other integrations of the same namespace."""
        if subject.namespace in self.reach.hidden:
            return Lack(result=CheckResult.UNKNOWN, message=self.reach.unseen, hint=ALL_RIGHTS)
        return [_neighbour(one) for one in self._others(subject) if one.namespace == subject.namespace]

    async def predecessor(self, subject: Subject) -> PredecessorFacts | Lack:
        """Returns how the integration stands that the spec names, by its status."""
        named = subject.spec.preflight.predecessor
        if named is None:
            return NOT_NAMED
        at = Address(resource=INTEGRATIONS, namespace=named.namespace or subject.namespace, name=named.name)
        try:
            found = _installed(await self.gateway.get(at))
        except NotFound:
            found = None
        except ClusterError as error:
            message = f"you may not read {at.namespace}/{at.name}" if isinstance(error, Forbidden) else str(error)
            return Lack(result=CheckResult.UNKNOWN, message=message, hint=ALL_RIGHTS)
        # Whoever asks has read its status by a right of their own, so it may be told.
        shortfall = (
            shortfall_of(found.spec, found.status.health, found.status.conditions)
            if found is not None
            else shortfall_of(None, None, ())
        )
        return PredecessorFacts(name=f"{at.namespace}/{at.name}", ready=not shortfall, shortfall=shortfall)

    async def generation(self, subject: Subject, key: ApiKey) -> Generation | Lack:
        """Returns a paid check within the budget, if one was asked for."""
        refusal = self.spending.refusal(subject)
        if refusal is not None:
            return refusal
        if subject.namespace in self.reach.hidden:
            message = f"what was spent today cannot be told: {self.reach.unseen}"
            return Lack(result=CheckResult.SKIPPED, message=message, hint=ALL_RIGHTS)
        sharers, unread = await self._sharers(subject, key, everyone=True)
        accounts = [Account(budget=one.spec.probe.generate.daily_budget_usd, probe=one.status.probe) for one in sharers]
        # What somebody else spends may be the same account's money: it is counted, their budget is not taken over.
        accounts += [Account(budget=None, probe=one.status.probe) for one in unread]
        return await self.spending.generation(subject, key, accounts)

    async def _sharers(
        self, subject: Subject, key: ApiKey, *, everyone: bool = False
    ) -> tuple[list[Installed], list[Installed]]:
        """Those with the same key, and those whose key cannot be read; ``everyone``: the subject itself as well."""
        asked = list(self.reach.integrations) if everyone else self._others(subject)
        limit = asyncio.Semaphore(SECRETS_AT_ONCE)
        readings = await asyncio.gather(*(self._key(one, limit) for one in asked))
        pairs = list(zip(asked, readings, strict=True))
        sharing = [one for one, read in pairs if read is not None and read.trimmed == key]
        return sharing, [one for one, read in pairs if read is None]

    async def _key(self, one: Installed, limit: asyncio.Semaphore) -> KeyReading | None:
        """An integration's key; None if it cannot be read."""
        ref = one.spec.api.key_secret_ref

        async def read() -> KeyReading | None:
            async with limit:
                secret = await read_secret(self.gateway, one.namespace, ref.name, ref.key)
            return None if secret.finding in _UNTOLD else interpret(one.namespace, ref, secret, salt=self.salt)

        found: KeyReading | None = await self.once.ask((one.namespace, ref.name, ref.key), read)
        return found

    def _others(self, subject: Subject) -> list[Installed]:
        return [one for one in self.reach.integrations if str(one) != str(subject)]


async def _list(gateway: Gateway, namespace: str) -> tuple[Installed, ...] | None:
    """The integrations with a spec that can be used; None if they may not be listed."""
    try:
        listing = await gateway.list(Address(resource=INTEGRATIONS, namespace=namespace))
    except NotFound:
        return ()  # no CustomResourceDefinition: nothing is installed yet
    except Forbidden:
        return None
    except ClusterError as error:
        # A kubeconfig's URL may have a password in it.
        server = urlsplit(gateway.connection.server).netloc.rpartition("@")[2]
        raise Unreachable(f"the cluster at {server} does not answer: {error}") from error
    return tuple(one for one in map(_installed, listing.items) if one is not None)


def _installed(raw: dict[str, Any]) -> Installed | None:
    metadata = raw.get("metadata") or {}
    try:
        spec = IntegrationSpec.parse(raw.get("spec") or {})
    except SpecError:
        return None
    return Installed(
        namespace=metadata.get("namespace", ""),
        name=metadata.get("name", ""),
        spec=spec,
        status=IntegrationStatus.parse(raw.get("status")),
    )


def _neighbour(one: Installed) -> Neighbour:
    return Neighbour(namespace=one.namespace, name=one.name, spec=one.spec)
