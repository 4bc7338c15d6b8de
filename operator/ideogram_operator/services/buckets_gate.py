"""The one way out for a bucket's client: a proxy on loopback that connects to the bucket's host and to nothing else.

obstore resolves names, follows redirects of GET and DELETE and asks metadata services by itself, and none of it can be
switched off. All that it sends goes through the proxy it is given, though, whatever ``NO_PROXY`` says: here each
connection is to a checked address of the one host, so that there is no gap between check and use. TLS passes through
untouched. It lives for one trial of one bucket.
"""

import asyncio
import contextlib
from types import TracebackType
from typing import Final, Protocol, Self
from urllib.parse import urlsplit

from ideogram_operator.services.results import ServiceError

_HEAD_LIMIT: Final = 64 * 1024
_CHUNK: Final = 64 * 1024
_CONNECT_TIMEOUT: Final = 5.0
_PLAIN_PORT: Final = 80


class HostGuard(Protocol):
    """The part of :class:`ideogram_operator.services.guard.Guard` that is used here."""

    async def addresses(self, host: str, port: int) -> list[str]:
        """The checked addresses of ``host``. Raises ServiceError."""


class Gate:
    """The proxy; open inside its ``async with`` block.

    Attributes:
        url: for the client.
        redirected: whether the client wanted to go elsewhere, which it was refused.
        trouble: why the host could not be reached; None if it could.
    """

    def __init__(self, host: str, port: int, *, guard: HostGuard) -> None:
        self._host = host.lower()
        self._port = port
        self._guard = guard
        self._busy: set[asyncio.Task[None]] = set()
        self.url = ""
        self.redirected = False
        self.trouble: ServiceError | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=_HEAD_LIMIT)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._busy:
            task.cancel()
        await asyncio.gather(*self._busy, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._busy.add(task)
        task.add_done_callback(self._busy.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            async with contextlib.AsyncExitStack() as ends:
                ends.callback(writer.close)
                head = await reader.readuntil(b"\r\n\r\n")
                verb, target, _ = head.split(b" ", 2)
                upstream = await self._upstream(verb, target.decode("ascii"))
                if upstream is None:
                    writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    await writer.drain()
                    return
                ends.callback(upstream[1].close)
                if verb == b"CONNECT":
                    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
                else:
                    upstream[1].write(head.replace(target, _origin_form(target), 1))
                await _both_ways((reader, upstream[1]), (upstream[0], writer))

    async def _upstream(self, verb: bytes, target: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        parts = urlsplit(f"//{target}" if verb == b"CONNECT" else target)
        if ((parts.hostname or ""), parts.port or _PLAIN_PORT) != (self._host, self._port):
            self.redirected = True
            return None
        try:
            return await self._connect()
        except ServiceError as error:
            self.trouble = error
            return None

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        where = f"{self._host}:{self._port}"
        said = f"{where} cannot be reached"
        for address in await self._guard.addresses(self._host, self._port):
            try:
                async with asyncio.timeout(_CONNECT_TIMEOUT):
                    return await asyncio.open_connection(address, self._port)
            except ConnectionRefusedError:
                said = f"{where} refuses connections"
            except TimeoutError:
                said = f"{where} does not take a connection within {_CONNECT_TIMEOUT:g} s"
            except OSError:
                said = f"{where} cannot be reached"
        raise ServiceError(said, hint="Check spec.storage.endpoint, and that a NetworkPolicy lets the operator out.")


def _origin_form(target: bytes) -> bytes:
    """``/path?query`` of ``http://host/path?query``: what a server that is no proxy expects."""
    path = target.partition(b"://")[2].partition(b"/")[2]
    return b"/" + path


async def _both_ways(*ways: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_copy(*way)) for way in ways]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
