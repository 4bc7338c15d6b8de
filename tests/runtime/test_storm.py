"""A provider dies under many at once: what protects applications goes before what tells of it."""

import asyncio
from dataclasses import dataclass, field, replace
from operator import attrgetter

from ideogram_operator.resource.words import PLURAL, State
from ideogram_operator.runtime.agenda import LONGEST_DEBT, Agenda, Key
from ideogram_operator.runtime.informer import _NoDiffBase
from ideogram_operator.runtime.line import LONGEST, Line
from ideogram_operator.runtime.sameness import LOOK_ANYWAY
from ideogram_operator.runtime.survey import UNSETTLED_PAUSE
from tests.probing.world import VirtualClock, in_virtual_time
from tests.runtime.life import KEY, Hands, Life, live

A, B, C = (Key("shop", name) for name in "abc")
NAMESPACE = attrgetter("namespace")


@dataclass
class Others:
    """Those that wait for a worker, as the test says."""

    crowded: bool = True
    again: list[Key] = field(default_factory=list)

    def give_way(self, key: Key) -> bool:
        if self.crowded:
            self.again.append(key)
        return self.crowded


async def in_a_crowd() -> tuple[Life, Others]:
    life, others = await live(), Others()
    life.operator = replace(life.operator, crowd=others)
    life.api.asked.clear()
    return life, others


async def test_a_target_is_told_before_anything_is_written_of_it_while_others_wait() -> None:
    life, others = await in_a_crowd()
    await life.see("503 503 503")
    assert life.switch() == "false"
    assert others.again, "it comes again after the others"
    written = [asked for asked in life.api.asked if asked.startswith("patch")]
    assert written == ["patch deployments/web"]


async def test_what_was_left_out_in_the_crowd_is_written_after_it() -> None:
    life, others = await in_a_crowd()
    await life.see("503 503 503")
    others.crowded = False
    await life.reconcile()
    assert life.status.state is State.FALLBACK
    assert life.record.finalizer
    assert life.api.count("patch deployments/web") == 1


async def test_on_the_way_back_status_comes_first_in_a_crowd_as_well() -> None:
    life, others = await in_a_crowd()
    await life.see("503 503 503")
    others.crowded = False
    await life.reconcile()
    others.crowded = True
    life.api.asked.clear()
    await life.keep("ok", seconds=400)
    assert life.switch() == "true"
    written = [asked for asked in life.api.asked if asked.startswith("patch")]
    back = written.index("patch deployments/web")
    assert f"patch {PLURAL}/{KEY.name}/status" in written[:back]


async def test_one_with_news_goes_before_those_that_gave_way() -> None:
    line: Line[Key] = Line(clock=Hands(), namespace=NAMESPACE)
    line.join(A, 0.0, gives_way=True)
    line.join(B, 0.0)
    line.join(C, 0.0, gives_way=True)
    line.join(C, 1.0)
    assert [await line.next() for _ in range(3)] == [(B, False), (C, False), (A, True)]


async def test_those_that_gave_way_are_not_left_waiting_for_ever() -> None:
    clock = Hands()
    line: Line[Key] = Line(clock=clock, namespace=NAMESPACE)
    line.join(A, 0.0, gives_way=True)
    line.join(B, 0.0)
    line.join(C, 0.0)
    clock.seconds = LONGEST + 1
    assert [await line.next() for _ in range(3)] == [(A, True), (B, False), (C, False)]


def test_a_key_gives_way_once_and_is_reconciled_again_after_the_others() -> None:
    async def story() -> None:
        order: list[tuple[Key, bool]] = []

        async def work(key: Key) -> float:
            order.append((key, agenda.give_way(key)))
            return 1e9

        agenda = Agenda(work, VirtualClock(), workers=1)
        for key in (A, B, C):
            agenda.soon(key)
        running = asyncio.create_task(agenda.run())
        await asyncio.sleep(1)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert order == [(A, True), (B, True), (C, False), (A, False), (B, False)]

    in_virtual_time(story())


def test_news_without_end_keep_nobody_from_telling_what_was_done() -> None:
    async def story() -> None:
        told: dict[Key, float] = {}
        clock = VirtualClock()

        async def work(key: Key) -> float:
            await asyncio.sleep(0.2)
            if not agenda.give_way(key):
                told.setdefault(key, clock.monotonic())
            return 0.1

        agenda = Agenda(work, clock, workers=1)
        for key in (A, B, C):
            agenda.soon(key)
        running = asyncio.create_task(agenda.run())
        await asyncio.sleep(4 * LONGEST_DEBT)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert told.keys() == {A, B, C}
        assert max(told.values()) < LONGEST_DEBT + 2

    in_virtual_time(story())


async def test_who_gave_way_does_not_come_again_at_once_for_what_waits_until_it_has_told() -> None:
    life, others = await in_a_crowd()
    await life.see("503 503 503")
    life.clock.seconds += UNSETTLED_PAUSE + 1  # a look at the targets is due
    others.again.clear()
    pause = await life.operator.reconcile(KEY)
    assert others.again == [KEY]
    assert pause >= 1.0


async def test_many_reconciles_that_wait_for_nothing_do_not_keep_the_loop() -> None:
    done: list[Key] = []

    async def work(key: Key) -> float:
        done.append(key)
        return 1e9

    agenda = Agenda(work, Hands(), workers=20)
    for number in range(1000):
        agenda.soon(Key("shop", str(number)))
    running = asyncio.create_task(agenda.run())
    turns = 0
    async with asyncio.timeout(30):
        while len(done) < 1000:
            turns += 1
            await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert turns > 500, "the loop turned in between"


async def test_while_all_is_well_nothing_is_built_only_to_find_that_it_is_the_same() -> None:
    life = await live()
    await life.see("ok")
    reported = life.record.reported_at
    await life.see("ok ok ok")
    assert life.record.reported_at == reported
    await life.keep("ok", seconds=LOOK_ANYWAY + 10)
    assert life.record.reported_at > reported


def test_kopf_copies_no_object_for_differences_that_nobody_asks_for() -> None:
    assert _NoDiffBase().build(body=object()) == {}
