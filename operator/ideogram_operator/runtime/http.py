"""The operator's one port: ``/metrics``, ``/healthz`` and ``/readyz``."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

Check = Callable[[], str | None]

HIGHEST_PORT = 65_535


class ListenError(ValueError):
    """The address to listen on is not usable; the message says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """What the port answers.

    Attributes:
        alive: one check a line of ``/healthz``; each returns what is wrong, or None. A restart must help with it.
        ready: likewise for ``/readyz``.
    """

    metrics: CollectorRegistry
    alive: Iterable[tuple[str, Check]]
    ready: Iterable[tuple[str, Check]]

    async def start(self, listen: str) -> web.AppRunner:
        """Listens on ``ADDR:PORT``; returns the runner, to be cleaned up at the end.

        Raises:
            ListenError: the address is malformed or taken.
        """
        host, _, port = listen.rpartition(":")
        if not host or not port.isdecimal():
            raise ListenError(f"--listen {listen!r} is not ADDR:PORT, such as 0.0.0.0:8080")
        if int(port) > HIGHEST_PORT:
            raise ListenError(f"--listen {listen}: a port is at most {HIGHEST_PORT}")
        app = web.Application()
        app.add_routes(
            [
                web.get("/metrics", self._metrics),
                web.get("/healthz", self._alive),
                web.get("/readyz", self._ready),
            ]
        )
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, host.strip("[]"), int(port)).start()
        except OSError as error:
            await runner.cleanup()
            raise ListenError(f"--listen {listen}: {error}") from error
        return runner

    async def _metrics(self, request: web.Request) -> web.Response:
        # As every Prometheus client has it: only these series, for whoever wants a few of a hundred thousand.
        names = request.query.getall("name[]", [])
        wanted = self.metrics.restricted_registry(names) if names else self.metrics
        # On another thread: ten thousand integrations are ten megabytes, and the loop has other things to do.
        page = await asyncio.to_thread(generate_latest, wanted)
        return web.Response(body=page, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _alive(self, _: web.Request) -> web.Response:
        return _answer(self.alive)

    async def _ready(self, _: web.Request) -> web.Response:
        return _answer(self.ready)


def _answer(checks: Iterable[tuple[str, Check]]) -> web.Response:
    said = [(name, check()) for name, check in checks]
    lines = [f"[{'-' if wrong else '+'}] {name}: {wrong or 'ok'}" for name, wrong in said]
    status = 503 if any(wrong for _, wrong in said) else 200
    return web.Response(status=status, text="\n".join(lines) + "\n")
