"""Servers that answer as a test says, and the operator's own client to ask them."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

from ideogram_operator.ideogram.hosts import AllowedHosts
from ideogram_operator.services.guard import Guard
from ideogram_operator.services.web import Web

Behaviour = Callable[[str, asyncio.StreamWriter], Awaitable[None]]
"""Gets the request line of each request, and answers it."""

NOW: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)


@asynccontextmanager
async def client(*targets: str) -> AsyncIterator[Web]:
    """The operator's client, which may call just these ``HOST:PORT``, over plain http."""
    allowed = AllowedHosts.parse(f"http://{target}" for target in targets)
    async with Web(Guard(allowed=allowed), ssl.create_default_context()) as web:
        yield web


@asynccontextmanager
async def serving(behaviour: Behaviour, *, address: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """A server that does what ``behaviour`` does; its ``HOST:PORT``."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await behaviour(head.partition(b"\r\n")[0].decode(), writer)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.ensure_future(serve(reader, writer)))

    listening = await asyncio.start_server(accept, address, port)
    try:
        yield f"{address}:{listening.sockets[0].getsockname()[1]}"
    finally:
        listening.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def saying(status: int, body: bytes, *headers: str, media_type: str = "application/json") -> Behaviour:
    """Always the same answer."""
    lines = [f"HTTP/1.1 {status} So", f"Content-Type: {media_type}", f"Content-Length: {len(body)}", *headers, "", ""]

    async def behave(_request: str, writer: asyncio.StreamWriter) -> None:
        writer.write("\r\n".join(lines).encode() + body)

    return behave


def hanging() -> Behaviour:
    """Takes requests and never answers."""

    async def behave(_request: str, _writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    return behave


def answer(kind: str, result: Any, **more: Any) -> bytes:
    """An answer in Prometheus' own form."""
    return json.dumps({"status": "success", "data": {"resultType": kind, "result": result}, **more}).encode()


def vector(*values: str) -> bytes:
    """A vector with these values, a series each."""
    return answer("vector", [{"metric": {"pod": str(n)}, "value": [1.5, value]} for n, value in enumerate(values)])
