"""The simulator as a context manager: a thread with a loop of its own, there on entering, gone on leaving."""

import asyncio
import threading
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from aiohttp import web

from lab.simulator.admin import AdminClient
from lab.simulator.adminserver import AdminServer
from lab.simulator.listener import ADDRESS
from lab.simulator.settings import Config
from lab.simulator.words import Host
from lab.simulator.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Where a running simulator is; no trailing slashes."""

    url: str
    control_url: str
    admin_url: str
    elsewhere_url: str


@asynccontextmanager
async def serving(config: Config) -> AsyncIterator[Endpoints]:
    """A simulator on the running loop.

    Raises:
        OSError: a port is taken.
    """
    world = World.build(config)
    runner = web.AppRunner(AdminServer(world=world).application(), access_log=None, shutdown_timeout=0.1)
    try:
        await world.start()
        await runner.setup()
        site = web.TCPSite(runner, ADDRESS, config.admin_port)
        await site.start()
        yield Endpoints(
            url=world.listeners[Host.API].url,
            control_url=world.listeners[Host.CONTROL].url,
            elsewhere_url=world.listeners[Host.ELSEWHERE].url,
            admin_url=f"http://{ADDRESS}:{runner.addresses[0][1]}",
        )
    finally:
        await runner.cleanup()
        await world.stop()


class Simulator:
    """A running simulator: ``with Simulator() as sim`` or ``async with Simulator() as sim``.

    It always runs in a thread of its own, so that its synchronous ``admin`` client works from coroutines too and a
    test's busy loop does not slow the provider down.
    """

    def __init__(self, config: Config | None = None) -> None:
        self.config = config or Config()
        self._endpoints: Endpoints | None = None
        self._admin: AdminClient | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()

    @classmethod
    def in_thread(cls, config: Config | None = None) -> Self:
        """A simulator to be entered; the name says where it runs."""
        return cls(config)

    @property
    def endpoints(self) -> Endpoints:
        """Where it is.

        Raises:
            RuntimeError: it is not running.
        """
        if self._endpoints is None:
            raise RuntimeError("the simulator is not running")
        return self._endpoints

    @property
    def url(self) -> str:
        """The API's base URL."""
        return self.endpoints.url

    @property
    def control_url(self) -> str:
        """The status page's summary: what the operator is given as its control URL."""
        return f"{self.endpoints.control_url}/api/v2/summary.json"

    @property
    def elsewhere_url(self) -> str:
        """The host that redirects lead to."""
        return self.endpoints.elsewhere_url

    @property
    def admin_url(self) -> str:
        """The admin port."""
        return self.endpoints.admin_url

    @property
    def broken_tls_url(self) -> str:
        """An https URL whose handshake fails: the admin port speaks plain HTTP only."""
        return self.endpoints.admin_url.replace("http://", "https://")

    @property
    def admin(self) -> AdminClient:
        """The client of the admin port."""
        if self._admin is None:
            self._admin = AdminClient(self.admin_url)
        return self._admin

    @property
    def key(self) -> str:
        """The default account's key: random, and easy to find where it should not be."""
        return self.config.key

    def start(self) -> None:
        """Run; returns when every port answers.

        Raises:
            OSError: a port is taken.
        """
        ready: Future[Endpoints] = Future()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="ideogram-simulator", daemon=True)
        self._thread.start()
        self._endpoints = ready.result()

    def stop(self) -> None:
        """Stop; returns when every port is free."""
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()
        self._endpoints = self._admin = None

    def _run(self, ready: "Future[Endpoints]") -> None:
        try:
            asyncio.run(self._serve(ready))
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)

    async def _serve(self, ready: "Future[Endpoints]") -> None:
        async with serving(self.config) as endpoints:
            self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
            ready.set_result(endpoints)
            await self._stop.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self.start)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)
