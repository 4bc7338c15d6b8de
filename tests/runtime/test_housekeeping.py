"""Sweeps, beats, and when the operator says that it should be restarted."""

import asyncio
from typing import Any, cast

import pytest

from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.resource.words import PLURAL
from ideogram_operator.runtime.agenda import Agenda, Key
from ideogram_operator.runtime.housekeeping import BEAT, UNANSWERED, Housekeeping
from ideogram_operator.runtime.informer import Hearing
from ideogram_operator.runtime.limits import BlastRadius
from ideogram_operator.runtime.metrics import Metrics
from ideogram_operator.runtime.store import Store
from tests.probing.world import VirtualClock, in_virtual_time
from tests.runtime.life import KEY
from tests.runtime.memory_api import MemoryApi, on

EVERY = 600.0


class House:
    def __init__(self, namespaces: tuple[str, ...] = ()) -> None:
        self.api, self.clock, self.dirty = MemoryApi(), VirtualClock(), list[Key]()
        self.store, self.hearing, self.metrics = Store(self.dirty.append), Hearing(last=0.0), Metrics()
        self.agenda = Agenda(self._never, self.clock)
        self.beats = 0
        self.keeping = Housekeeping(
            gateway=cast("Gateway", self.api),
            clock=self.clock,
            store=self.store,
            hearing=self.hearing,
            agenda=self.agenda,
            metrics=self.metrics,
            limits=BlastRadius(self.clock, 50, 600),
            namespaces=namespaces,
            every=EVERY,
            watched=self._beat,
        )

    async def _never(self, _: Key) -> float:
        return float("inf")

    def _beat(self) -> None:
        self.beats += 1

    def miss(self, count: int) -> None:
        """So many integrations of which the watch never tells."""
        for number in range(count):
            self.api.make(PLURAL, f"missed-{number}")

    async def keep(self, seconds: float) -> None:
        self.keeping.begin()
        task = asyncio.create_task(self.keeping.run())
        await asyncio.sleep(seconds)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    def figure(self, name: str) -> float:
        return self.metrics.registry.get_sample_value(f"ideogram_operator_{name}") or 0.0


def test_a_sweep_finds_what_the_watch_never_told() -> None:
    async def story() -> None:
        house = House()
        house.store.saw(house.api.make(PLURAL, "ghost"))
        house.api.remove(PLURAL, "ghost")
        house.api.make(PLURAL, KEY.name)
        await house.keep(EVERY + 5)
        assert house.store.keys() == (KEY,)
        assert house.figure("ghosts_total") == 1

    in_virtual_time(story())


def test_a_sweep_reads_whole_only_what_is_news() -> None:
    async def story() -> None:
        house = House()
        for name in ("known", "edited"):
            house.store.saw(house.api.make(PLURAL, name, spec={"mode": "Act"}))
        house.api.edit(PLURAL, "edited", lambda raw: raw.update(spec={"mode": "Observe"}))
        house.api.edit(PLURAL, "known", lambda raw: raw.update(status={"state": "Live"}))
        house.api.make(PLURAL, "missed")
        house.dirty.clear()
        await house.keep(EVERY + 5)
        assert sorted(key.name for key in house.dirty) == ["edited", "missed"]
        assert house.api.count(f"get {PLURAL}/known") == 0
        found = house.store.get(Key("shop", "edited"))
        assert found is not None
        assert found["spec"] == {"mode": "Observe"}

    in_virtual_time(story())


@pytest.mark.parametrize("verb", ["list", "get"])
def test_a_sweep_of_a_cluster_that_hangs_holds_up_no_beat(verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        house = House()
        house.miss(10)
        answer = getattr(house.api, verb)

        async def hang(*asked: Any, **how: Any) -> Any:
            await house.clock.sleep(30.0)
            return await answer(*asked, **how)

        monkeypatch.setattr(house.api, verb, hang)
        await house.keep(EVERY + 60)
        assert house.beats == pytest.approx((EVERY + 60) / BEAT, rel=0.01)

    in_virtual_time(story())


def test_a_sweep_that_gets_no_answers_asks_for_no_more() -> None:
    async def story() -> None:
        house = House()
        house.miss(10)
        house.api.trouble.append(on("get", PLURAL))
        await house.keep(EVERY + 5)
        assert sum(asked.startswith("get") for asked in house.api.asked) == UNANSWERED
        house.api.trouble.clear()
        await house.keep(EVERY + 5)
        assert len(house.dirty) == 10

    in_virtual_time(story())


def test_one_that_cannot_be_read_keeps_a_sweep_from_no_other() -> None:
    async def story() -> None:
        house = House()
        house.miss(10)
        house.api.trouble.append(on("get", PLURAL, name="missed-0"))
        await house.keep(EVERY + 5)
        assert len(house.dirty) == 9

    in_virtual_time(story())


def test_only_its_own_namespaces_are_listed() -> None:
    async def story() -> None:
        house = House(("shop", "other"))
        house.api.make(PLURAL, KEY.name)
        house.api.make(PLURAL, "foreign", namespace="elsewhere")
        await house.keep(EVERY + 5)
        assert house.store.keys() == (KEY,)
        assert house.api.count(f"list {PLURAL}/") + house.api.count(f"list {PLURAL}") == 2

    in_virtual_time(story())


def test_a_sweep_that_fails_drops_nothing_and_is_tried_again() -> None:
    async def story() -> None:
        house = House()
        house.store.saw(house.api.make(PLURAL, KEY.name))
        house.api.trouble.append(on("list", PLURAL))
        await house.keep(3 * EVERY + 5)
        assert house.store.keys() == (KEY,)
        assert house.keeping.watch_dead() is not None

    in_virtual_time(story())


def test_a_sweep_alone_keeps_it_alive() -> None:
    async def story() -> None:
        house = House()
        await house.keep(10 * EVERY)
        assert house.keeping.watch_dead() is None

    in_virtual_time(story())


def test_reconciles_that_wait_for_a_minute_make_it_unhealthy() -> None:
    async def story() -> None:
        house = House()
        house.agenda.soon(KEY)
        await house.keep(59)
        assert house.keeping.reconciles_late() is None
        await house.keep(5)
        assert "late" in (house.keeping.reconciles_late() or "")

    in_virtual_time(story())


def test_it_is_not_ready_before_the_first_list() -> None:
    house = House()
    assert house.keeping.not_working() is not None
    house.keeping.listed = True
    assert house.keeping.not_working() is None


def test_whoever_stands_by_is_ready_and_alive_until_its_lease_is_in_trouble() -> None:
    async def story() -> None:
        house, trouble = House(), [""]
        house.keeping.standing_by, house.keeping.lease_trouble = True, lambda: trouble[-1] or None
        await asyncio.sleep(100 * EVERY)
        assert house.keeping.not_working() is None
        assert house.keeping.watch_dead() is None, "it does not watch yet"
        trouble.append("the Lease cannot be taken")
        assert house.keeping.not_working() == "the Lease cannot be taken"

    in_virtual_time(story())


def test_figures_follow_the_beat() -> None:
    async def story() -> None:
        house = House()
        house.store.saw(house.api.make(PLURAL, KEY.name))
        await house.keep(2.1)
        assert house.figure("integrations") == 1
        assert house.beats == 4
        assert house.keeping.loop_stuck() is None

    in_virtual_time(story())


@pytest.mark.parametrize("lag", [0.0, 31.0])
async def test_a_loop_that_did_not_turn_is_stuck(lag: float) -> None:
    house = House()
    house.keeping._beat(lag)
    assert (house.keeping.loop_stuck() is not None) is (lag > 30)
