"""The pool in virtual time: what a provider's faults cost, and how fast they are known."""

import asyncio
import itertools
import random
from collections.abc import Hashable
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ideogram_operator.ideogram.key import ApiKey
from ideogram_operator.ideogram.replies import FailureKind
from ideogram_operator.ideogram.requests import Request
from ideogram_operator.resource.words import Cause, Health, ProbeMethod, Strength
from ideogram_operator.runtime.probing.demand import Confirm, Recover, Steady
from tests.probing.world import BROKEN, FINE, HANGS, KEY, Does, World, demand, in_virtual_time

OTHER = ApiKey("ideo-another-key-0123456789")


def test_an_integration_alone_is_probed_at_once_and_then_every_interval_with_jitter() -> None:
    async def story() -> None:
        async with World() as world:
            world.pool.subscribe("a", demand())
            await world.until(0.5)
            assert [fact.health for fact in world.pool.evidence("a")] == [Health.HEALTHY]
            await world.until(600)
            times = world.sender.times(ProbeMethod.DRY_RUN)
            gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
            assert all(9 <= gap <= 11 for gap in gaps)
            assert len({round(gap, 3) for gap in gaps}) > 10
            assert world.told["a"] == len(times)
            assert not any(sent.request.fresh for sent in world.sender.sent)

    in_virtual_time(story())


def test_a_hundred_integrations_on_one_key_cost_one_stream() -> None:
    async def story() -> None:
        async with World() as world:
            for number in range(100):
                world.pool.subscribe(number, demand(interval=10 + number % 3, model=["V_2", "V_2_TURBO"][number % 2]))
            await world.until(100)
            assert 9 <= len(world.sender.sent) <= 12
            assert len(world.pool.all_stats()) == 1
            assert {world.told[number] for number in range(100)} == {len(world.sender.sent)}
            for number in range(100):
                world.pool.unsubscribe(number)
            sent = len(world.sender.sent)
            await world.until(200)
            assert len(world.sender.sent) == sent
            assert world.pool.evidence(0) == ()

    in_virtual_time(story())


def test_only_good_news_after_good_news_are_calm() -> None:
    async def story() -> None:
        async with World(lambda _, now: BROKEN if 45 <= now < 60 else FINE) as world:
            world.pool.subscribe("a", demand())
            await world.until(44)
            assert world.calm[0] is False, "the first word is news"
            assert world.calm[1:] == [True] * (len(world.calm) - 1)
            quiet = len(world.calm)
            await world.until(59.9)
            assert world.calm[quiet:]
            assert not any(world.calm[quiet:])
            bad = len(world.calm)
            await world.until(100)
            assert world.calm[bad:][:2] == [False, True], "the first good word is news"

    in_virtual_time(story())


def test_first_probes_of_many_streams_are_spread() -> None:
    async def story() -> None:
        async with World() as world:
            for number in range(500):
                world.pool.subscribe(number, demand(key=ApiKey(f"key-{number}")))
            await world.until(5.2)
            times = sorted(world.sender.times(ProbeMethod.DRY_RUN))
            assert len(times) == 500
            assert times[-1] <= 5
            assert max(len([at for at in times if second <= at < second + 1]) for second in range(5)) < 250

    in_virtual_time(story())


@given(
    outage=st.floats(min_value=20, max_value=45),
    slowness=st.floats(min_value=0.01, max_value=0.6),
    interval=st.sampled_from([1.0, 5.0, 10.0, 30.0]),
    suspect=st.sampled_from([0.5, 2.0, 5.0]),
    seed=st.integers(0, 1000),
)
@settings(max_examples=60, deadline=None)
def test_a_hang_is_decided_within_interval_timeout_and_two_suspect_intervals(
    outage: float, slowness: float, interval: float, suspect: float, seed: int
) -> None:
    def behave(_: Request, now: float) -> Does:
        return Does(latency=slowness * suspect) if now < outage else HANGS

    async def story() -> None:
        async with World(behave, seed=seed) as world:
            world.pool.subscribe("a", demand(interval=interval, suspect_interval=suspect))
            await world.until(outage + interval + 10 + 2 * suspect + 0.01)
            bad = [fact for fact in world.pool.evidence("a") if fact.bad]
            assert len(bad) >= 3
            assert all(fact.cause is Cause.PROVIDER and fact.fresh(world.clock.now()) for fact in bad)
            assert world.sender.most_flying[KEY.fingerprint] <= 3

    in_virtual_time(story())


