"""What every request of a host passes: the log, the fault it may meet, and the real answer."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from aiohttp import web

from lab.simulator.accounts import Accounts
from lab.simulator.faults import Fault, FaultPlan
from lab.simulator.listener import Connection
from lab.simulator.messages import Answer, Incoming
from lab.simulator.misbehaviour import misbehave, respond
from lab.simulator.records import Record, RequestLog
from lab.simulator.routes import route_of
from lab.simulator.words import FaultKind, Host, Route

NOTHING = Answer(status=500)


@dataclass(slots=True, kw_only=True)
class Gate:
    """The handler of one host. ``now`` is Unix time, ``clock`` is the monotonic one the fault plan counts in."""

    host: Host
    answer: Callable[[Route, Incoming], Awaitable[Answer]]
    accounts: Accounts
    faults: FaultPlan
    log: RequestLog
    now: Callable[[], float]
    clock: Callable[[], float]
    connection_of: Callable[[web.BaseRequest], Connection] | None = None
    elsewhere_url: str = ""
    _running: set[asyncio.Task[Answer]] = field(default_factory=set)

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Serve one request."""
        incoming = await read_request(request)
        route = route_of(self.host, incoming)
        key = self.accounts.label(incoming.key)
        connection = self._connection(request)
        fault = self.faults.pick(host=self.host, route=route, key=key, now=self.clock(), opened_at=connection.opened_at)
        record = self.log.arrived(
            incoming,
            self.accounts.secrets,
            at=self.now(),
            host=self.host,
            route=route,
            key=key,
            connection=connection.number,
            fault=fault.kind if fault else None,
        )
        try:
            response = await self._respond(request, incoming, fault, record)
        except (asyncio.CancelledError, ConnectionError):
            self._finish(record, outcome="disconnected")
            raise
        self._finish(record, status=response.status, outcome="answered")
        return response

    def stop(self) -> None:
        """End the work that outlived its client."""
        for task in self._running:
            task.cancel()

    async def _respond(
        self, request: web.BaseRequest, incoming: Incoming, fault: Fault | None, record: Record
    ) -> web.StreamResponse:
        if fault is None:
            return respond(await self._work(incoming, record))
        answer = await self._work(incoming, record) if fault.runs_request else NOTHING
        if fault.kind is FaultKind.REDIRECT and fault.location is None:
            fault = replace(fault, location=f"{self.elsewhere_url}{request.raw_path}")
        return await misbehave(request, fault, answer)

    async def _work(self, incoming: Incoming, record: Record) -> Answer:
        """The real answer. A client that goes away does not stop the work: the API finishes it, and bills."""

        async def work() -> Answer:
            answer = await self.answer(record.route, incoming)
            self.log.update(record, billed_usd=answer.billed)
            return answer

        task = asyncio.create_task(work())
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    def _finish(self, record: Record, **changes: object) -> None:
        self.log.update(record, seconds=self.now() - record.at, **changes)

    def _connection(self, request: web.BaseRequest) -> Connection:
        if self.connection_of is None:
            return Connection(number=0, opened_at=self.clock())
        return self.connection_of(request)


async def read_request(request: web.BaseRequest) -> Incoming:
    """The request as data, its body read to the end."""
    return Incoming(
        method=request.method,
        path=request.path,
        query=dict(request.query),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await request.read(),
    )
