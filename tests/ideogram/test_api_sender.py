"""The sender against real sockets: what a provider, a network or a trickster can do to a connection."""

import asyncio
import errno
import gzip
import json
import logging
import os
import ssl
import subprocess
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from ideogram_operator.ideogram.faults import failure
from ideogram_operator.ideogram.key import ApiKey
from ideogram_operator.ideogram.outcome import interpret
from ideogram_operator.ideogram.replies import BODY_LIMIT, Answer, Failure, FailureKind, Reply
from ideogram_operator.ideogram.requests import Request
from ideogram_operator.ideogram.sender import HttpSender, trust_store
from ideogram_operator.resource.words import ProbeMethod

SECRET = "ideo-canary-0123456789abcdef"
MODELS = b'{"models": []}'

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Server:
    """A socket that does what the test says with each connection, and remembers what it read."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self.connections = 0
        self.requests: list[bytes] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.requests.append(head)
                await self._behaviour(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serving(behaviour: Behaviour, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    server = Server(behaviour)
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(server.serve(reader, writer))
        tasks.add(task)

    listening = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    port = listening.sockets[0].getsockname()[1]
    server.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    try:
        yield server
    finally:
        listening.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def saying(answer: bytes, *, hang_up: bool = False) -> Behaviour:
    async def behave(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()
        if hang_up:
            writer.close()

    return behave


def ok(body: bytes = MODELS, *headers: bytes) -> bytes:
    lines = [b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *headers, b"", b""]
    return b"\r\n".join(lines) + body


def probe(url: str, *, timeout: float = 5, fresh: bool = False) -> Request:
    return Request(
        verb="GET", url=f"{url}/models", timeout=timeout, key=ApiKey(SECRET), method=ProbeMethod.KEY_CHECK, fresh=fresh
    )


@pytest.fixture
async def sender(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[HttpSender]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    sender = HttpSender(trust_store())
    yield sender
    await sender.close()


def failed(reply: Reply) -> FailureKind:
    assert isinstance(reply, Failure), reply
    return reply.kind


async def test_a_probe_carries_the_key_in_its_own_header(sender: HttpSender) -> None:
    async with serving(saying(ok())) as server:
        reply = await sender.send(probe(server.url))
    assert isinstance(reply, Answer)
    assert (reply.status, reply.body) == (200, MODELS)
    assert f"Api-Key: {SECRET}".encode() in server.requests[0]
    assert b"Authorization" not in server.requests[0]


async def test_a_redirect_is_not_followed(sender: HttpSender) -> None:
    async with serving(saying(ok())) as elsewhere:
        moved = b"HTTP/1.1 302 Found\r\nLocation: %s/models\r\nContent-Length: 0\r\n\r\n" % elsewhere.url.encode()
        async with serving(saying(moved)) as server:
            reply = await sender.send(probe(server.url))
    assert isinstance(reply, Answer)
    assert reply.status == 302
    assert elsewhere.connections == 0


async def test_regular_probes_share_a_connection_and_confirmations_do_not(sender: HttpSender) -> None:
    async with serving(saying(ok())) as server:
        for _ in range(3):
            await sender.send(probe(server.url))
        assert server.connections == 1
        for _ in range(3):
            await sender.send(probe(server.url, fresh=True))
        assert server.connections == 4


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"", FailureKind.RESET),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", FailureKind.RESET),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe", FailureKind.RESET),
        (b"SSH-2.0-OpenSSH_9.9\r\n\r\n", FailureKind.PROTOCOL),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", FailureKind.PROTOCOL),
    ],
)
async def test_a_connection_that_breaks_off_or_talks_nonsense(
    sender: HttpSender, answer: bytes, kind: FailureKind
) -> None:
    async with serving(saying(answer, hang_up=True)) as server:
        assert failed(await sender.send(probe(server.url))) is kind


async def test_a_reset_is_told_as_one(sender: HttpSender) -> None:
    async def reset(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with serving(reset) as server:
        assert failed(await sender.send(probe(server.url))) is FailureKind.RESET


async def test_a_refused_connection(sender: HttpSender) -> None:
    async with serving(saying(ok())) as server:
        pass
    assert failed(await sender.send(probe(server.url))) is FailureKind.REFUSED


async def test_a_name_that_does_not_resolve(sender: HttpSender) -> None:
    assert failed(await sender.send(probe("https://no-such-host.invalid"))) is FailureKind.NAME


async def test_a_hang_ends_with_the_timeout(sender: HttpSender) -> None:
    async with serving(saying(b"")) as server:
        reply = await sender.send(probe(server.url, timeout=0.2))
    assert failed(reply) is FailureKind.TIMEOUT
    assert 0.15 < reply.latency < 2


async def test_regular_requests_open_a_new_connection_every_minute() -> None:
    now = 0.0
    aged = HttpSender(trust_store(), monotonic=lambda: now)
    async with serving(saying(ok())) as server:
        for at, connections in ((0.0, 1), (59.0, 1), (60.0, 2), (61.0, 2), (125.0, 3)):
            now = at
            assert isinstance(await aged.send(probe(server.url)), Answer)
            assert server.connections == connections, at
        await aged.close()


async def test_a_request_under_way_outlives_its_connections_age() -> None:
    now, begun, go = 0.0, asyncio.Event(), asyncio.Event()

    async def behave(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not begun.is_set():
            begun.set()
            await go.wait()
        writer.write(ok())
        await writer.drain()

    aged = HttpSender(trust_store(), monotonic=lambda: now)
    async with serving(behave) as server:
        old, slow = aged._pool, asyncio.ensure_future(aged.send(probe(server.url)))
        await begun.wait()
        now = 60.0
        assert isinstance(await aged.send(probe(server.url)), Answer)
        assert not old.client.is_closed
        go.set()
        assert isinstance(await slow, Answer)
        assert old.client.is_closed
        await aged.close()


async def test_hundreds_of_hanging_requests_keep_the_next_one_from_nothing(sender: HttpSender) -> None:
    async with serving(saying(b"")) as hanging, serving(saying(ok())) as server:
        waiting = [asyncio.create_task(sender.send(probe(hanging.url, timeout=30))) for _ in range(300)]
        while hanging.connections < len(waiting):  # noqa: ASYNC110 - counted by a server that knows no event
            await asyncio.sleep(0.01)
        reply = await sender.send(probe(server.url, timeout=10))
        assert isinstance(reply, Answer), reply
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.EADDRNOTAVAIL], ids=os.strerror)
def test_what_the_operator_itself_lacks_is_no_word_about_the_provider(number: int) -> None:
    """Out of files, it would find every host unreachable, and have everything fall back."""
    error = httpx.ConnectError("All connection attempts failed")
    error.__cause__ = ExceptionGroup("attempts", [OSError(number, os.strerror(number))])
    assert failed(failure(error, 0.1)) is FailureKind.OURSELVES


async def test_a_drip_that_never_lets_a_read_time_out_ends_with_the_timeout_too(sender: HttpSender) -> None:
    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with serving(drip) as server:
        reply = await sender.send(probe(server.url, timeout=0.3))
    assert failed(reply) is FailureKind.TIMEOUT
    assert reply.latency < 2


async def test_no_more_of_a_body_is_read_than_the_limit(sender: HttpSender) -> None:
    written = 0

    async def flood(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x" * 65536)
            written += 65536
            await writer.drain()

    async with serving(flood) as server:
        reply = await sender.send(probe(server.url))
    assert isinstance(reply, Answer)
    assert reply.oversized
    assert len(reply.body) == BODY_LIMIT
    assert written < 50_000_000


@pytest.mark.parametrize(("name", "pack"), [(b"gzip", gzip.compress), (b"deflate", zlib.compress)])
async def test_a_compressed_answer_is_read_and_a_bomb_is_not(
    sender: HttpSender, name: bytes, pack: Callable[[bytes], bytes]
) -> None:
    async with serving(saying(ok(pack(MODELS), b"Content-Encoding: " + name))) as server:
        reply = await sender.send(probe(server.url))
        assert isinstance(reply, Answer)
        assert reply.body == MODELS
    async with serving(saying(ok(pack(b" " * 10_000_000), b"Content-Encoding: " + name))) as server:
        reply = await sender.send(probe(server.url))
        assert isinstance(reply, Answer)
        assert reply.oversized


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-signed certificate for 127.0.0.1, with its private key in the same file."""
    path = tmp_path / "server.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(path), "-out", str(tmp_path / "cert.pem")]
    subprocess.run([*command.split(), *names], check=True, capture_output=True)  # noqa: S603 -- a fixed command
    path.write_bytes(path.read_bytes() + (tmp_path / "cert.pem").read_bytes())
    return path


