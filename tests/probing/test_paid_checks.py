"""Paid checks in virtual time: what they cost is never more than was allowed, whatever happens."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Hashable, Sequence
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ideogram_operator.ideogram.key import ApiKey
from ideogram_operator.ideogram.replies import FailureKind
from ideogram_operator.ideogram.requests import Request
from ideogram_operator.resource.words import Cause, Health, ProbeMethod, Strength
from ideogram_operator.runtime.probing.demand import Demand, Recover
from ideogram_operator.runtime.probing.ledger import Ledger, utc_day
from tests.probing.world import EPOCH, FINE, HANGS, KEY, Does, World, demand, in_virtual_time

PAID = ProbeMethod.GENERATE
HOUR = 3600.0


def paying(**changes: object) -> Demand:
    return demand(**{"generate_interval": 6 * HOUR, "interval": 60.0, **changes})


def failing_generations(status: int = 402, until: float = 1e9) -> World:
    def behave(request: Request, now: float) -> Does:
        return Does(status=status) if request.method is PAID and now < until else FINE

    return World(behave)


def test_the_reference_check_runs_beside_the_free_one_and_its_cost_is_recorded_first() -> None:
    async def story() -> None:
        async with World() as world:
            world.pool.subscribe("a", paying())
            world.pool.subscribe("b", paying())
            await world.until(25 * HOUR)
            times = world.sender.times(PAID)
            assert len(times) == 5
            assert all(at > recorded[0] or at == recorded[0] for at, recorded in zip(times, world.spent, strict=True))
            assert {recorded[1:] for recorded in world.spent} == {(("a", "b"), Decimal("0.05"))}
            free, paid = world.pool.stats("a")
            assert (free.method, paid.method) == (ProbeMethod.DRY_RUN, PAID)
            assert paid.spent_today == Decimal("0.10")
            assert paid.next_time is not None
            assert 5 * HOUR - 5 < (paid.next_time - world.clock.now()).total_seconds() < 5 * HOUR + 5
            assert {fact.strength for fact in world.pool.evidence("a")} == {Strength.DRY_RUN, Strength.GENERATE}

    in_virtual_time(story())


def test_nobody_pays_who_does_not_want_to() -> None:
    async def story() -> None:
        async with World(lambda *_: Does(status=404)) as world:
            world.pool.subscribe("a", demand(generate_interval=0.0))
            await world.until(10 * HOUR)
            assert world.sender.times(PAID) == []
            assert world.pool.evidence("a")[-1].cause is Cause.PROBE_UNSUPPORTED

    in_virtual_time(story())


def test_what_was_spent_and_planned_before_a_restart_still_holds() -> None:
    async def story() -> None:
        ledger = Ledger()
        ledger.restore(KEY.fingerprint, utc_day(EPOCH), Decimal("0.90"))
        async with World(ledger=ledger) as world:
            world.pool.subscribe("a", paying(next_generate=EPOCH + timedelta(hours=2)))
            await world.until(2 * HOUR - 1)
            assert world.sender.times(PAID) == []
            await world.until(3 * HOUR)
            assert world.sender.times(PAID) == []
            assert "0.90 of the day's 1.00 USD" in (world.pool.stats("a")[1].skipped or "")
            await world.until(16 * HOUR)
            assert len(world.sender.times(PAID)) == 1
            assert world.sender.times(PAID)[0] >= 15 * HOUR
            assert world.pool.stats("a")[1].skipped is None

    in_virtual_time(story())


def test_a_higher_budget_is_used_at_once_and_the_smallest_of_all_sharers_holds() -> None:
    async def story() -> None:
        async with World() as world:
            world.pool.subscribe("a", paying(daily_budget=Decimal("5.00")))
            world.pool.subscribe("b", paying(daily_budget=Decimal("0.10")))
            await world.until(1 * HOUR)
            assert world.sender.times(PAID) == []
            world.pool.unsubscribe("b")
            await world.until(1 * HOUR + 1)
            assert len(world.sender.times(PAID)) == 1

    in_virtual_time(story())


def test_a_failed_reference_check_is_confirmed_and_a_recovery_check_stays_affordable() -> None:
    async def story() -> None:
        async with failing_generations(until=1000) as world:
            budget = Decimal("0.15")
            world.pool.subscribe("a", paying(daily_budget=budget))
            await world.until(1000)
            assert len(world.sender.times(PAID)) == 2
            world.pool.subscribe("a", paying(daily_budget=budget, pace=Recover(Strength.GENERATE)))
            await world.until(1010)
            assert len(world.sender.times(PAID)) == 3
            assert [fact.health for fact in world.pool.evidence("a") if fact.strength is Strength.GENERATE] == [
                Health.DOWN,
                Health.DOWN,
                Health.HEALTHY,
            ]

    in_virtual_time(story())


def test_recovery_is_not_paid_for_while_a_free_check_says_no() -> None:
    async def story() -> None:
        def behave(request: Request, now: float) -> Does:
            return FINE if now < 30 and request.method is not PAID else Does(status=402 if now < 20_000 else 200)

        async with World(behave) as world:
            world.pool.subscribe("a", paying(pace=Recover(Strength.GENERATE)))
            await world.until(100)
            paid = len(world.sender.times(PAID))
            await world.until(20_000)
            assert len(world.sender.times(PAID)) == paid
            await world.until(20_100)
            assert len(world.sender.times(PAID)) == paid + 1

    in_virtual_time(story())


def test_recovery_checks_that_fail_become_rarer() -> None:
    async def story() -> None:
        async with failing_generations() as world:
            world.pool.subscribe("a", paying(daily_budget=Decimal(100), pace=Recover(Strength.GENERATE)))
            await world.until(6 * HOUR)
            assert len(world.sender.times(PAID)) < 12

    in_virtual_time(story())


def test_what_a_free_check_can_prove_is_not_paid_for() -> None:
    async def story() -> None:
        async with World() as world:
            world.pool.subscribe("a", paying(pace=Recover(Strength.DRY_RUN)))
            await world.until(0.3 * HOUR)
            assert len(world.sender.times(PAID)) == 1

    in_virtual_time(story())


def test_a_hang_is_not_confirmed_beside_itself_with_money() -> None:
    async def story() -> None:
        async with World(lambda request, _: HANGS if request.method is PAID else FINE) as world:
            world.pool.subscribe("a", paying())
            await world.until(29)
            assert len(world.sender.times(PAID)) == 1
            await world.until(5 * HOUR)
            assert len(world.sender.times(PAID)) == 3

    in_virtual_time(story())


def test_money_that_cannot_be_recorded_is_not_spent() -> None:
    async def story() -> None:
        async with World() as world:
            world.recording = False
            world.pool.subscribe("a", paying())
            await world.until(200)
            assert world.sender.times(PAID) == []
            assert world.pool.stats("a")[1].spent_today == 0
            assert "could not be recorded" in (world.pool.stats("a")[1].skipped or "")
            world.recording = True
            await world.until(300)
            assert len(world.sender.times(PAID)) == 1

    in_virtual_time(story())


def slow_down(request: Request, now: float) -> Does:
    return Does(status=429, retry_after="3600") if request.method is PAID and now < 100 else FINE


def test_a_paid_check_that_the_api_puts_off_is_not_taken_for_one_that_is_left_out() -> None:
    async def story() -> None:
        async with World(slow_down) as world:
            world.pool.subscribe("a", paying(next_generate=None))
            await world.until(5)
            await world.pool.generation("a")
            await world.until(60)
            with pytest.raises(LookupError, match=r"put off for another .* the API asked for a pause"):
                await world.pool.generation("a")

    in_virtual_time(story())


def test_nobody_pays_for_what_nobody_waits_for_any_more() -> None:
    async def story() -> None:
        async with World() as world:
            world.recording = False
            world.pool.subscribe("a", paying(next_generate=EPOCH + timedelta(hours=6)))
            await world.until(10)
            asking = asyncio.ensure_future(world.pool.generation("a"))
            await world.until(12)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            world.recording = True
            await world.until(300)
            assert world.sender.times(PAID) == []

    in_virtual_time(story())


def test_generate_as_the_frequent_check_stops_at_the_budget_and_what_is_known_stands() -> None:
    async def story() -> None:
        async with World() as world:
            world.pool.subscribe("a", demand(method=PAID, interval=10.0))
            await world.until(10 * HOUR)
            assert len(world.sender.times(PAID)) == 18
            assert world.pool.evidence("a")[-1].fresh(world.clock.now())
            (stats,) = world.pool.stats("a")
            assert "kept in reserve" in (stats.skipped or "")

    in_virtual_time(story())


def test_an_unsupported_free_check_is_made_up_for_by_a_paid_one_now() -> None:
    async def story() -> None:
        def behave(request: Request, now: float) -> Does:
            return Does(status=404) if request.method is ProbeMethod.DRY_RUN and now > 3000 else FINE

        async with World(behave) as world:
            world.pool.subscribe("a", paying())
            await world.until(3100)
            assert len(world.sender.times(PAID)) == 2
            await world.until(5 * HOUR)
            assert len(world.sender.times(PAID)) == 2

    in_virtual_time(story())


@pytest.mark.parametrize(("quoted", "checks"), [(50_000, 4), (300_000, 1), (2_000_000, 0)])
def test_a_quote_is_the_better_source_of_the_price(quoted: int, checks: int) -> None:
    async def story() -> None:
        def behave(request: Request, _: float) -> Does:
            return Does(body={"usd_micros": quoted}) if request.method is ProbeMethod.DRY_RUN else FINE

        async with World(behave) as world:
            soon = EPOCH + timedelta(seconds=60)
            world.pool.subscribe("a", paying(model="ideogram-4-5", next_generate=soon, generate_interval=HOUR))
            await world.until(3.5 * HOUR)
            assert len(world.sender.times(PAID)) == checks

    in_virtual_time(story())


class Books:
    """What survives a crash, and what the provider may have billed."""

    def __init__(self) -> None:
        self.persisted: defaultdict[date, Decimal] = defaultdict(Decimal)
        self.billed: defaultdict[date, int] = defaultdict(int)
        self.dice = random.Random(0)  # noqa: S311 -- a test's dice

    def roll(self, seed: int) -> None:
        self.dice = random.Random(seed)  # noqa: S311 -- a test's dice


@given(
    seed=st.integers(0, 10_000),
    frequent=st.booleans(),
    budget=st.sampled_from(["0.04", "0.05", "0.16", "0.50", "1.00"]),
)
@settings(max_examples=8, deadline=None, phases=[Phase.generate])
def test_a_month_with_restarts_never_costs_more_than_the_budget_a_day(seed: int, frequent: bool, budget: str) -> None:
    books = Books()
    books.roll(seed)
    dice = books.dice
    allowed = Decimal(budget)

    async def life(start: float, length: float) -> None:
        def behave(request: Request, _: float) -> Does:
            if request.method is PAID:
                books.billed[utc_day(world.clock.now())] += 1
                return dice.choice([FINE, FINE, HANGS, Does(status=402), Does(fails=FailureKind.RESET)])
            return dice.choice([FINE] * 9 + [Does(status=500), Does(status=404)])

        async def persist(whos: Sequence[Hashable], amount: Decimal) -> None:
            assert set(whos) == {"a"}
            if dice.random() < 0.1:
                raise OSError("conflict")
            books.persisted[utc_day(world.clock.now())] += amount
            if dice.random() < 0.1:
                await asyncio.sleep(5)

        world = World(behave, seed=dice.randrange(1000))
        world.clock.offset = timedelta(seconds=start)
        object.__setattr__(world.pool._hooks, "before_spend", persist)
        for day, spent in books.persisted.items():
            world.pool.ledger.restore(KEY.fingerprint, day, spent)
        method = PAID if frequent else ProbeMethod.DRY_RUN
        async with world:
            for _ in range(5):
                pace = Recover(Strength.GENERATE) if dice.random() < 0.5 else paying().pace
                wanted = paying(method=method, interval=1200.0, generate_interval=HOUR, daily_budget=allowed, pace=pace)
                world.pool.subscribe("a", wanted)
                await asyncio.sleep(length / 5)

    elapsed = 0.0
    while elapsed < 30 * 24 * HOUR:
        length = dice.choice([60.0, 3 * HOUR, 40 * HOUR])
        in_virtual_time(life(elapsed, length))
        elapsed += length
    assert all(Decimal("0.05") * count <= allowed for count in books.billed.values())
    assert allowed < Decimal("0.15") or books.billed


def test_two_models_on_one_key_share_one_budget() -> None:
    async def story() -> None:
        async with World() as world:
            world.pool.subscribe("a", paying(generate_interval=HOUR, daily_budget=Decimal("0.40")))
            world.pool.subscribe("b", paying(generate_interval=HOUR, daily_budget=Decimal("0.40"), model="V_2A"))
            world.pool.subscribe("c", paying(key=ApiKey("another"), daily_budget=Decimal("9.00")))
            await world.until(14 * HOUR)
            spent = sum(amount for _, whos, amount in world.spent if whos != ("c",))
            assert Decimal("0.25") < spent <= Decimal("0.40")

    in_virtual_time(story())
