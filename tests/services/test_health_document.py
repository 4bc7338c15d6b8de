"""What the application says of itself, from documents of every kind."""

import json
import ssl
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ideogram_operator.ideogram.hosts import AllowedHosts
from ideogram_operator.resource.targets import Verify
from ideogram_operator.services.guard import Guard
from ideogram_operator.services.health_document import LIMIT, ask
from ideogram_operator.services.results import ServiceError
from ideogram_operator.services.web import Web
from tests.services.web_server import answer, saying, serving

CANARY = "canary-0123456789"


@pytest.fixture
async def guard_and_web() -> AsyncIterator[tuple[Guard, Web]]:
    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    guard = Guard(allowed=AllowedHosts.parse(()), resolve=resolve)
    web = Web(guard, ssl.create_default_context())
    yield guard, web
    await web.close()


async def asked(raw: bytes, *, path: str = "services.ideogram") -> str:
    async with serving(saying(raw)) as server:
        guard = Guard(allowed=AllowedHosts.parse([server.url]))
        async with Web(guard, ssl.create_default_context()) as web:
            verify = Verify(url=f"{server.url}/health?token={CANARY}", path=path, fallback_value="disabled")
            return await ask(web, guard, verify, namespace="shop", timeout=5)


def document(value: Any) -> bytes:
    return json.dumps({"status": "ok", "services": {"ideogram": value}}).encode()


@pytest.mark.parametrize(
    ("value", "text"),
    [("disabled", "disabled"), (True, "true"), (False, "false"), (3, "3"), (0.5, "0.5"), (None, "null"), ("", "")],
)
async def test_the_value_at_the_path_is_given_as_text(value: Any, text: str) -> None:
    assert await asked(answer("200 OK", document(value))) == text


async def test_a_document_that_comes_with_503_is_read() -> None:
    assert await asked(answer("503 Service Unavailable", document("disabled"))) == "disabled"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (answer("404 Not Found", document("disabled")), "the health document answers HTTP 404"),
        (answer("503 Service Unavailable", b"no healthy upstream"), "the health document answers HTTP 503"),
        (answer("200 OK", f"<p>{CANARY}</p>".encode()), "the health document is not JSON"),
        (answer("200 OK", b"[" * 60_000), "the health document is not JSON"),
        (answer("200 OK", b"\xff\xfe\x00"), "the health document is not JSON"),
        (answer("200 OK", b"{}"), "the health document has nothing at services.ideogram"),
        (answer("200 OK", b'{"services": "ideogram"}'), "the health document has nothing at services.ideogram"),
        (answer("200 OK", document({"a": CANARY})), "the health document has no single value at services.ideogram"),
        (
            answer("200 OK", document(CANARY * 100)),
            "the health document has a value of more than 256 characters at services.ideogram",
        ),
        (answer("200 OK", b" " * (LIMIT + 1)), "127.0.0.1 answers with more than 65536 bytes"),
    ],
)
async def test_anything_else_is_an_error_that_quotes_nothing(raw: bytes, message: str) -> None:
    with pytest.raises(ServiceError) as failed:
        await asked(raw)
    assert failed.value.message == message
    assert failed.value.hint
    assert not failed.value.untried
    assert CANARY not in repr(failed.value)


async def test_a_foreign_host_is_not_asked(guard_and_web: tuple[Guard, Web]) -> None:
    guard, web = guard_and_web
    verify = Verify(url="http://storefront.other.svc/health", path="a", fallback_value="b")
    with pytest.raises(ServiceError, match="neither a Service of namespace shop") as refused:
        await ask(web, guard, verify, namespace="shop", timeout=5)
    assert refused.value.untried


async def test_a_service_that_leads_to_the_loopback_is_not_asked(guard_and_web: tuple[Guard, Web]) -> None:
    guard, web = guard_and_web
    async with serving(saying(answer("200 OK", document("disabled")))) as server:
        verify = Verify(url=f"http://storefront.shop.svc:{server.port}/health", path="a", fallback_value="b")
        with pytest.raises(ServiceError, match=r"has the address 127\.0\.0\.1") as refused:
            await ask(web, guard, verify, namespace="shop", timeout=5)
    assert refused.value.untried
    assert server.connections == 0
