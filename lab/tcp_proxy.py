"""A TCP proxy that tests can cut, freeze or slow: the network between an operator and its API server.

It forwards bytes and knows nothing of TLS, so certificates and tokens pass through it untouched; the API server's
certificate is good for 127.0.0.1, where the proxy is.
"""

import asyncio
import socket
import struct
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

from lab.loop_thread import LoopThread
from lab.ports import ReservedPort

CHUNK: Final = 64 * 1024


class TcpProxy:
    """Forwards ``127.0.0.1:PORT`` to a server; runs inside its ``with`` block, in a thread of its own.

    Attributes:
        port: where it listens; it stays reserved while it refuses.
        connections: how many connections it has taken so far.
    """

    def __init__(self, target: str) -> None:
        """``target``: the server's URL, ``https://127.0.0.1:PORT``."""
        parts = urlsplit(target)
        self._target = (parts.hostname or "127.0.0.1", parts.port or 443)
        self._scheme = parts.scheme
        self._reserved = ReservedPort()
        self.port = self._reserved.number
        self.connections = 0
        self._delay = 0.0
        self._loop = LoopThread()
        self._flowing = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        """The target's URL, by way of the proxy."""
        return f"{self._scheme}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._loop.start()
        self._loop.do(self._accept())
        self._loop.do(self._set_flowing(flowing=True))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.do(self._end())
        self._loop.end()
        self._reserved.close()

    def cut(self) -> int:
        """Resets every open connection (RST, as when a middlebox forgets them); how many clients that were."""
        return self._loop.do(self._cut())

    def refuse(self) -> None:
        """Cuts, and refuses new connections until `accept`."""
        self._loop.do(self._refuse())

    def accept(self) -> None:
        """Takes connections again."""
        self._loop.do(self._accept())

    def freeze(self) -> None:
        """Takes connections and bytes, forwards nothing, closes nothing: a network that swallows packets."""
        self._loop.do(self._set_flowing(flowing=False))

    def thaw(self) -> None:
        """Forwards again, first what was held back."""
        self._loop.do(self._set_flowing(flowing=True))

    def slow(self, seconds: float) -> None:
        """From now on each chunk waits this long before it goes on, in either direction; 0 ends it."""
        self._delay = seconds

    async def _accept(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, reuse_port=True)

    async def _refuse(self) -> None:
        if self._server:
            self._server.close()
            self._server = None
        await self._cut()

    async def _cut(self) -> int:
        writers = list(self._open)
        for writer in writers:
            _reset(writer)
        return len(writers) // 2

    async def _end(self) -> None:
        await self._refuse()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _set_flowing(self, *, flowing: bool) -> None:
        if flowing:
            self._flowing.set()
        else:
            self._flowing.clear()

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            server, to_server = await asyncio.open_connection(*self._target)
        except OSError:
            _reset(to_client)
            return
        pair = {to_client, to_server}
        self._open |= pair
        try:
            await asyncio.gather(self._pump(client, to_server), self._pump(server, to_client))
        except OSError:
            pass  # one side broke; the other is told below
        finally:
            self._open -= pair
            for writer in pair:
                writer.close()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while chunk := await source.read(CHUNK):
            if self._delay:
                await asyncio.sleep(self._delay)
            await self._flowing.wait()
            sink.write(chunk)
            await sink.drain()
        await self._flowing.wait()
        if sink.can_write_eof():
            sink.write_eof()


def _reset(writer: asyncio.StreamWriter) -> None:
    if writer.transport.is_closing():
        return
    raw = writer.get_extra_info("socket")
    # Linger of zero: close() sends RST instead of FIN.
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
