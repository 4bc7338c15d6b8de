"""The services that a preflight tries, each behind one call; who makes them binds hosts, clients and bounds."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from ideogram_operator.checks.facts import TrafficFacts
from ideogram_operator.checks.gathering.subject import Subject
from ideogram_operator.cluster.secrets import SecretValue
from ideogram_operator.resource.services import Storage
from ideogram_operator.services.results import Bucket, Picture, Table


class TryBucket(Protocol):
    """Puts, gets, compares and deletes a test object, and lists the newest image names."""

    def __call__(
        self, storage: Storage, credentials: Mapping[str, SecretValue], *, namespace: str, object_name: str
    ) -> Awaitable[Bucket]:
        """Raises ServiceError."""


class FindTable(Protocol):
    """Connects to a database and finds a table."""

    def __call__(self, url: SecretValue, table: str, *, namespace: str) -> Awaitable[Table]:
        """Raises ServiceError."""


class SendMessage(Protocol):
    """Sends a message to a receiver by its Apprise URL."""

    def __call__(self, url: SecretValue, *, namespace: str, title: str, body: str) -> Awaitable[None]:
        """Raises ServiceError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruments:
    """What is tried. All raise ServiceError, or SignalError for traffic.

    Attributes:
        picture: downloads and decodes the image at a URL.
        receiver_name: what kind of receiver a URL names, for people: ``slack``.
        traffic: reads the metrics source of an integration.
    """

    picture: Callable[[str], Awaitable[Picture]]
    bucket: TryBucket
    table: FindTable
    message: SendMessage
    receiver_name: Callable[[SecretValue], str]
    traffic: Callable[[Subject], Awaitable[TrafficFacts]]
