"""Sending a request: the thin half of the client, and the seam at which tests and other transports fit."""

import asyncio
import http.cookiejar
import logging
import ssl
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import httpx

from ideogram_operator.ideogram.faults import failure
from ideogram_operator.ideogram.replies import BODY_LIMIT, Answer, Reply
from ideogram_operator.ideogram.requests import Request

_IDLE_KEPT: Final = 64
_IDLE_SECONDS: Final = 30.0
CONNECTION_MAX_AGE_S: Final = 60.0
"""Seconds after which regular requests open new connections: a broken name, certificate or listener hits only those."""
_GZIP_OR_ZLIB: Final = zlib.MAX_WBITS | 32


class Sender(Protocol):
    """Sends one request and tells what came back. It raises nothing but cancellation."""

    async def send(self, request: Request) -> Reply:
        """The reply, within ``request.timeout`` seconds in all."""

    async def close(self) -> None:
        """Gives its connections back."""


def trust_store(ca_file: Path | None = None) -> ssl.SSLContext:
    """The system's certificate authorities, and those of ``ca_file`` (PEM) besides.

    httpx left alone would take ``certifi``'s list, or *only* the file that ``SSL_CERT_FILE`` names.

    Raises:
        OSError: the file cannot be read, or holds no certificate.
    """
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    return context


def silence_http_logs() -> None:
    """Keep the HTTP libraries from logging requests, whatever level the operator itself logs at."""
    for name in ("httpx", "httpcore", "hpack"):
        logging.getLogger(name).setLevel(logging.WARNING)


class HttpSender:
    """A :class:`Sender` over httpx, with a pool for regular requests and none for confirmations.

    It follows no redirect, since the next host would be given the key; it honours ``HTTPS_PROXY`` and ``NO_PROXY``.

    Args:
        trust: certificate authorities; :func:`trust_store`'s.
        monotonic: seconds, for latencies.
    """

    def __init__(self, trust: ssl.SSLContext, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        silence_http_logs()
        self._monotonic = monotonic
        self._trust = trust
        self._pool = _Pool(_client(trust, idle=_IDLE_KEPT), began=monotonic())
        self._fresh = _client(trust, idle=0)

    async def send(self, request: Request) -> Reply:
        """The reply. The deadline covers the whole request: a body that drips cannot outlast it."""
        began = self._monotonic()
        try:
            async with asyncio.timeout(request.timeout):
                return await self._exchange(request, began)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, zlib.error) as error:
            return failure(error, self._monotonic() - began)

    async def close(self) -> None:
        """Closes both pools; requests that are still under way in an older one close that."""
        await self._pool.client.aclose()
        await self._fresh.aclose()

    async def _exchange(self, request: Request, began: float) -> Answer:
        if request.fresh:
            return await self._answer(self._fresh, request, began)
        pool = await self._current_pool()
        pool.in_flight += 1
        try:
            return await self._answer(pool.client, request, began)
        finally:
            pool.in_flight -= 1
            if pool is not self._pool and not pool.in_flight:
                await pool.client.aclose()

    async def _current_pool(self) -> "_Pool":
        """The pool of regular requests, a new one once the old one is too old; requests under way keep the old one."""
        old, now = self._pool, self._monotonic()
        if now - old.began >= CONNECTION_MAX_AGE_S:
            self._pool = _Pool(_client(self._trust, idle=_IDLE_KEPT), began=now)
            if not old.in_flight:
                await old.client.aclose()
        return self._pool

    async def _answer(self, client: httpx.AsyncClient, request: Request, began: float) -> Answer:
        headers, body, timeout = _headers(request), request.body, request.timeout
        async with client.stream(request.verb, request.url, headers=headers, json=body, timeout=timeout) as response:
            content = await _read(response)
            return Answer(
                status=response.status_code,
                body=content[:BODY_LIMIT],
                oversized=len(content) > BODY_LIMIT,
                retry_after=response.headers.get("Retry-After"),
                latency=self._monotonic() - began,
            )


@dataclass(eq=False, slots=True)
class _Pool:
    """Kept connections.

    Attributes:
        began: by the monotonic clock; no connection in it is older.
        in_flight: requests that use it now.
    """

    client: httpx.AsyncClient
    began: float
    in_flight: int = 0


def _client(trust: ssl.SSLContext, *, idle: int) -> httpx.AsyncClient:
    # No bound on connections: where a thousand keys' requests hang, the next one must not wait for theirs. How many
    # there may be is bounded by those who send, by the rate at which they begin and the time that they wait.
    limits = httpx.Limits(
        max_connections=None, max_keepalive_connections=idle, keepalive_expiry=_IDLE_SECONDS if idle else 0.0
    )
    return httpx.AsyncClient(verify=trust, limits=limits, cookies=_NoCookies(), follow_redirects=False, trust_env=True)


class _NoCookies(http.cookiejar.CookieJar):
    """Keeps none: they would pile up for as long as the operator runs, and tie the probes of one key to another's."""

    def extract_cookies(self, response: Any, request: Any) -> None:
        pass


def _headers(request: Request) -> Mapping[str, str]:
    # The body is not asked for compressed, so that what is read off the wire is what is counted.
    common = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "ideogram-operator"}
    return common if request.key is None else {**common, "Api-Key": request.key.reveal()}


async def _read(response: httpx.Response) -> bytes:
    """The body up to one byte past the limit: the rest, however long, is never read."""
    packed = response.headers.get("Content-Encoding", "identity").lower() in {"gzip", "deflate"}
    unpack = zlib.decompressobj(_GZIP_OR_ZLIB) if packed else None
    content = bytearray()
    async for chunk in response.aiter_raw():
        wanted = BODY_LIMIT + 1 - len(content)
        content += unpack.decompress(chunk, wanted) if unpack else chunk[:wanted]
        if len(content) > BODY_LIMIT:
            break
    return bytes(content)