async def test_a_certificate_that_nobody_vouches_for_is_refused_until_it_is_given(
    sender: HttpSender, certificate: Path
) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    trusting = HttpSender(trust_store(certificate))
    async with serving(saying(ok()), tls) as server:
        reply = await sender.send(probe(server.url))
        assert failed(reply) is FailureKind.TLS
        assert isinstance(reply, Failure)
        assert "self" in reply.detail
        assert isinstance(await trusting.send(probe(server.url)), Answer)
    await trusting.close()


async def test_plain_text_where_tls_was_expected(sender: HttpSender) -> None:
    async with serving(saying(ok())) as server:
        url = server.url.replace("http:", "https:")
        assert failed(await sender.send(probe(url, timeout=2))) in {FailureKind.TLS, FailureKind.TIMEOUT}


async def test_a_proxy_is_used_unless_the_host_is_excepted(monkeypatch: pytest.MonkeyPatch) -> None:
    refusing = saying(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
    async with serving(refusing) as proxy, serving(saying(ok())) as server:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        proxied = HttpSender(trust_store())
        reply = await proxied.send(probe("https://api.ideogram.ai"))
        direct = await proxied.send(probe(server.url))
        await proxied.close()
    assert failed(reply) is FailureKind.PROXY
    assert b"CONNECT api.ideogram.ai:443" in proxy.requests[0]
    assert SECRET.encode() not in b"".join(proxy.requests)
    assert isinstance(direct, Answer)


@pytest.mark.parametrize(
    "answer",
    [
        ok(),
        b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 400 No\r\nContent-Length: 70\r\n\r\n" + json.dumps({"error": f"bad {SECRET}"}).encode().ljust(70),
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
        b"garbage\r\n\r\n",
    ],
)
async def test_no_log_and_no_message_shows_the_key(
    sender: HttpSender, caplog: pytest.LogCaptureFixture, answer: bytes
) -> None:
    caplog.set_level(logging.DEBUG)
    async with serving(saying(answer, hang_up=True)) as server:
        request = probe(server.url)
        reply = await sender.send(request)
    shown = caplog.text + repr(request) + repr(reply) + repr(interpret(request, reply, datetime.now(UTC)))
    assert SECRET[:8] not in shown
