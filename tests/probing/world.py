"""A world in virtual time: an event loop whose clock jumps to the next thing to do, and a scripted provider."""

import asyncio
import json
import random
import selectors
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Self, TypeVar

from ideogram_operator.ideogram.key import ApiKey
from ideogram_operator.ideogram.replies import Answer, Failure, FailureKind, Reply
from ideogram_operator.ideogram.requests import Request
from ideogram_operator.resource.words import ProbeMethod
from ideogram_operator.runtime.probing.control import ControlURL
from ideogram_operator.runtime.probing.demand import Demand
from ideogram_operator.runtime.probing.ledger import Ledger
from ideogram_operator.runtime.probing.pool import PoolHooks, ProbePool
from ideogram_operator.runtime.probing.prober import Tools

T = TypeVar("T")

EPOCH = datetime(2026, 11, 22, 9, tzinfo=UTC)
BASE = "https://api.ideogram.ai"
KEY = ApiKey("ideo-canary-0123456789abcdef")
CONTROL = "https://status.ideogram.ai/"
GOOD: dict[ProbeMethod | None, Any] = {
    ProbeMethod.KEY_CHECK: {"models": []},
    ProbeMethod.DRY_RUN: {"usd_micros": 50_000},
    ProbeMethod.GENERATE: {"data": [{"url": "https://ideogram.ai/x.png", "is_image_safe": True}]},
    None: {},
}


class _Instant(selectors.SelectSelector):
    """Waits by moving the time on."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("everything waits and nothing is due")
        self.now += max(timeout, 0)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._instant = _Instant()
        super().__init__(self._instant)

    def time(self) -> float:
        return self._instant.now


def in_virtual_time(story: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(story)


class VirtualClock:
    """The loop's time, and a wall clock that a test may move."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def now(self) -> datetime:
        return EPOCH + timedelta(seconds=self.monotonic()) + self.offset

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Does:
    """What the provider does with a request: after ``latency``, answer or fail."""

    status: int = 200
    latency: float = 0.1
    body: Any = None
    fails: FailureKind | None = None
    retry_after: str | None = None


FINE = Does()
HANGS = Does(latency=1e9)
BROKEN = Does(status=503)

Behaviour = Callable[[Request, float], Does]


@dataclass(frozen=True, slots=True)
class Sent:
    at: float
    request: Request


@dataclass(slots=True)
class ScriptedSender:
    behave: Behaviour
    sent: list[Sent] = field(default_factory=list)
    flying: Counter[str] = field(default_factory=Counter)
    most_flying: Counter[str] = field(default_factory=Counter)

    async def send(self, request: Request) -> Reply:
        began = asyncio.get_running_loop().time()
        self.sent.append(Sent(began, request))
        account = request.key.fingerprint if request.key else ""
        self.flying[account] += 1
        self.most_flying[account] = max(self.most_flying[account], self.flying[account])
        try:
            return await self._reply(request, self.behave(request, began))
        finally:
            self.flying[account] -= 1

    async def _reply(self, request: Request, does: Does) -> Reply:
        if does.latency > request.timeout:
            await asyncio.sleep(request.timeout)
            return Failure(kind=FailureKind.TIMEOUT, latency=request.timeout)
        await asyncio.sleep(does.latency)
        if does.fails is not None:
            return Failure(kind=does.fails, latency=does.latency)
        body = GOOD[request.method] if does.body is None and does.status == 200 else does.body or {}
        raw = json.dumps(body).encode()
        return Answer(status=does.status, body=raw, latency=does.latency, retry_after=does.retry_after)

    async def close(self) -> None: ...

    def times(self, method: ProbeMethod | None, since: float = 0.0) -> list[float]:
        return [sent.at for sent in self.sent if sent.request.method is method and sent.at >= since]


class World:
    """A pool, its provider, and what the pool told its owner."""

    def __init__(
        self,
        behave: Behaviour = lambda _request, _now: FINE,
        *,
        control: bool = False,
        seed: int = 1,
        ledger: Ledger | None = None,
        refresh: Callable[[Hashable], Awaitable[None]] | None = None,
        namespace: Callable[[Hashable], Hashable] = lambda who: who,
    ) -> None:
        self.clock = VirtualClock()
        self.sender = ScriptedSender(behave)
        self.told: Counter[Hashable] = Counter()
        self.calm: list[bool] = []
        self.spent: list[tuple[float, tuple[Hashable, ...], Decimal]] = []
        self.recording = True
        rng = random.Random(seed)  # noqa: S311 -- a test's dice
        url = CONTROL if control else None
        self.control = ControlURL(url, sender=self.sender, clock=self.clock, random=rng.random)
        tools = Tools(sender=self.sender, clock=self.clock, control=self.control, random=rng.random)
        hooks = PoolHooks(
            on_evidence=partial(self._tell, calm=False),
            on_calm=partial(self._tell, calm=True),
            refresh=refresh or self._no_refresh,
            before_spend=self._record,
            namespace=namespace,
        )
        self.pool = ProbePool(tools, hooks=hooks, ledger=ledger)

    async def __aenter__(self) -> Self:
        self.control.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.pool.close()
        await self.control.close()

    @property
    def time(self) -> float:
        return self.clock.monotonic()

    async def until(self, moment: float) -> None:
        await asyncio.sleep(max(0.0, moment - self.time))

    def _tell(self, who: Hashable, *, calm: bool) -> None:
        self.told[who] += 1
        self.calm.append(calm)

    async def _no_refresh(self, who: Hashable) -> None: ...

    async def _record(self, whos: Sequence[Hashable], amount: Decimal) -> None:
        if not self.recording:
            raise OSError("the API server does not answer")
        self.spent.append((self.time, tuple(whos), amount))


def demand(**changes: Any) -> Demand:
    """A demand with the defaults of the resource, without paid checks unless the test wants them."""
    wanted: dict[str, Any] = {"base_url": BASE, "key": KEY, "model": "V_2_TURBO", "generate_interval": 0.0}
    return Demand(**{**wanted, **changes})
