"""The bytes of HTTP itself, from the provider and from what stands around: headers without end, bombs, nonsense."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ideogram_operator.ideogram.key import ApiKey
from ideogram_operator.ideogram.outcome import interpret
from ideogram_operator.ideogram.replies import BODY_LIMIT, Answer, Failure, Reply
from ideogram_operator.ideogram.requests import Request
from ideogram_operator.ideogram.sender import HttpSender, trust_store
from ideogram_operator.resource.words import Health, ProbeMethod, State
from tests.hostile.strategies import assert_clear, bounded, examples, mangled
from tests.hostile.test_provider_answers import NOW, state_after

SECRET: Final = "ideo-canary-0123456789abcdef"
GOOD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n" + b'{"models": []}'
CHUNKED: Final = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n{"model\r\n7\r\ns": []}\r\n0\r\n\r\n'
REFUSED: Final = b"HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\n{}"
MOVED: Final = b"HTTP/1.1 307 Moved\r\nLocation: https://elsewhere.example/models\r\nContent-Length: 0\r\n\r\n"
BOMB: Final = zlib.compress(b"\0" * (64 * 2**20), 9)


def head(*headers: bytes, status: bytes = b"200 OK") -> bytes:
    return b"\r\n".join([b"HTTP/1.1 " + status, *headers, b"", b""])


def packed(body: bytes, coding: bytes) -> bytes:
    return head(b"Content-Encoding: " + coding, b"Content-Length: %d" % len(body)) + body


NASTIEST: Final = {
    "gzip bomb": packed(gzip.compress(b"\0" * (64 * 2**20)), b"gzip"),
    "deflate bomb": packed(BOMB, b"deflate"),
    "bomb in a bomb": packed(gzip.compress(gzip.compress(b"\0" * (64 * 2**20))), b"gzip, gzip"),
    "not packed": packed(b'{"models": []}', b"gzip"),
    "unknown packing": packed(b"\x28\xb5\x2f\xfd" + b"\0" * 40, b"zstd"),
    "cut packing": packed(gzip.compress(b'{"models": []}' * 99)[:30], b"gzip"),
    "two lengths": head(b"Content-Length: 2", b"Content-Length: 9") + b"{}",
    "length and chunks": head(b"Content-Length: 2", b"Transfer-Encoding: chunked") + b"2\r\n{}\r\n0\r\n\r\n",
    "negative length": head(b"Content-Length: -1") + b"{}",
    "length without end": head(b"Content-Length: " + b"9" * 400) + b"{}",
    "length in other digits": head("Content-Length: ١٤".encode()) + b'{"models": []}',
    "chunk without end": head(b"Transfer-Encoding: chunked") + b"f" * 90_000,
    "chunk of all sizes": head(b"Transfer-Encoding: chunked") + b"ffffffffffffffffff\r\n{}",
    "chunk extension": head(b"Transfer-Encoding: chunked") + b"2;" + b"a" * 200_000 + b"\r\n{}\r\n0\r\n\r\n",
    "trailers without end": head(b"Transfer-Encoding: chunked") + b"2\r\n{}\r\n0\r\n" + b"A: b\r\n" * 50_000,
    "header without end": b"HTTP/1.1 200 OK\r\nX: " + b"a" * 500_000,
    "headers without end": b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 60_000,
    "hundreds": b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000,
    "hints": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 5_000 + GOOD,
    "switching": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n\0\0\0",
    "status 000": head(b"Content-Length: 0", status=b"000 X"),
    "status 099": head(b"Content-Length: 0", status=b"099 X"),
    "status 9999": head(b"Content-Length: 0", status=b"9999 X"),
    "status in words": head(b"Content-Length: 0", status=b"OK 200"),
    "http 0.9": b'{"models": []}',
    "http 2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "tls": bytes.fromhex("15030100020228"),
    "folded": b"HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\nContent-Length: 2\r\n\r\n{}",
    "NUL in a header": b"HTTP/1.1 200 OK\r\nX-A: \0\r\nContent-Length: 2\r\n\r\n{}",
    "latin header": b"HTTP/1.1 429 X\r\nRetry-After: \xff\xfe\r\nContent-Length: 2\r\n\r\n{}",
    "location of nothing": head(b"Location: ", b"Content-Length: 0", status=b"302 X"),
    "location of nonsense": head(b"Location: http://[::1", b"Content-Length: 0", status=b"302 X"),
    "location of a port": head(b"Location: http://a:99999999/", b"Content-Length: 0", status=b"302 X"),
    "location in latin": head(b"Location: http://\xff\xfe/\xff", b"Content-Length: 0", status=b"302 X"),
    "location of a name": head(b"Location: http://" + b"a" * 300 + b".example/", b"Content-Length: 0", status=b"302 X"),
    "location without end": head(b"Location: " + b"/a" * 40_000, b"Content-Length: 0", status=b"302 X"),
    "location of another kind": head(b"Location: javascript:alert(1)", b"Content-Length: 0", status=b"302 X"),
    "cookies": head(
        *[b"Set-Cookie: a%d=%s; Domain=127.0.0.1" % (n, b"x" * 100) for n in range(500)], b"Content-Length: 0"
    ),
}


@asynccontextmanager
async def serving(answer: bytes, *, hang: bool = False, drip: bool = False) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A socket that gives these bytes to every request and closes, or goes on in silence; and what it was asked."""
    asked: list[bytes] = []
    over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked.append(await reader.readuntil(b"\r\n\r\n"))
            for start in range(0, len(answer), 1 if drip else len(answer) or 1):
                writer.write(answer[start : start + 1] if drip else answer)
                await writer.drain()
                if drip:
                    await asyncio.sleep(0.05)
            if hang:
                await over.wait()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked
    finally:
        over.set()
        server.close()


