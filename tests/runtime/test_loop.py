"""The event loop looks names up as asyncio does: a resolver that does not answer must not keep all names waiting."""

import asyncio
import socket
import threading
from collections.abc import Iterator

import pytest

from ideogram_operator.runtime.loop import EventLoop

LIBUV_THREADS = 4


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Names that end with ``stuck`` are not answered for until the test is over."""
    over, look_up = threading.Event(), socket.getaddrinfo

    def answer(host: str, *rest: object) -> object:
        if host.endswith("stuck"):
            over.wait(30.0)
        return look_up("127.0.0.1", *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    yield
    over.set()


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
        for task in waiting:
            task.cancel()
        return list(found)

    loop = EventLoop()
    try:
        assert loop.run_until_complete(look())[0][4] == ("127.0.0.1", 80)  # type: ignore[index]
    finally:
        loop.close()
