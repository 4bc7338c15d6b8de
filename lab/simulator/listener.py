"""A port that can stop answering in earnest and come back.

A server that only stops listening goes on answering the connections it has, so refusing also cuts those. The port
stays reserved the whole time: a second socket is bound to it (``SO_REUSEPORT``) that never listens, so nobody else
gets it and clients are refused.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count

from aiohttp import StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http_parser import RawRequestMessage
from aiohttp.web_protocol import RequestHandler

ADDRESS = "127.0.0.1"
MAX_BODY = 64 * 2**20
FILLERS = 4  # connections that fill a queue of one, and then some


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A client's TCP connection. ``opened_at`` is of the loop's clock."""

    number: int
    opened_at: float


Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Server(web.Server):
    """aiohttp's server, which also remembers when each connection was opened, and can refuse to have any.

    A connection may be past the listening socket and not yet here (a TLS handshake takes a while): ``refusing`` cuts
    it on arrival.
    """

    def __init__(self, handler: Handler) -> None:
        super().__init__(handler, request_factory=self._request, handler_cancellation=True, access_log=None)
        self.refusing = False
        self._numbers = count(1)
        self._table: dict[RequestHandler, Connection] = {}

    def _request(
        self,
        message: RawRequestMessage,
        payload: StreamReader,
        protocol: RequestHandler,
        writer: AbstractStreamWriter,
        task: "asyncio.Task[None]",
    ) -> web.BaseRequest:
        return web.BaseRequest(message, payload, protocol, writer, task, self._loop, client_max_size=MAX_BODY)

    def connection_made(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        self._table[handler] = Connection(number=next(self._numbers), opened_at=self._loop.time())
        super().connection_made(handler, transport)
        if self.refusing:
            transport.abort()

    def connection_lost(self, handler: RequestHandler, exc: BaseException | None = None) -> None:
        self._table.pop(handler, None)
        super().connection_lost(handler, exc)

    def connection_of(self, request: web.BaseRequest) -> Connection:
        """The connection a request came over."""
        return self._table.get(request.protocol) or Connection(number=0, opened_at=self._loop.time())

    def abort(self) -> None:
        """Cut every open connection."""
        for handler in self.connections:
            if handler.transport is not None:
                handler.transport.abort()


class Listener:
    """One host of the simulator: a server on a port of its own, listening, refusing or swallowing."""

    def __init__(self, handler: Handler, *, port: int = 0, ssl_context: ssl.SSLContext | None = None) -> None:
        self._reserved = _bound(port)
        self._ssl = ssl_context
        self._listening: asyncio.Server | None = None
        self._swallowing: list[socket.socket] = []
        self.port: int = self._reserved.getsockname()[1]
        self.server = Server(handler)

    @property
    def url(self) -> str:
        """Without a trailing slash."""
        return f"{'https' if self._ssl else 'http'}://{ADDRESS}:{self.port}"

    async def listen(self) -> None:
        """Serve, also after having refused."""
        self._close_swallowing()
        self.server.refusing = False
        if self._listening is None:
            loop = asyncio.get_running_loop()
            self._listening = await loop.create_server(self.server, sock=_bound(self.port), ssl=self._ssl, backlog=1024)

    def refuse(self) -> None:
        """Refuse new connections and cut the open ones."""
        self._close_swallowing()
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        self.server.refusing = True
        self.server.abort()

    def swallow(self) -> None:
        """Let connecting time out: a queue of one place, taken, makes the kernel drop what else knocks."""
        self.refuse()
        full = _bound(self.port)
        full.listen(0)
        self._swallowing.append(full)
        for _ in range(FILLERS):
            filler = socket.socket()
            filler.setblocking(False)  # noqa: FBT003 - the standard library's own signature
            with suppress(BlockingIOError):
                filler.connect((ADDRESS, self.port))
            self._swallowing.append(filler)

    async def close(self) -> None:
        """Give the port back."""
        self.refuse()
        await self.server.shutdown(0)
        self._reserved.close()

    def _close_swallowing(self) -> None:
        for each in reversed(self._swallowing):
            each.close()
        self._swallowing.clear()


def _bound(port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        bound.bind((ADDRESS, port))
    except OSError:
        bound.close()
        raise
    return bound
