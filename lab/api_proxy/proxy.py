"""The proxy itself: ends TLS with a certificate of its own, and forwards with the client's own bearer token."""

import asyncio
import ssl
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from lab.api_proxy.asked import Asked, Exchange
from lab.api_proxy.forwarding import Forwarder
from lab.api_proxy.halt import Halt, When
from lab.api_proxy.rules import Rule
from lab.controlplane.certificates import issue_server
from lab.kubeconfig import Access
from lab.loop_thread import LoopThread
from lab.simulator.listener import Listener

Answer = TypeVar("Answer")


class ApiProxy:
    """Another way to an API server; runs inside its ``with`` block, in a thread of its own.

    Only bearer tokens get through it: a client certificate ends where TLS does.

    Attributes:
        ca: the authority that its clients have to trust, PEM.
        url: ``https://127.0.0.1:PORT``.
    """

    def __init__(self, access: Access) -> None:
        """``access``: of anybody; what it says of server and authority is used, its credentials are not."""
        self._access = replace(access, certificate=None, token=None)
        self._loop = LoopThread()
        with tempfile.TemporaryDirectory(prefix="api-proxy-") as folder:
            pair = issue_server(Path(folder))
            self.ca = pair.ca.read_text()
            self._ssl = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._ssl.load_cert_chain(pair.certificate, pair.key)
        self._forwarder = Forwarder(self._access)
        self._listener: Listener
        self.url = ""

    def __enter__(self) -> Self:
        self._loop.start()
        self._listener = self._loop.do(self._begin())
        self.url = self._listener.url
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.do(self._end())
        self._loop.end()

    # -- what was asked ------------------------------------------------------------------------------------------------

    def exchanges(self) -> list[Exchange]:
        """Every request so far, in the order of arrival."""
        return list(self._forwarder.exchanges)

    def writes(self, *, since: int = 0) -> list[Exchange]:
        """The writes, from the ``since``-th request on (`len(proxy.exchanges())` as it was at some moment)."""
        return [each for each in self.exchanges()[since:] if each.asked.is_write]

    # -- what goes wrong -----------------------------------------------------------------------------------------------

    def add(self, rule: Rule) -> int:
        """Puts a rule in force, before all others; its number."""
        return self._call(lambda: self._forwarder.rules.add(rule))

    def heal(self, number: int | None = None) -> None:
        """Takes back one rule, or all."""
        self._call(lambda: self._forwarder.rules.remove(number))

    def hits(self, number: int) -> int:
        """How many requests the rule has met."""
        return self._call(lambda: self._forwarder.rules.hits(number))

    def refuse(self) -> None:
        """Cuts every connection and refuses new ones, until `accept`."""
        self._call(self._listener.refuse)

    def accept(self) -> None:
        """Takes connections again."""
        self._loop.do(self._listener.listen())

    def halt(self, number: int, when: When, *, fits: Callable[[Asked], bool] = lambda _: True) -> Halt:
        """Stops the world at the ``number``-th write from now (from 1) of those that fit.

        From then on no request gets further than here, until `resume`. What was forwarded before it goes on.
        """
        halt = Halt(number=number, when=when, fits=fits)
        self._call(lambda: self._forwarder.world.set(halt))
        return halt

    def resume(self) -> None:
        """Drops what was held, and any halt not reached; lets everything pass from now on."""
        self._call(self._forwarder.world.go_on)

    # -- its thread ----------------------------------------------------------------------------------------------------

    async def _begin(self) -> Listener:
        await self._forwarder.open()
        listener = Listener(self._forwarder.serve, ssl_context=self._ssl)
        await listener.listen()
        return listener

    async def _end(self) -> None:
        await self._listener.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._forwarder.close()

    def _call(self, action: Callable[[], Answer]) -> Answer:
        async def called() -> Answer:
            return action()

        return self._loop.do(called())
