"""GETs of what stands around an integration: one client, bounded in time and size, that goes where it was told only.

Addresses are checked where aiohttp resolves them, for the very connection that is made: no name can mean one thing
when it is checked and another when it is called. Each request has a connection of its own. Redirects are not followed,
cookies not kept, and messages name the host and what happened, never a path, a query or a body.
"""

import asyncio
import ssl
import zlib
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit
from urllib.request import getproxies

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from ideogram_operator.services.guard import Guard, shown
from ideogram_operator.services.results import ServiceError

_CONNECTIONS: Final = 256
_GZIP_OR_ZLIB: Final = zlib.MAX_WBITS | 32
_REDIRECTS: Final = range(300, 400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """An answer, whatever its status, except for redirects.

    Attributes:
        media_type: in lower case, without parameters: ``application/json``; empty if there is none.
        body: all of it.
    """

    status: int
    media_type: str
    body: bytes


class Web:
    """The client. Open it once, on the loop that uses it, and share it.

    Args:
        guard: says which addresses may be connected to; the URLs were checked by the caller.
        trust: certificate authorities.
    """

    def __init__(self, guard: Guard, trust: ssl.SSLContext) -> None:
        self._guard = guard
        self._direct = _session(guard, trust, exempt=frozenset(), proxied=False)
        self._proxied = _session(guard, trust, exempt=_proxies(), proxied=True)

    async def get(
        self,
        url: str,
        *,
        timeout: float,  # noqa: ASYNC109 - a failure here has a message of its own
        limit: int,
        accept: str = "application/json",
        proxied: bool = False,
    ) -> Page:
        """What ``url`` answers.

        Args:
            url: checked by :class:`Guard` or a list of its own.
            timeout: seconds for all of it, from the name to the last byte.
            limit: the most bytes of the body, unpacked.
            accept: the media types asked for.
            proxied: whether ``HTTPS_PROXY`` and ``NO_PROXY`` are honoured: for hosts outside the cluster.

        Raises:
            ServiceError: no whole answer, a redirect, or a body over the limit.
        """
        place = _place(url)
        headers = {"Accept": accept, "Accept-Encoding": "identity", "User-Agent": "ideogram-operator"}
        try:
            async with asyncio.timeout(timeout):
                await self._check_literal(url)
                session = self._proxied if proxied else self._direct
                async with session.get(url, headers=headers, allow_redirects=False) as answer:
                    return await _page(answer, place, limit)
        except TimeoutError:
            raise ServiceError(
                f"{place} did not answer within {timeout:g} s",
                hint="Check that it runs, and that no NetworkPolicy is in the way.",
            ) from None
        except (aiohttp.ClientError, ValueError, OSError, RuntimeError, zlib.error) as error:
            raise _failure(error, place) from None

    async def close(self) -> None:
        """Gives its connections back."""
        await self._direct.close()
        await self._proxied.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _check_literal(self, url: str) -> None:
        """An address is not resolved, so it would pass by the resolver's check."""
        parts = urlsplit(url)
        if shown(host := parts.hostname or "") == host and (":" in host or host.replace(".", "").isdecimal()):
            await self._guard.addresses(host, parts.port or (443 if parts.scheme == "https" else 80))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Resolver(AbstractResolver):
    """Resolves as the guard allows; ``exempt`` are the hosts of proxies, which the operator's settings name."""

    guard: Guard
    exempt: frozenset[str]

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        """The addresses to connect to. Raises ServiceError: they may not be."""
        trusted = host.lower() in self.exempt
        found = await (self.guard.resolve(host, port) if trusted else self.guard.addresses(host, port))
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0) for address in found
        ]

    async def close(self) -> None:
        """Nothing to give back."""


def _session(guard: Guard, trust: ssl.SSLContext, *, exempt: frozenset[str], proxied: bool) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        resolver=_Resolver(guard=guard, exempt=exempt),
        use_dns_cache=False,
        ssl=trust,
        limit=_CONNECTIONS,
        # Through a Service a kept connection leads to the same pod for ever, even while that pod is being replaced.
        force_close=True,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(),
        auto_decompress=False,
        trust_env=proxied,
    )


def _proxies() -> frozenset[str]:
    hosts = (urlsplit(proxy).hostname for proxy in getproxies().values())
    return frozenset(host.lower() for host in hosts if host)


async def _page(answer: aiohttp.ClientResponse, place: str, limit: int) -> Page:
    if answer.status in _REDIRECTS:
        raise ServiceError(
            f"{place} redirects (HTTP {answer.status}), and redirects are not followed",
            hint="Write the URL that it redirects to.",
        )
    body = await _read(answer, limit)
    if len(body) > limit:
        raise ServiceError(f"{place} answers with more than {limit} bytes", hint="Check that the URL is the right one.")
    return Page(status=answer.status, media_type=_media_type(answer), body=body)


async def _read(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    """The body up to one byte past the limit: the rest, however long, is never read."""
    packed = answer.headers.get("Content-Encoding", "identity").lower() in {"gzip", "deflate"}
    unpack = zlib.decompressobj(_GZIP_OR_ZLIB) if packed else None
    content = bytearray()
    async for chunk in answer.content.iter_any():
        wanted = limit + 1 - len(content)
        content += unpack.decompress(chunk, wanted) if unpack else chunk[:wanted]
        if len(content) > limit:
            break
    return bytes(content)


def _media_type(answer: aiohttp.ClientResponse) -> str:
    return answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _place(url: str) -> str:
    return shown(urlsplit(url).hostname or "")


def _failure(error: Exception, place: str) -> ServiceError:
    """What an exception of aiohttp means; its own text may hold the URL."""
    if isinstance(error, (aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError)):
        return ServiceError(
            f"the proxy does not lead to {place}", hint="Check HTTPS_PROXY and NO_PROXY of the operator."
        )
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        problem = getattr(error.certificate_error, "verify_message", "") or "not valid"
        return ServiceError(f"{place} has a certificate that is not trusted: {problem}", hint=_CA_HINT)
    if isinstance(error, aiohttp.ClientConnectorError):
        return _not_connected(error.os_error, place)
    if isinstance(error, _CUT_OFF):
        return ServiceError(f"{place} hung up before its answer was whole", hint="Look into its log.")
    return ServiceError(f"{place} does not answer in HTTP", hint="Check the URL's scheme and port.")


_CUT_OFF: Final = (
    aiohttp.ClientPayloadError,
    aiohttp.ServerDisconnectedError,
    aiohttp.ClientOSError,
    ConnectionError,
    RuntimeError,
)
"""A connection that was there and broke: closed, reset, or ended too early. The last is libuv's word for closed."""
_CA_HINT: Final = "Give the operator its certificate authority: --ca-file PEM (chart value caFile)."


def _not_connected(error: OSError, place: str) -> ServiceError:
    if isinstance(error, ConnectionRefusedError):
        return ServiceError(f"{place} refuses the connection", hint="Check that it runs and listens on that port.")
    if isinstance(error, ssl.SSLError):
        return ServiceError(f"{place} does not speak TLS on that port", hint="Check the URL's scheme and port.")
    return ServiceError(f"{place} cannot be reached", hint="Check that no NetworkPolicy is in the way.")
