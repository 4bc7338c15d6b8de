"""What came back: an answer, or a failure to get one. Both are data; nothing here is raised."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

BODY_LIMIT: Final = 64 * 1024
"""Bytes of a body that are read (DESIGN.md §3)."""


class FailureKind(StrEnum):
    """Why there was no answer. The value is what a message says of the host."""

    TIMEOUT = "no answer from {host}"
    REFUSED = "connection refused by {host}"
    NAME = "the name of {host} does not resolve"
    TLS = "TLS with {host} failed"
    UNREACHABLE = "no connection to {host}"
    RESET = "the connection to {host} broke off"
    PROTOCOL = "the answer of {host} is not HTTP"
    PROXY = "the proxy refused a connection to {host}"
    OURSELVES = "the operator had no connection free for {host}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP answer.

    Attributes:
        status: the status code.
        body: decoded, up to :data:`BODY_LIMIT` bytes.
        oversized: whether there was more.
        retry_after: the header as sent.
        latency: seconds until the last byte that was read.
    """

    status: int
    latency: float
    body: bytes = field(default=b"", repr=False)
    oversized: bool = False
    retry_after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """No answer, or none that was whole.

    Attributes:
        kind: what went wrong.
        detail: a few words more (a certificate's fault, say); never from the request.
        latency: seconds until it was known.
    """

    kind: FailureKind
    latency: float
    detail: str = ""


Reply = Answer | Failure
