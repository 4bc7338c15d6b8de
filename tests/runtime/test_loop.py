"""The event loop looks names up as asyncio does: a resolver that does not answer must not keep all names waiting."""

import asyncio
import socket
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from ideogram_operator.runtime.loop import EventLoop

LIBUV_THREADS = 4
THREADS = 40
"""More than there are for names; Python has 32 at most."""


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Names that end with ``stuck`` are not answered for until the test is over."""
    over, look_up = threading.Event(), socket.getaddrinfo

    def answer(host: str, *rest: object) -> object:
        if host.endswith("stuck"):
            over.wait(30.0)
        return look_up("127.0.0.1" if host == "fine" else host, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    yield
    over.set()


async def _end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.usefixtures("stuck")
def test_names_that_are_not_answered_for_keep_no_other_from_being_looked_up() -> None:
    async def look() -> list[object]:
        waiting = [
            asyncio.create_task(asyncio.get_running_loop().getaddrinfo(f"{number}.stuck", 80))
            for number in range(LIBUV_THREADS)
        ]
        async with asyncio.timeout(10.0):
            found = await asyncio.get_running_loop().getaddrinfo("fine", 80, type=socket.SOCK_STREAM)
        assert not any(task.done() for task in waiting)
        await _end(waiting)
        return list(found)

    loop = EventLoop()
    try:
        assert loop.run_until_complete(look())[0][4] == ("127.0.0.1", 80)  # type: ignore[index]
    finally:
        loop.close()


@pytest.mark.usefixtures("stuck")
def test_an_address_is_connected_to_though_no_name_at_all_can_be_looked_up() -> None:
    async def connect(listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        waiting = [asyncio.create_task(loop.getaddrinfo(f"{number}.stuck", 80)) for number in range(THREADS)]
        async with asyncio.timeout(10.0):
            with socket.socket() as ours:
                ours.setblocking(False)
                await loop.sock_connect(ours, listening.getsockname())
            assert (await loop.getaddrinfo("::1", 80))[0][4][:2] == ("::1", 80)
        assert not any(task.done() for task in waiting)
        await _end(waiting)

    loop = EventLoop()
    try:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            loop.run_until_complete(connect(listening))
    finally:
        loop.close()
