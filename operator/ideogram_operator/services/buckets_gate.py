"""The one way out for a bucket's client: a proxy on loopback that connects to the bucket's host and to nothing else.

obstore resolves names, follows redirects of GET and DELETE and asks metadata services by itself, and none of it can be
switched off. All that it sends goes through the proxy it is given, though, whatever ``NO_PROXY`` says: here each
connection is to a checked address of the one host, so that there is no gap between check and use. TLS passes through
untouched. It lives for one trial of one bucket.

obstore reads the bodies of errors and of listings whole, however long they are, and asks for one page of a listing
after the other. So the gate counts what comes, and where it has no end hangs up on both sides.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Final, Protocol, Self
from urllib.parse import urlsplit

from ideogram_operator.services.results import ServiceError

_HEAD_LIMIT: Final = 64 * 1024
_CHUNK: Final = 64 * 1024
_CONNECT_TIMEOUT: Final = 5.0
ANSWER_LIMIT: Final = 16 * 1024 * 1024
"""The most bytes that a store may answer with in one step: as they come, TLS and heads included, over all connections.

A step is one request, or several where a listing has pages. Azure's page, which is the longest, has 5000 names: some
4 MiB with ordinary names, and 9 with the longest.
"""
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
        trouble: why the host could not be reached, or was hung up on; None if all went well.
        endless: whether it was hung up on, for answering with more than ``ANSWER_LIMIT``.
    """

    def __init__(self, host: str, port: int, *, guard: HostGuard) -> None:
        self._host = host.lower()
        self._port = port
        self._guard = guard
        self._busy: set[asyncio.Task[None]] = set()
        self.url = ""
        self.begin()

    def begin(self) -> None:
        """What the last step brought is forgotten: the next one has all of the limit, and its own trouble."""
        self._left = ANSWER_LIMIT
        self.redirected = False
        self.endless = False
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
                await _both_ways(_copy(reader, upstream[1]), self._answer(upstream[0], writer))

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Copies what the store says, as long as the limit lasts.

        Then the client's connection is reset rather than closed, which could be taken for the answer's end.
        """
        await _copy(reader, writer, self._take)
        if self.endless:
            writer.transport.abort()

    def _take(self, size: int) -> bool:
        self._left -= size
        if self._left < 0:
            self.endless = True
            self.trouble = ServiceError(
                f"{self._host}:{self._port} answers with more than {ANSWER_LIMIT // 1024 // 1024} MiB",
                hint="Check that spec.storage.endpoint is the store's own.",
            )
        return not self.endless

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


async def _both_ways(*ways: Coroutine[None, None, None]) -> None:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(way) for way in ways]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()


async def _copy(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, may_pass: Callable[[int], bool] = lambda _: True
) -> None:
    with contextlib.suppress(OSError):
        while (chunk := await reader.read(_CHUNK)) and may_pass(len(chunk)):
            writer.write(chunk)
            await writer.drain()
