"""Whether the operator may do all that this integration needs of it, and the rules that are missing."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ideogram_operator.checks.facts import Lack, Refusal
from ideogram_operator.checks.gathering.cluster_reads import AUTOSCALERS
from ideogram_operator.checks.gathering.once import Once
from ideogram_operator.checks.gathering.subject import Subject
from ideogram_operator.cluster import kinds
from ideogram_operator.cluster.addresses import EVENTS, SECRETS, Address, Resource
from ideogram_operator.cluster.errors import rbac_rule
from ideogram_operator.resource.checklist import CheckResult
from ideogram_operator.resource.words import GROUP, PLURAL, VERSION

INTEGRATIONS = Resource(group=GROUP, version=VERSION, plural=PLURAL)
PODS = Resource(group="", version="v1", plural="pods")

UNTOLD = Lack(
    result=CheckResult.UNKNOWN,
    message="the cluster does not say what the operator may do",
    hint="Let it create selfsubjectaccessreviews.authorization.k8s.io, or look at the Kubernetes API server.",
)

Allowed = Callable[[Address, str], Awaitable[bool | None]]
"""Whether a verb is allowed on an address; None if nobody can say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """Asks the cluster what the operator may do; nothing that was said before ``since``."""

    allowed: Allowed
    once: Once[Any]
    since: float = -math.inf

    async def ask(self, subject: Subject) -> tuple[Refusal, ...] | Lack:
        """Returns what is needed and refused; no answer is no permission."""
        needs = list(dict.fromkeys(needed(subject)))
        answers = await asyncio.gather(*(self._one(address, verb) for address, verb in needs))
        refused = tuple(
            Refusal(what=f"{verb} {_told(address)}", rule=rbac_rule(address, verb))
            for (address, verb), allowed in zip(needs, answers, strict=True)
            if allowed is False
        )
        return UNTOLD if not refused and None in answers else refused

    async def _one(self, address: Address, verb: str) -> bool | None:
        allowed: bool | None = await self.once.ask(
            ("allowed", address, verb), lambda: self.allowed(address, verb), since=self.since
        )
        return allowed


def needed(subject: Subject) -> Iterator[tuple[Address, str]]:
    """Returns the verbs that the operator uses for an integration, and on what. Pure."""
    namespace, spec = subject.namespace, subject.spec
    for target in spec.targets:
        at = kinds.address(target.kind, namespace)
        yield from ((at, verb) for verb in ("get", "list", "watch"))
        if subject.writes:
            yield at, "patch"
    if subject.writes:
        yield Address(resource=INTEGRATIONS, namespace=namespace), "patch"
    yield Address(resource=INTEGRATIONS, namespace=namespace, subresource="status"), "patch"
    yield Address(resource=SECRETS, namespace=namespace), "get"
    yield Address(resource=EVENTS, namespace=namespace), "create"
    yield Address(resource=AUTOSCALERS, namespace=namespace), "list"
    if spec.traffic is not None and spec.traffic.pods is not None:
        yield Address(resource=PODS, namespace=namespace), "list"


def _told(address: Address) -> str:
    part = f"/{address.subresource}" if address.subresource else ""
    return f"{address.resource.qualified}{part} in namespace {address.namespace}"
