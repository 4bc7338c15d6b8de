"""The client and the streams over real sockets, against the laboratory's provider."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable, Hashable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from ideogram_operator.ideogram.hosts import AllowedHosts
from ideogram_operator.ideogram.key import ApiKey
from ideogram_operator.ideogram.outcome import Outcome, interpret
from ideogram_operator.ideogram.requests import probe_request
from ideogram_operator.ideogram.sender import HttpSender, trust_store
from ideogram_operator.resource.words import Cause, Health, ProbeMethod
from ideogram_operator.runtime.clock import SystemClock
from ideogram_operator.runtime.probing.control import ControlURL
from ideogram_operator.runtime.probing.demand import Demand
from ideogram_operator.runtime.probing.pool import PoolHooks, ProbePool
from ideogram_operator.runtime.probing.prober import Tools
from lab.simulator import Simulator


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator.in_thread() as simulator:
        yield simulator


@pytest.fixture
async def sender(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[HttpSender]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    sender = HttpSender(trust_store())
    yield sender
    await sender.close()


async def ask(
    sim: Simulator, sender: HttpSender, method: ProbeMethod, *, model: str = "V_2_TURBO", key: str = ""
) -> Outcome:
    base_url = AllowedHosts.parse([sim.url]).check(sim.url)
    request = probe_request(base_url=base_url, key=ApiKey(key or sim.key), model=model, method=method, timeout=2)
    return interpret(request, await sender.send(request), datetime.now(UTC))


@pytest.mark.parametrize("model", ["V_1", "V_2_TURBO", "V_2A", "V_3", "AUTO", "ideogram-4-5", "z-image"])
async def test_every_model_is_asked_about_in_a_way_the_contract_knows(
    sim: Simulator, sender: HttpSender, model: str
) -> None:
    paid = await ask(sim, sender, ProbeMethod.GENERATE, model=model)
    assert paid.health is Health.HEALTHY, paid.message
    assert paid.images[0].safe
    free = ProbeMethod.KEY_CHECK if model == "V_1" else ProbeMethod.DRY_RUN
    outcome = await ask(sim, sender, free, model=model)
    assert outcome.health is Health.HEALTHY, outcome.message
    assert outcome.quote is None or outcome.quote > 0


async def test_free_checks_are_free(sim: Simulator, sender: HttpSender) -> None:
    before = sim.admin.account().credit_usd
    await ask(sim, sender, ProbeMethod.DRY_RUN)
    await ask(sim, sender, ProbeMethod.KEY_CHECK)
    assert sim.admin.account().credit_usd == before
    await ask(sim, sender, ProbeMethod.GENERATE)
    assert sim.admin.account().credit_usd < before


@pytest.mark.parametrize("method", ProbeMethod)
@pytest.mark.parametrize(
    ("kind", "options", "cause"),
    [
        ("status", {"status": 503}, Cause.PROVIDER),
        ("status", {"status": 429}, Cause.RATE_LIMITED),
        ("status", {"status": 401}, Cause.CREDENTIALS),
        ("status", {"status": 402}, Cause.CREDITS),
        ("refused", {}, Cause.PROVIDER),
        ("reset", {}, Cause.PROVIDER),
        ("close", {}, Cause.PROVIDER),
        ("hang", {}, Cause.PROVIDER),
        ("drip", {"interval": 0.5}, Cause.PROVIDER),
        ("truncate", {}, Cause.PROVIDER),
        ("garbage", {}, Cause.PROVIDER),
        ("huge", {}, Cause.PROVIDER),
        ("redirect", {}, Cause.PROVIDER),
        ("not_http", {}, Cause.PROVIDER),
        ("media_type", {}, None),
    ],
)
async def test_every_fault_is_told_for_what_it_is_and_never_shows_the_key(
    sim: Simulator,
    sender: HttpSender,
    caplog: pytest.LogCaptureFixture,
    *,
    method: ProbeMethod,
    kind: str,
    options: dict[str, Any],
    cause: Cause | None,
) -> None:
    caplog.set_level(logging.DEBUG)
    sim.admin.fault(kind, **options)
    outcome = await ask(sim, sender, method)
    assert outcome.cause is cause, outcome.message
    assert outcome.latency < 2.5
    assert sim.key not in caplog.text + repr(outcome)


async def test_a_revoked_key_and_an_empty_account(sim: Simulator, sender: HttpSender) -> None:
    assert (await ask(sim, sender, ProbeMethod.DRY_RUN, key="nobody")).cause is Cause.CREDENTIALS
    sim.admin.set_credit("0")
    assert (await ask(sim, sender, ProbeMethod.GENERATE)).cause is Cause.CREDITS
    sim.admin.revoke(sim.key)
    assert (await ask(sim, sender, ProbeMethod.KEY_CHECK)).cause is Cause.CREDENTIALS


async def test_a_retired_model_is_rejected_by_the_reference_check_only(sim: Simulator, sender: HttpSender) -> None:
    sim.admin.settings(retired_models=["V_1"])
    assert (await ask(sim, sender, ProbeMethod.GENERATE, model="V_1")).cause is Cause.REJECTED


# -- streams ---------------------------------------------------------------------------------------------------------


class Watch:
    """A pool, and a way of waiting for its facts."""

    def __init__(self, sim: Simulator, sender: HttpSender) -> None:
        clock = SystemClock()
        dice = random.Random(1)  # noqa: S311 -- a test's dice
        self.control = ControlURL(sim.control_url, sender=sender, clock=clock, random=dice.random)
        tools = Tools(sender=sender, clock=clock, control=self.control, random=dice.random)
        self.news = asyncio.Event()
        self.pool = ProbePool(tools, hooks=PoolHooks(on_evidence=self._told, on_calm=self._told))

    def _told(self, _: Hashable) -> None:
        self.news.set()

    async def until(self, condition: Callable[[], bool], within: float = 15.0) -> None:
        async with asyncio.timeout(within):
            while not condition():
                self.news.clear()
                await self.news.wait()

    def causes(self) -> list[Cause | None]:
        return [fact.cause for fact in self.pool.evidence("a")]


@asynccontextmanager
async def watching(sim: Simulator, sender: HttpSender) -> AsyncIterator[Watch]:
    watch = Watch(sim, sender)
    watch.control.start()
    try:
        yield watch
    finally:
        await watch.pool.close()
        await watch.control.close()


def wish(sim: Simulator, **changes: Any) -> Demand:
    wanted: dict[str, Any] = {"interval": 0.3, "suspect_interval": 0.1, "timeout": 1.0, "generate_interval": 0.0}
    return Demand(base_url=sim.url, key=ApiKey(sim.key), model="V_2_TURBO", **{**wanted, **changes})


async def test_an_outage_is_seen_confirmed_and_seen_to_end(sim: Simulator, sender: HttpSender) -> None:
    async with watching(sim, sender) as watch:
        watch.pool.subscribe("a", wish(sim))
        await watch.until(lambda: watch.causes().count(None) >= 2 and watch.control.trusted)
        sim.admin.fault("status", status=503)
        await watch.until(lambda: watch.causes()[-3:] == [Cause.PROVIDER] * 3)
        sim.admin.heal()
        await watch.until(lambda: watch.causes()[-1] is None)


async def test_a_hang_is_confirmed_beside_itself(sim: Simulator, sender: HttpSender) -> None:
    async with watching(sim, sender) as watch:
        watch.pool.subscribe("a", wish(sim, timeout=3.0))
        await watch.until(lambda: None in watch.causes() and watch.control.trusted)
        sim.admin.fault("hang")
        began = asyncio.get_running_loop().time()
        await watch.until(lambda: watch.causes()[-3:] == [Cause.PROVIDER] * 3)
        assert asyncio.get_running_loop().time() - began < 6


async def test_only_a_stuck_pooled_connection_is_no_outage(sim: Simulator, sender: HttpSender) -> None:
    async with watching(sim, sender) as watch:
        watch.pool.subscribe("a", wish(sim, timeout=1.5))
        await watch.until(lambda: watch.causes().count(None) >= 2 and watch.control.trusted)
        sim.admin.fault("hang_pooled")
        await watch.until(lambda: Cause.PROVIDER in watch.causes())
        await watch.until(lambda: watch.causes()[-1] is None)
        assert watch.causes().count(Cause.PROVIDER) == 1


async def test_when_the_status_page_fails_too_it_is_our_network(sim: Simulator, sender: HttpSender) -> None:
    async with watching(sim, sender) as watch:
        watch.pool.subscribe("a", wish(sim))
        await watch.until(lambda: None in watch.causes() and watch.control.trusted)
        sim.admin.fault("refused", host="control")
        sim.admin.fault("refused")
        await watch.until(lambda: watch.causes().count(Cause.OWN_NETWORK) >= 3)
        assert Cause.PROVIDER not in watch.causes()


async def test_paid_checks_beside_free_ones_stay_within_their_budget(sim: Simulator, sender: HttpSender) -> None:
    before = sim.admin.account().credit_usd
    async with watching(sim, sender) as watch:
        demand = wish(sim, generate_interval=0.1, generate_timeout=5.0, daily_budget=Decimal("0.40"))
        watch.pool.subscribe("a", demand)
        await watch.until(lambda: watch.pool.stats("a")[1].skipped is not None)
    assert Decimal("0.15") <= before - sim.admin.account().credit_usd <= Decimal("0.40")
