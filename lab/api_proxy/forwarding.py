"""One request on its way: recorded, held, spoilt or forwarded, its answer passed on chunk by chunk."""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Final

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from lab.api_proxy.asked import Exchange, asked
from lab.api_proxy.halt import When, World
from lab.api_proxy.rules import Fate, Rule, Rules, gone_event
from lab.kubeconfig import Access

HOP_BY_HOP: Final = frozenset(
    {"connection", "content-length", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
)
OF_THE_CLIENT: Final = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
JSON: Final = {"Content-Type": "application/json"}


class DroppedError(ConnectionResetError):
    """This request gets no answer: its connection has been reset."""


class Forwarder:
    """Serves requests; used in the proxy's own thread only."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._session: aiohttp.ClientSession | None = None
        self.exchanges: list[Exchange] = []
        self.rules = Rules()
        self.world = World()

    async def open(self) -> None:
        """Makes ready to forward."""
        connector = aiohttp.TCPConnector(ssl=self._access.ssl_context(), limit=0)
        # The answers' encoding is the client's business.
        self._session = aiohttp.ClientSession(
            connector=connector, timeout=aiohttp.ClientTimeout(total=None, sock_connect=10), auto_decompress=False
        )

    async def close(self) -> None:
        """Closes its connections to the server."""
        if self._session is not None:
            await self._session.close()

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """The handler of the proxy's server."""
        body = await request.read()
        what = asked(request.method, request.raw_path, body)
        exchange = Exchange(asked=what)
        self.exchanges.append(exchange)
        try:
            return await self._serve(request, body, exchange)
        except (aiohttp.ClientError, OSError):
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=web.HTTPBadGateway.status_code)  # nobody gets it: the connection is gone

    async def _serve(self, request: web.BaseRequest, body: bytes, exchange: Exchange) -> web.StreamResponse:
        what = exchange.asked
        halt = self.world.count(what)
        if halt and halt.when is When.BEFORE:
            self.world.stop(halt, what)
        await self._must_pass()
        rule = self.rules.pick(what)
        if rule and rule.spoils and not rule.carried_out:
            return await self._spoilt(request, rule, exchange)
        async with self._forwarded(request, body) as answer:
            if what.verb == "watch" and answer.status == web.HTTPOk.status_code:
                return await self._watched(request, answer, exchange, rule)
            content = await answer.read()
            if halt and halt.when is When.AFTER:
                exchange.status = answer.status
                self.world.stop(halt, what)
            await self._must_pass()
            if rule and rule.spoils:
                return await self._spoilt(request, rule, exchange)
            await asyncio.sleep(rule.delay if rule else 0)
            exchange.status = answer.status
            return web.Response(status=answer.status, headers=_passed_on(answer.headers), body=content)

    async def _must_pass(self) -> None:
        if not await self.world.passes():
            raise DroppedError

    def _forwarded(self, request: web.BaseRequest, body: bytes) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        if self._session is None:
            raise RuntimeError("the proxy has not begun")
        return self._session.request(
            request.method,
            URL(self._access.server + request.raw_path, encoded=True),
            headers=_passed_on(request.headers),
            data=body or None,
            skip_auto_headers=OF_THE_CLIENT,
            server_hostname=self._access.tls_name,
            allow_redirects=False,
        )

    async def _spoilt(self, request: web.BaseRequest, rule: Rule, exchange: Exchange) -> web.StreamResponse:
        await asyncio.sleep(rule.delay)
        if rule.status:
            exchange.status = rule.status
            return web.Response(status=rule.status, headers=JSON | rule.headers, body=rule.body())
        if exchange.asked.verb == "watch":
            response = await _opened(request, exchange, JSON)
            return await _ended(response, rule.fate)
        if rule.fate is Fate.SILENT:
            await _forever()
        raise DroppedError

    async def _watched(
        self, request: web.BaseRequest, answer: aiohttp.ClientResponse, exchange: Exchange, rule: Rule | None
    ) -> web.StreamResponse:
        await asyncio.sleep(rule.delay if rule else 0)
        response = await _opened(request, exchange, _passed_on(answer.headers))
        flow = asyncio.create_task(_flow(answer, response))
        end = asyncio.create_task(self.rules.end_of_watch(exchange.asked))
        try:
            await asyncio.wait({flow, end}, return_when=asyncio.FIRST_COMPLETED)
            if flow.done():
                return flow.result()
            flow.cancel()
            answer.close()
            return await _ended(response, end.result())
        finally:
            flow.cancel()
            end.cancel()


async def _opened(request: web.BaseRequest, exchange: Exchange, headers: Mapping[str, str]) -> web.StreamResponse:
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    exchange.status = response.status
    return response


async def _flow(answer: aiohttp.ClientResponse, response: web.StreamResponse) -> web.StreamResponse:
    async for chunk in answer.content.iter_any():
        await response.write(chunk)
    await response.write_eof()
    return response


async def _ended(response: web.StreamResponse, fate: Fate | None) -> web.StreamResponse:
    if fate is Fate.SILENT:
        await _forever()
    if fate is Fate.GONE:
        await response.write(gone_event())
    await response.write_eof()
    return response


async def _forever() -> None:
    """Until the client gives up: that cancels what serves it."""
    await asyncio.Event().wait()


def _passed_on(headers: Mapping[str, str]) -> CIMultiDict[str]:
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in HOP_BY_HOP)
