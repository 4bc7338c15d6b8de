"""Everything a running simulator consists of, on one event loop."""

import asyncio
import random
import time
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Self

from lab.simulator.accounts import DEFAULT_ACCOUNT, Accounts
from lab.simulator.contract import Contract
from lab.simulator.faults import Fault, FaultPlan
from lab.simulator.gate import Gate
from lab.simulator.images import Gallery
from lab.simulator.listener import Listener
from lab.simulator.messages import Answer, Incoming, json_answer
from lab.simulator.provider import Provider
from lab.simulator.records import RequestLog
from lab.simulator.settings import Config
from lab.simulator.status_page import StatusPage
from lab.simulator.words import FaultKind, Host, Route

TEMPTATION = {
    "object": "price_quote",
    "billing_identifier": "elsewhere",
    "quantity": 1,
    "usd_micros": 0,
    "credit_millis": 0,
    "qualifier": "exact",
    "models": [],
    "created": "2026-01-01T00:00:00+00:00",
    "data": [{"url": None, "prompt": "elsewhere", "resolution": "1024x1024", "is_image_safe": True, "seed": 1}],
}
"""What the host nobody should be led to says: a success on every route, so that following is noticed."""


async def tempt(_route: Route, _incoming: Incoming) -> Answer:
    """The answer of the host ``elsewhere``."""
    return json_answer(TEMPTATION)


@dataclass(slots=True, kw_only=True)
class World:
    """The hosts and what they share. Made and used on one event loop only."""

    accounts: Accounts
    provider: Provider
    status_page: StatusPage
    faults: FaultPlan
    log: RequestLog
    gates: dict[Host, Gate]
    listeners: dict[Host, Listener]
    expiries: set[asyncio.Task[None]] = field(default_factory=set)

    @classmethod
    def build(cls, config: Config) -> Self:
        """The parts, wired; ports are reserved but nobody listens yet.

        Raises:
            OSError: a port is taken.
        """
        accounts, faults, log = Accounts(), FaultPlan(), RequestLog()
        accounts.add_key(secret=config.key, account=accounts.account(DEFAULT_ACCOUNT, config.credit))
        provider = Provider(
            accounts=accounts,
            settings=config.settings,
            gallery=Gallery(now=time.time),
            contract=Contract(),
            dice=random.Random(config.seed),  # noqa: S311 - latencies and image seeds, no secret
            now=time.time,
            sleep=asyncio.sleep,
        )
        page = StatusPage(now=time.time)
        clock = asyncio.get_running_loop().time
        answers = {Host.API: provider.answer, Host.CONTROL: page.answer, Host.ELSEWHERE: tempt}
        gates = {
            host: Gate(host=host, answer=answer, accounts=accounts, faults=faults, log=log, now=time.time, clock=clock)
            for host, answer in answers.items()
        }
        ports = {Host.API: config.port, Host.CONTROL: config.control_port, Host.ELSEWHERE: config.elsewhere_port}
        listeners = {
            host: Listener(gates[host], port=port, ssl_context=config.ssl_context if host is Host.API else None)
            for host, port in ports.items()
        }
        world = cls(
            accounts=accounts,
            provider=provider,
            status_page=page,
            faults=faults,
            log=log,
            gates=gates,
            listeners=listeners,
        )
        world._introduce()
        return world

    def _introduce(self) -> None:
        self.provider.base_url = self.listeners[Host.API].url
        for host, gate in self.gates.items():
            gate.connection_of = self.listeners[host].server.connection_of
            gate.elsewhere_url = self.listeners[Host.ELSEWHERE].url

    async def start(self) -> None:
        """Listen everywhere."""
        for listener in self.listeners.values():
            await listener.listen()

    async def stop(self) -> None:
        """Cut everything and give the ports back."""
        for expiry in tuple(self.expiries):
            expiry.cancel()
        for gate in self.gates.values():
            gate.stop()
        for listener in self.listeners.values():
            await listener.close()

    async def add_fault(self, fault: Fault) -> int:
        """Put a fault in force; its number."""
        planned = self.faults.add(fault, asyncio.get_running_loop().time())
        await self._follow_plan(fault.host)
        if fault.for_seconds is not None:
            task = asyncio.create_task(self._expire(planned.number, fault.for_seconds))
            self.expiries.add(task)
            task.add_done_callback(self.expiries.discard)
        return planned.number

    async def heal(self, number: int | None = None, host: Host | None = None) -> None:
        """Remove one fault, those of one host, or all."""
        self.faults.remove(number, host)
        for each in self.listeners:
            await self._follow_plan(each)

    async def _follow_plan(self, host: Host) -> None:
        """Make the host's port do what the plan says. Asking twice changes nothing."""
        listener = self.listeners[host]
        match self.faults.connection_fault(host, asyncio.get_running_loop().time()):
            case FaultKind.REFUSED:
                listener.refuse()
            case FaultKind.BLACKHOLE:
                listener.swallow()
            case _:
                await listener.listen()

    async def _expire(self, number: int, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self.heal(number)

    def describe(self) -> dict[str, Any]:
        """The accounts, for the admin port."""
        return {
            name: {
                "credit_usd": str(account.credit),
                "billed_usd": str(account.billed or Decimal(0)),
                "in_flight": account.in_flight,
                "peak_in_flight": account.peak_in_flight,
                "reject_reason": account.reject_reason,
            }
            for name, account in self.accounts.accounts.items()
        }