def test_a_fast_failure_is_confirmed_over_fresh_connections_and_then_watched_at_the_usual_interval() -> None:
    async def story() -> None:
        async with World(lambda _, now: FINE if now < 15 else BROKEN) as world:
            world.pool.subscribe("a", demand())
            await world.until(200)
            bad = [sent for sent in world.sender.sent if sent.at >= 15]
            gaps = [later.at - earlier.at for earlier, later in itertools.pairwise(bad)]
            assert gaps[:2] == pytest.approx([2, 2])
            assert all(gap >= 9 for gap in gaps[2:])
            assert [sent.request.fresh for sent in bad[:4]] == [False, True, True, False]

    in_virtual_time(story())


def test_a_late_good_answer_counts_as_good() -> None:
    async def story() -> None:
        async with World(lambda _, now: Does(latency=8) if 15 < now < 21 else FINE) as world:
            world.pool.subscribe("a", demand())
            await world.until(60)
            assert all(fact.good for fact in world.pool.evidence("a"))
            assert len(world.sender.times(ProbeMethod.DRY_RUN)) > 8

    in_virtual_time(story())


def test_confirming_goes_on_while_somebody_asks_for_it_and_recovery_hurries_only_what_works() -> None:
    async def story() -> None:
        async with World(lambda _, now: Does(status=429) if now < 100 else FINE) as world:
            world.pool.subscribe("a", demand(pace=Confirm(Strength.DRY_RUN)))
            await world.until(20)
            assert len(world.sender.sent) >= 9
            world.pool.subscribe("a", demand(pace=Recover(Strength.KEY_CHECK)))
            await world.until(100)
            assert len(world.sender.times(ProbeMethod.DRY_RUN, since=22)) <= 9
            await world.until(140)
            assert len(world.sender.times(ProbeMethod.DRY_RUN, since=112)) >= 13
            world.pool.subscribe("a", demand(pace=Steady()))
            await world.until(200)
            assert len(world.sender.times(ProbeMethod.DRY_RUN, since=142)) <= 7

    in_virtual_time(story())


def test_a_retry_after_is_honoured_while_confirming_and_keeps_its_evidence_fresh() -> None:
    async def story() -> None:
        async with World(lambda *_: Does(status=429, retry_after="120")) as world:
            world.pool.subscribe("a", demand(pace=Confirm(Strength.DRY_RUN)))
            await world.until(119)
            assert len(world.sender.sent) == 1
            world.pool.probe_now("a")
            await world.until(119.9)
            assert len(world.sender.sent) == 1
            assert world.pool.evidence("a")[0].fresh(world.clock.now())
            await world.until(122)
            assert len(world.sender.sent) == 2

    in_virtual_time(story())


def test_a_provider_that_is_down_cannot_put_its_confirmation_off() -> None:
    async def story() -> None:
        async with World(lambda *_: Does(status=503, retry_after="100")) as world:
            world.pool.subscribe("a", demand())
            await world.until(100)
            assert len(world.sender.sent) == 3

    in_virtual_time(story())


def test_a_refused_key_is_confirmed_once_and_then_left_alone() -> None:
    async def story() -> None:
        async with World(lambda *_: Does(status=401)) as world:
            world.pool.subscribe("a", demand())
            await world.until(599)
            assert len(world.sender.sent) == 2
            assert world.pool.evidence("a")[-1].fresh(world.clock.now() + timedelta(minutes=20))
            await world.until(605)
            assert len(world.sender.sent) == 3
            await world.until(1100)
            assert len(world.sender.sent) == 3
            world.pool.probe_now("a")
            await world.until(1101)
            assert len(world.sender.sent) == 4

    in_virtual_time(story())


