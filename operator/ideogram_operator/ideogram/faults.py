"""From httpx's exceptions to :class:`Failure`.

The exceptions themselves go no further: each holds its request, and the request's headers hold the key. Their texts
are not used either; what a message says comes from the kinds of the operating system's and OpenSSL's own errors.
"""

import errno
import socket
import ssl
from collections.abc import Iterator
from typing import Final

import httpx

from ideogram_operator.ideogram.replies import Failure, FailureKind

_OURS: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL})
"""What is missing here, files or ports: no word about the provider, and nothing may fall back for it."""


def failure(error: BaseException, latency: float) -> Failure:
    """What an exception of httpx, or the deadline's :class:`TimeoutError`, means."""
    if isinstance(error, (TimeoutError, httpx.TimeoutException)):
        return Failure(kind=FailureKind.TIMEOUT, latency=latency)
    if isinstance(error, httpx.ProxyError):
        return Failure(kind=FailureKind.PROXY, latency=latency)
    if isinstance(error, httpx.ConnectError):
        return _not_connected(error, latency)
    if isinstance(error, httpx.RemoteProtocolError) and not _left_early(error):
        return Failure(kind=FailureKind.PROTOCOL, latency=latency)
    return Failure(kind=FailureKind.RESET, latency=latency)


def _not_connected(error: BaseException, latency: float) -> Failure:
    roots = list(_roots(error))
    if any(isinstance(root, OSError) and root.errno in _OURS for root in roots):
        return Failure(kind=FailureKind.OURSELVES, latency=latency)
    for root in roots:
        if isinstance(root, ssl.SSLCertVerificationError):
            return Failure(kind=FailureKind.TLS, detail=root.verify_message, latency=latency)
        if isinstance(root, ssl.SSLError):
            detail = (root.reason or "").replace("_", " ").lower()
            return Failure(kind=FailureKind.TLS, detail=detail, latency=latency)
    if any(isinstance(root, socket.gaierror) for root in roots):
        return Failure(kind=FailureKind.NAME, latency=latency)
    if any(isinstance(root, ConnectionRefusedError) for root in roots):
        return Failure(kind=FailureKind.REFUSED, latency=latency)
    return Failure(kind=FailureKind.UNREACHABLE, latency=latency)


def _left_early(error: BaseException) -> bool:
    """Whether the server closed the connection before its answer was whole: h11 has no type of its own for that."""
    text = str(error)
    return "disconnected" in text or "closed connection" in text


def _roots(error: BaseException) -> Iterator[BaseException]:
    """The error and all that caused it; several addresses of one host come as a group."""
    pending: list[BaseException | None] = [error]
    seen: set[int] = set()
    while pending:
        current = pending.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        pending += [current.__cause__, current.__context__]
        if isinstance(current, BaseExceptionGroup):
            pending += current.exceptions
