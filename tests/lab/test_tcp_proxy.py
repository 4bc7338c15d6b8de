"""What a client behind the proxy notices."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from lab.cluster import Cluster
from lab.kube import Kube
from lab.ports import ReservedPort
from lab.tcp_proxy import TcpProxy
from lab.tokens import service_account_kubeconfig


@pytest.fixture
def echo() -> Iterator[str]:
    """The URL of a server that sends back what it gets."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener,), daemon=True)
        thread.start()
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


def _serve(listener: socket.socket) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_echo, args=(connection,), daemon=True).start()


def _echo(connection: socket.socket) -> None:
    with closing(connection):
        try:
            while received := connection.recv(1024):
                connection.sendall(received)
        except OSError:
            return


def connect(proxy: TcpProxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=5)


def said(connection: socket.socket, word: bytes = b"hello") -> bytes:
    connection.sendall(word)
    return connection.recv(1024)


def test_it_forwards_both_ways_and_passes_the_end_on(echo: str) -> None:
    with TcpProxy(echo) as proxy, connect(proxy) as client:
        assert said(client) == b"hello"
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1024) == b""
        assert proxy.connections == 1


def test_a_cut_resets_open_connections_and_takes_new_ones(echo: str) -> None:
    with TcpProxy(echo) as proxy, connect(proxy) as client:
        assert said(client) == b"hello"
        assert proxy.cut() == 1
        with pytest.raises(ConnectionResetError):
            client.recv(1024)
        with connect(proxy) as second:
            assert said(second) == b"hello"


def test_it_refuses_and_accepts_again_on_the_same_port(echo: str) -> None:
    with TcpProxy(echo) as proxy, connect(proxy) as client:
        assert said(client) == b"hello"
        proxy.refuse()
        with pytest.raises(ConnectionResetError):
            client.recv(1024)
        with pytest.raises(ConnectionRefusedError):
            connect(proxy)
        proxy.accept()
        with connect(proxy) as second:
            assert said(second) == b"hello"


def test_frozen_it_swallows_and_thawed_it_delivers(echo: str) -> None:
    with TcpProxy(echo) as proxy, connect(proxy) as client:
        assert said(client) == b"hello"
        proxy.freeze()
        client.sendall(b"late")
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.recv(1024)
        proxy.thaw()
        client.settimeout(5)
        assert client.recv(1024) == b"late"


def test_slow_it_delays_each_direction(echo: str) -> None:
    with TcpProxy(echo) as proxy, connect(proxy) as client:
        proxy.slow(0.1)
        started = time.monotonic()
        assert said(client) == b"hello"
        assert time.monotonic() - started >= 0.2


def test_a_target_that_refuses_looks_like_a_reset() -> None:
    with (
        ReservedPort() as nobody,
        TcpProxy(f"tcp://127.0.0.1:{nobody.number}") as proxy,
        # On a busy machine the reset is there before connecting has returned.
        pytest.raises(ConnectionResetError),
        connect(proxy) as client,
    ):
        client.recv(1024)


@pytest.mark.cluster
def test_the_api_server_is_reached_through_it_as_a_service_account(
    cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    with TcpProxy(cluster.server) as proxy:
        kubeconfig = service_account_kubeconfig(
            cluster.access, namespace, "default", tmp_path / "kubeconfig", server=proxy.url
        )
        with Kube.from_kubeconfig(kubeconfig) as kube:
            assert kube.get("/version")["major"] == "1"
            assert proxy.connections == 1
            proxy.refuse()
            with pytest.raises(httpx.TransportError):
                kube.get("/version")
            proxy.accept()
            assert kube.get("/version")["major"] == "1"