def test_a_key_that_was_rotated_meanwhile_is_used_instead_of_confirming_the_old_one() -> None:
    async def story() -> None:
        async def refresh(who: Hashable) -> None:
            await asyncio.sleep(0.2)
            world.pool.subscribe(who, demand(key=OTHER))
            await asyncio.sleep(0.2)
            finished.append(who)

        def behave(request: Request, _: float) -> Does:
            return FINE if request.key == OTHER else Does(status=401)

        finished: list[Hashable] = []
        world = World(behave, refresh=refresh)
        async with world:
            world.pool.subscribe("a", demand())
            await world.until(30)
            keys = [sent.request.key for sent in world.sender.sent]
            assert keys[0] == KEY
            assert set(keys[1:]) == {OTHER}
            assert world.pool.evidence("a")[-1].good
            assert finished == ["a"]

    in_virtual_time(story())


@pytest.mark.parametrize("fault", ["hang", "raise"])
def test_a_secret_that_cannot_be_read_again_does_not_stop_the_confirmation(fault: str) -> None:
    async def story() -> None:
        async def refresh(_: Hashable) -> None:
            if fault == "raise":
                raise OSError("no")
            await asyncio.sleep(1e6)

        async with World(lambda *_: Does(status=403), refresh=refresh) as world:
            world.pool.subscribe("a", demand())
            await world.until(10)
            assert len(world.sender.sent) == 2

    in_virtual_time(story())


def test_an_outage_of_the_own_network_blames_nobody() -> None:
    async def story() -> None:
        async with World(lambda _, now: FINE if now < 60 else HANGS, control=True) as world:
            world.pool.subscribe("a", demand())
            await world.until(300)
            late = [fact for fact in world.pool.evidence("a") if fact.at > world.clock.now() - timedelta(seconds=230)]
            assert late
            assert {(fact.health, fact.cause) for fact in late} == {(Health.UNKNOWN, Cause.OWN_NETWORK)}
            assert "status.ideogram.ai does not answer either" in late[-1].message

    in_virtual_time(story())


@pytest.mark.parametrize("control_answers", [200, 404, 503])
def test_a_control_that_works_leaves_the_blame_with_the_provider_and_costs_no_time(control_answers: int) -> None:
    async def story() -> None:
        def behave(request: Request, now: float) -> Does:
            if request.method is None:
                assert request.key is None
                return Does(status=control_answers)
            return FINE if now < 60 else HANGS

        async with World(behave, control=True) as world:
            world.pool.subscribe("a", demand())
            await world.until(84.01)
            assert len([fact for fact in world.pool.evidence("a") if fact.cause is Cause.PROVIDER]) >= 3

    in_virtual_time(story())


def test_a_control_that_never_worked_is_reported_and_not_waited_for() -> None:
    async def story() -> None:
        def behave(request: Request, now: float) -> Does:
            if request.method is None:
                return HANGS
            return FINE if now < 60 else Does(fails=FailureKind.REFUSED)

        async with World(behave, control=True) as world:
            world.pool.subscribe("a", demand())
            await world.until(76)
            assert len([fact for fact in world.pool.evidence("a") if fact.cause is Cause.PROVIDER]) >= 3
            report = world.control.report
            assert (report.host, report.working, report.trusted) == ("status.ideogram.ai", False, False)

    in_virtual_time(story())


def test_a_control_is_kept_warm_gently() -> None:
    async def story() -> None:
        async with World(control=True) as world:
            await world.until(4 * 3600)
            times = world.sender.times(None)
            assert times[0] == 0
            assert 14 <= len(times) <= 18
            assert world.control.trusted

    in_virtual_time(story())


def test_a_changed_method_moves_to_another_stream_and_the_same_demand_changes_nothing() -> None:
    async def story() -> None:
        async with World() as world:
            for _ in range(50):
                world.pool.subscribe("a", demand())
                await asyncio.sleep(0.1)
            assert len(world.sender.sent) == 1
            world.pool.subscribe("a", demand(method=ProbeMethod.KEY_CHECK))
            await world.until(6)
            assert [stat.method for stat in world.pool.stats("a")] == [ProbeMethod.KEY_CHECK]
            assert world.sender.sent[-1].request.method is ProbeMethod.KEY_CHECK

    in_virtual_time(story())


