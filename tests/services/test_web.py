"""The client against real sockets: what a service, a network or a trickster can do to it."""

import asyncio
import gzip
import ssl
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from ideogram_operator.ideogram.hosts import AllowedHosts
from ideogram_operator.services.guard import Guard
from ideogram_operator.services.results import ServiceError
from ideogram_operator.services.web import Page, Web
from lab.ports import ReservedPort
from tests.services.web_server import (
    Behaviour,
    answer,
    certificate,
    dripping,
    flooding,
    listening,
    saying,
    serving,
    silence,
    tls,
)

CANARY = "canary-0123456789"
LIMIT = 1000


class Names:
    """A resolver whose answers a test may change."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def resolve(self, host: str, _port: int) -> list[str]:
        self.asked.append(host)
        return self.answers


@pytest.fixture
async def open_web() -> AsyncIterator[Callable[..., Web]]:
    opened: list[Web] = []

    def open_one(*entries: str, names: Names | None = None, trust: ssl.SSLContext | None = None) -> Web:
        allowed = AllowedHosts.parse(entries)
        guard = Guard(allowed=allowed, resolve=names.resolve) if names else Guard(allowed=allowed)
        opened.append(Web(guard, trust or ssl.create_default_context()))
        return opened[-1]

    yield open_one
    for web in opened:
        await web.close()


async def get(web: Web, url: str, *, within: float = 5.0) -> Page:
    return await web.get(f"{url}/path?token={CANARY}", timeout=within, limit=LIMIT)


async def failure(web: Web, url: str, *, within: float = 5.0) -> ServiceError:
    with pytest.raises(ServiceError) as failed:
        await get(web, url, within=within)
    assert CANARY not in repr(failed.value) + failed.value.message + failed.value.hint
    assert failed.value.hint
    return failed.value


async def test_an_answer_is_read_whole(open_web: Callable[..., Web]) -> None:
    said = answer("200 OK", b'{"a": 1}', media_type="Application/JSON; charset=utf-8", more="Set-Cookie: a=b\r\n")
    async with serving(saying(said)) as server:
        web = open_web(server.url)
        assert await get(web, server.url) == Page(status=200, media_type="application/json", body=b'{"a": 1}')
        await get(web, server.url)
    assert "GET /path?token=" in server.heads[0]
    assert "cookie" not in server.heads[1].lower()
    assert server.connections == 2, "a kept connection would ask a pod that is being replaced"


@pytest.mark.parametrize("status", ["404 Not Found", "503 Service Unavailable", "204 No Content"])
async def test_any_status_but_a_redirect_is_an_answer(open_web: Callable[..., Web], status: str) -> None:
    async with serving(saying(answer(status))) as server:
        assert (await get(open_web(server.url), server.url)).status == int(status[:3])


async def test_a_redirect_is_told_and_not_followed(open_web: Callable[..., Web]) -> None:
    async with serving(saying(answer("200 OK"))) as second:
        moved = answer("302 Found", more=f"Location: {second.url}/{CANARY}\r\n")
        async with serving(saying(moved)) as first:
            error = await failure(open_web(first.url, second.url), first.url)
    assert error.message == "127.0.0.1 redirects (HTTP 302), and redirects are not followed"
    assert second.connections == 0


@pytest.mark.parametrize("behaviour", [silence, dripping], ids=["silent", "dripping"])
async def test_the_deadline_is_for_all_of_it(open_web: Callable[..., Web], behaviour: Behaviour) -> None:
    async with serving(behaviour) as server:
        web, began = open_web(server.url), time.monotonic()
        error = await failure(web, server.url, within=0.3)
    assert error.message == "127.0.0.1 did not answer within 0.3 s"
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    "raw",
    [
        answer("200 OK", b"x" * (LIMIT + 1)),
        answer("200 OK", gzip.compress(b"x" * 10_000_000), more="Content-Encoding: gzip\r\n"),
    ],
    ids=["plain", "packed"],
)
async def test_too_long_an_answer_is_not_read(open_web: Callable[..., Web], raw: bytes) -> None:
    async with serving(saying(raw)) as server:
        error = await failure(open_web(server.url), server.url)
    assert error.message == "127.0.0.1 answers with more than 1000 bytes"


async def test_an_endless_answer_ends(open_web: Callable[..., Web]) -> None:
    async with serving(flooding) as server:
        assert "more than 1000 bytes" in (await failure(open_web(server.url), server.url)).message


async def test_an_answer_of_just_the_limit_is_read(open_web: Callable[..., Web]) -> None:
    async with serving(saying(answer("200 OK", b"x" * LIMIT))) as server:
        assert len((await get(open_web(server.url), server.url)).body) == LIMIT


async def test_a_packed_answer_is_unpacked(open_web: Callable[..., Web]) -> None:
    said = answer("200 OK", gzip.compress(b"[]"), more="Content-Encoding: gzip\r\n")
    async with serving(saying(said)) as server:
        assert (await get(open_web(server.url), server.url)).body == b"[]"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "hung up before its answer was whole"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "hung up before its answer was whole"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "does not answer in HTTP"),
        (answer("200 OK", b"nonsense", more="Content-Encoding: gzip\r\n"), "does not answer in HTTP"),
    ],
)
async def test_a_broken_answer_is_told(open_web: Callable[..., Web], raw: bytes, message: str) -> None:
    async with serving(saying(raw, hang_up=True)) as server:
        assert (await failure(open_web(server.url), server.url)).message == f"127.0.0.1 {message}"


async def test_a_refused_connection_is_told(open_web: Callable[..., Web]) -> None:
    with ReservedPort() as port:
        url = f"http://127.0.0.1:{port.number}"
        assert (await failure(open_web(url), url)).message == "127.0.0.1 refuses the connection"


async def test_a_certificate_must_be_trusted(open_web: Callable[..., Web], tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    async with serving(saying(answer("200 OK", b"[]")), tls(pem)) as server:
        entry = f"127.0.0.1:{server.port}"
        error = await failure(open_web(entry), server.url)
        trusted = open_web(entry, trust=ssl.create_default_context(cafile=tmp_path / "cert.pem"))
        assert (await get(trusted, server.url)).body == b"[]"
    assert error.message == "127.0.0.1 has a certificate that is not trusted: self-signed certificate"
    assert "--ca-file" in error.hint


async def test_plain_http_is_not_tls(open_web: Callable[..., Web]) -> None:
    async with listening(saying(answer("400 Bad Request"), hang_up=True)) as port:
        error = await failure(open_web(f"127.0.0.1:{port}"), f"https://127.0.0.1:{port}")
    assert error.message == "127.0.0.1 does not speak TLS on that port"


async def test_a_name_is_checked_by_what_it_resolves_to_for_this_connection(open_web: Callable[..., Web]) -> None:
    names = Names("169.254.169.254")
    error = await failure(open_web(names=names), "http://storefront.shop.svc:8080")
    assert error.untried
    assert error.message == "storefront.shop.svc has the address 169.254.169.254, which the operator does not call"


async def test_a_name_that_changes_is_checked_again(open_web: Callable[..., Web]) -> None:
    said = saying(answer("200 OK", b"[]", more="Connection: close\r\n"), hang_up=True)
    async with serving(said) as server:
        names, url = Names("127.0.0.1"), f"http://lab.example:{server.port}"
        web = open_web(url, names=names)
        assert (await get(web, url)).body == b"[]"
        names.answers = []
        assert "has no address" in (await failure(web, url)).message
    assert len(names.asked) == 2


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://[::1]:1", "http://169.254.169.254", "http://[::ffff:127.0.0.1]:1"]
)
async def test_an_address_does_not_pass_by_the_check(open_web: Callable[..., Web], url: str) -> None:
    error = await failure(open_web(), url)
    assert error.untried
    assert "which the operator does not call" in error.message


async def test_only_what_leaves_the_cluster_goes_through_the_proxy(
    open_web: Callable[..., Web], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(saying(answer("200 OK", b"proxy"))) as proxy, serving(saying(answer("200 OK", b"[]"))) as server:
        monkeypatch.setenv("http_proxy", proxy.url)
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        web = open_web(server.url)
        assert (await web.get(server.url, timeout=5, limit=LIMIT)).body == b"[]"
        assert (await web.get(server.url, timeout=5, limit=LIMIT, proxied=True)).body == b"proxy"


async def test_a_hundred_that_hang_cost_one_deadline(open_web: Callable[..., Web]) -> None:
    async with serving(silence) as stuck, serving(saying(answer("200 OK", b"[]"))) as server:
        web, began = open_web(stuck.url, server.url), time.monotonic()
        hanging = [asyncio.ensure_future(failure(web, stuck.url, within=1.0)) for _ in range(100)]
        assert (await get(web, server.url)).status == 200
        await asyncio.gather(*hanging)
    assert time.monotonic() - began < 10