def with_sender(work: Callable[[HttpSender], Awaitable[None]]) -> None:
    async def run() -> None:
        sender = HttpSender(trust_store())
        try:
            await work(sender)
        finally:
            await sender.close()

    asyncio.run(run())


def probe(url: str, *, timeout: float = 5.0, fresh: bool = True) -> Request:
    return Request(
        verb="GET", url=f"{url}/models", timeout=timeout, key=ApiKey(SECRET), method=ProbeMethod.KEY_CHECK, fresh=fresh
    )


def is_sound(request: Request, reply: Reply) -> None:
    """A reply of any kind means something, in clear words; and once is never enough for a fallback, but for no credit."""
    assert isinstance(reply, Answer | Failure)
    if isinstance(reply, Answer):
        assert len(reply.body) <= BODY_LIMIT
    outcome = interpret(request, reply, NOW)
    assert_clear(outcome.message, longest=300, secrets=(SECRET, SECRET[:8]))
    assert state_after(outcome, 1) in {State.LIVE, State.SUSPECT}
    if outcome.health is Health.HEALTHY:
        assert isinstance(reply, Answer)
        assert state_after(outcome, 6) is State.LIVE


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", NASTIEST)
def test_the_nastiest_is_an_answer_or_a_failure_in_bounded_memory(name: str) -> None:
    async def ask(sender: HttpSender) -> None:
        async with serving(NASTIEST[name]) as (url, _):
            request = probe(url)
            is_sound(request, await sender.send(request))

    with bounded(seconds=20, mebibytes=24):
        with_sender(ask)


@pytest.mark.parametrize("name", ["hundreds", "headers without end", "chunk without end", "length without end"])
def test_what_never_ends_costs_its_deadline(name: str) -> None:
    async def ask(sender: HttpSender) -> None:
        async with serving(NASTIEST[name], hang=True) as (url, _):
            request = probe(url, timeout=1.0)
            is_sound(request, await sender.send(request))

    with bounded(seconds=15):
        with_sender(ask)


def test_a_head_that_drips_costs_its_deadline() -> None:
    async def ask(sender: HttpSender) -> None:
        async with serving(b"HTTP/1.1 100 Continue\r\n\r\n" * 100 + GOOD, drip=True) as (url, _):
            request = probe(url, timeout=1.0)
            assert isinstance(await sender.send(request), Failure)

    with bounded(seconds=15):
        with_sender(ask)


def test_no_cookie_is_kept_or_given_back() -> None:
    """They would pile up while the operator runs, and carry what one key's probes were told over to another's."""

    async def ask(sender: HttpSender) -> None:
        async with serving(NASTIEST["cookies"]) as (url, asked):
            for fresh in (False, True):
                for _ in range(3):
                    assert isinstance(await sender.send(probe(url, fresh=fresh)), Answer)
        assert len(asked) == 6
        assert not any(b"cookie" in one.lower() for one in asked)

    with_sender(ask)


@given(answers=st.lists(st.sampled_from([GOOD, CHUNKED, REFUSED, MOVED]).flatmap(mangled), min_size=5, max_size=5))
@example(answers=[NASTIEST["location of nonsense"], NASTIEST["status 099"]])
@examples(25)
def test_any_mangled_answer_is_an_answer_or_a_failure(answers: list[bytes]) -> None:
    async def ask(sender: HttpSender) -> None:
        for answer in answers:
            async with serving(answer) as (url, _):
                request = probe(url)
                is_sound(request, await sender.send(request))

    with bounded(seconds=20):
        with_sender(ask)
