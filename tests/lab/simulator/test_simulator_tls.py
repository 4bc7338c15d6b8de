"""The API over TLS: what an operator that insists on https talks to."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from lab.controlplane.certificates import Certificates, issue
from lab.simulator import Config, Simulator

from .conftest import GENERATION, Opener


@pytest.fixture
def made(tmp_path: Path) -> Certificates:
    return issue(tmp_path)


@pytest.fixture
def tls(made: Certificates) -> Iterator[Simulator]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made.server, made.server_key)
    with Simulator(Config(ssl_context=context)) as sim:
        yield sim


@pytest.fixture
def trust(made: Certificates) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(made.ca))


def test_it_serves_whoever_trusts_its_authority(tls: Simulator, trust: ssl.SSLContext, opener: Opener) -> None:
    client = opener(tls.url, tls.key, verify=trust)
    image = client.post("/generate", json=GENERATION).json()["data"][0]["url"]
    assert image.startswith("https://")
    assert client.get(image).status_code == 200
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        opener(tls.url, tls.key).get("/models")


def test_it_breaks_as_without_tls(tls: Simulator, trust: ssl.SSLContext, opener: Opener) -> None:
    client = opener(tls.url, tls.key, verify=trust)
    for kind in ("reset", "truncate", "not_http"):
        tls.admin.fault(kind, times=1)
        with pytest.raises(httpx.TransportError):
            client.get("/models")
    assert client.get("/models").status_code == 200
    tls.admin.fault("refused")
    with pytest.raises(httpx.TransportError):
        client.get("/models")
    with pytest.raises(httpx.ConnectError, match="refused"):
        client.get("/models")


def test_refusing_cuts_a_connection_in_the_middle_of_its_handshake(tls: Simulator, trust: ssl.SSLContext) -> None:
    sent, received = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trust.wrap_bio(received, sent, server_hostname="127.0.0.1")
    with socket.create_connection(("127.0.0.1", int(tls.url.rpartition(":")[2])), timeout=5) as wire:
        with pytest.raises(ssl.SSLWantReadError):
            client.do_handshake()
        wire.sendall(sent.read())
        received.write(wire.recv(65536))
        client.do_handshake()
        tls.admin.fault("refused")
        client.write(b"GET /v1/.well-known/jwks.json HTTP/1.1\r\nHost: x\r\n\r\n")
        with suppress(ConnectionError):
            wire.sendall(sent.read())
            while data := wire.recv(65536):
                received.write(data)
        with pytest.raises(ssl.SSLError):
            client.read(1000)
    assert tls.admin.requests() == []
