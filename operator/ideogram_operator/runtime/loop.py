"""The event loop: libuv's, for in a storm the loop's own work is a quarter of it all."""

import asyncio
import ipaddress
import socket
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final

import uvloop

NAMES: Final = 64
"""Names that may be without an answer before others have to wait."""

Question = tuple[Any, ...]


class EventLoop(uvloop.Loop):
    """libuv's, but names are looked up in threads of their own, and each name by one at a time.

    libuv has four threads for that, and Python a few for everything. A resolver keeps one for as long as it does not
    answer, which is longer than whoever asked waits: probes of a provider whose zone hangs would soon have all of them,
    and the control URL, which proves that it is not our own network, would not be looked up any more.
    """

    def __init__(self) -> None:
        super().__init__()
        self._resolvers = ThreadPoolExecutor(NAMES, thread_name_prefix="names")
        self._asked: dict[Question, asyncio.Future[list[Any]]] = {}

    async def getaddrinfo(
        self,
        host: Any,
        port: Any,
        *,
        family: int = 0,
        type: int = 0,  # noqa: A002 - asyncio's name
        proto: int = 0,
        flags: int = 0,
    ) -> list[Any]:
        """What the host's name resolves to. Raises ``socket.gaierror``."""
        question = (host, port, family, type, proto, flags)
        if _is_address(host):
            # At once, for each connection begins so: it must not wait for threads that wait for a resolver.
            return socket.getaddrinfo(*question)
        # Who has waited long enough leaves; the others wait on.
        return list(await asyncio.shield(self._asked.get(question) or self._ask(question)))

    def close(self) -> None:
        """Ends the loop; names that are not answered for are not waited for."""
        self._resolvers.shutdown(wait=False, cancel_futures=True)
        super().close()

    def _ask(self, question: Question) -> "asyncio.Future[list[Any]]":
        asking = self._resolvers.submit(socket.getaddrinfo, *question)
        answer: asyncio.Future[list[Any]] = asyncio.wrap_future(asking, loop=self)
        self._asked[question] = answer
        answer.add_done_callback(partial(self._answered, question))
        return answer

    def _answered(self, question: Question, answer: "asyncio.Future[list[Any]]") -> None:
        self._asked.pop(question, None)
        if not answer.cancelled():
            answer.exception()  # nobody may be left to hear of it


def _is_address(host: Any) -> bool:
    try:
        return isinstance(host, str) and bool(ipaddress.ip_address(host))
    except ValueError:
        return False