def test_a_model_without_a_family_is_checked_by_its_key() -> None:
    async def story() -> None:
        async with World() as world:
            world.pool.subscribe("a", demand(model="V_1"))
            await world.until(1)
            assert [stat.method for stat in world.pool.stats("a")] == [ProbeMethod.KEY_CHECK]

    in_virtual_time(story())


def test_what_the_api_does_not_know_gives_way_to_the_next_stronger_method_and_is_tried_every_minute() -> None:
    async def story() -> None:
        def behave(request: Request, now: float) -> Does:
            return Does(status=404) if request.method is ProbeMethod.KEY_CHECK and now < 7000 else FINE

        async with World(behave) as world:
            world.pool.subscribe("a", demand(method=ProbeMethod.KEY_CHECK))
            await world.until(60)
            assert [(stat.method, stat.unsupported) for stat in world.pool.stats("a")] == [
                (ProbeMethod.KEY_CHECK, True),
                (ProbeMethod.DRY_RUN, False),
            ]
            # After 10, 20, 40 seconds, then every minute: while it is not asked, an outage is not seen.
            assert len(world.sender.times(ProbeMethod.KEY_CHECK)) == 3
            assert len(world.sender.times(ProbeMethod.DRY_RUN)) >= 5
            assert world.pool.evidence("a")[0].cause is Cause.PROBE_UNSUPPORTED
            await world.until(3700)
            assert 55 <= len(world.sender.times(ProbeMethod.KEY_CHECK)) <= 70
            await world.until(9000)
            assert [stat.method for stat in world.pool.stats("a")] == [ProbeMethod.KEY_CHECK]

    in_virtual_time(story())


def test_the_stats_tell_the_last_answer_and_what_is_usual() -> None:
    async def story() -> None:
        async with World(lambda _, now: Does(latency=0.3) if now < 300 else BROKEN) as world:
            world.pool.subscribe("a", demand())
            await world.until(400)
            (stats,) = world.pool.stats("a")
            assert (stats.http_status, stats.latency, stats.p95) == (503, 0.1, 0.3)
            assert stats.subscribers == 1
            assert stats.last_time == world.pool.evidence("a")[-1].at

    in_virtual_time(story())


@given(seed=st.integers(0, 10_000), streams=st.integers(1, 3))
@settings(max_examples=25, deadline=None)
def test_whatever_the_provider_does_an_account_never_has_more_than_three_probes_in_flight_per_stream(
    seed: int, streams: int
) -> None:
    rng = random.Random(seed)  # noqa: S311 -- a test's dice
    statuses = [200, 200, 429, 401, 402, 404, 500]

    def behave(_: Request, __: float) -> Does:
        return Does(status=rng.choice(statuses), latency=rng.choice([0.01, 0.5, 3, 9, 20]))

    async def story() -> None:
        async with World(behave, seed=seed, control=bool(seed % 2)) as world:
            bases = [f"https://host-{number}" for number in range(streams)]
            for _ in range(60):
                pace = rng.choice([Steady(), Confirm(Strength.DRY_RUN), Recover(Strength.GENERATE)])
                world.pool.subscribe("a", demand(base_url=rng.choice(bases), pace=pace))
                for base in bases:
                    world.pool.subscribe(base, demand(base_url=base, pace=pace))
                if rng.random() < 0.3:
                    world.pool.probe_now("a")
                await asyncio.sleep(rng.uniform(0, 20))
            assert world.sender.most_flying[KEY.fingerprint] <= 3 * streams
            facts = world.pool.evidence("a")
            assert list(facts) == sorted(facts, key=lambda fact: fact.at)

    in_virtual_time(story())


def test_a_wall_clock_that_jumps_changes_nobodys_pace() -> None:
    async def story() -> None:
        async with World() as world:
            world.pool.subscribe("a", demand())
            for jump in (timedelta(days=-2), timedelta(days=30), timedelta(hours=-1)):
                world.clock.offset += jump
                sent = len(world.sender.sent)
                await asyncio.sleep(100)
                assert 9 <= len(world.sender.sent) - sent <= 12
            facts = world.pool.evidence("a")
            assert list(facts) == sorted(facts, key=lambda fact: fact.at)

    in_virtual_time(story())
