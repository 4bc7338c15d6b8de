"""How the event loop looks names up: a resolver that does not answer must not keep all names waiting."""

import asyncio
import socket
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from ideogram_operator.runtime.loop import NAMES, EventLoop

PYTHON_THREADS = 32
"""As many as Python has at most, for everything."""
THREADS = 2 * NAMES


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Names that end with ``stuck`` are not answered for until the test is over; all that were asked for."""
    over, look_up, asked = threading.Event(), socket.getaddrinfo, list[str]()

    def answer(host: str, *rest: object) -> object:
        asked.append(host)
        if host.endswith("stuck"):
            over.wait(30.0)
        return look_up("127.0.0.1" if host == "fine" else host, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    yield asked
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
            for number in range(PYTHON_THREADS)
        ]
        async with asyncio.timeout(10.0):
            found = await asyncio.get_running_loop().getaddrinfo("fine", 80, type=socket.SOCK_STREAM)
            # Nor what else has a thread of its own: a scrape, for one.
            assert await asyncio.to_thread(lambda: "done") == "done"
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


def test_a_name_that_is_not_answered_for_is_asked_for_once_however_often_it_is_needed(stuck: list[str]) -> None:
    async def probe_again_and_again() -> None:
        loop = asyncio.get_running_loop()
        for _ in range(THREADS):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.001):
                    await loop.getaddrinfo("provider.stuck", 443)
        async with asyncio.timeout(10.0):
            await loop.getaddrinfo("fine", 80)
            await loop.getaddrinfo("fine", 80)

    loop = EventLoop()
    try:
        loop.run_until_complete(probe_again_and_again())
    finally:
        loop.close()
    assert stuck == ["provider.stuck", "fine", "fine"]


def test_a_name_that_does_not_resolve_is_told_to_all_that_asked_and_asked_for_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "not known")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)

    async def ask() -> list[object]:
        loop = asyncio.get_running_loop()
        return await asyncio.gather(*(loop.getaddrinfo("gone", 80) for _ in range(3)), return_exceptions=True)

    loop = EventLoop()
    try:
        for _ in range(2):
            found = loop.run_until_complete(ask())
            assert [type(one) for one in found] == [socket.gaierror] * 3
    finally:
        loop.close()
