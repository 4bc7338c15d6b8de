"""Whose preflight it is: all that is known of an integration before anything is asked."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ideogram_operator.checks.facts import BreakerFacts, Lack, PredecessorFacts
from ideogram_operator.ideogram.key import ApiKey
from ideogram_operator.ideogram.outcome import Outcome
from ideogram_operator.resource.spec import IntegrationSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """Another integration."""

    namespace: str
    name: str
    spec: IntegrationSpec

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """An integration about to be looked at.

    Attributes:
        uid: tells test objects of integrations of one name apart.
        host_problem: why no key may be sent to ``spec.api.baseURL``; empty if it may.
        breaker: how its circuit breaker stands.
        refused: what was seen when the key was refused and confirmed to be; then it is left alone. Empty: it was not.
        writes: whether the operator may touch anything but status, and so needs the rights to.
    """

    namespace: str
    name: str
    uid: str
    spec: IntegrationSpec
    host_problem: str = ""
    breaker: BreakerFacts | Lack
    refused: str = ""
    writes: bool = True

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """A paid check that was made."""

    at: datetime
    outcome: Outcome


class Surroundings(Protocol):
    """What only the caller knows: the operator from its memory, the command line by asking the cluster."""

    def sharing(self, subject: Subject, key: ApiKey) -> Awaitable[Sequence[Neighbour] | Lack]:
        """The other integrations that use the same key, anywhere in reach."""

    def beside(self, subject: Subject) -> Awaitable[Sequence[Neighbour] | Lack]:
        """The other integrations of the same namespace."""

    def predecessor(self, subject: Subject) -> Awaitable[PredecessorFacts | Lack]:
        """The integration that ``spec.preflight.predecessor`` names."""

    def generation(self, subject: Subject, key: ApiKey) -> Awaitable[Generation | Lack]:
        """A paid check, made now or a moment ago, within the day's budget; or why there is none."""
