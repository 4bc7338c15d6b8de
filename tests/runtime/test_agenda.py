"""When reconciles run: in order, one at a time per key, soon after a change, later after each failure."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from ideogram_operator.cluster.addresses import SECRETS, Address
from ideogram_operator.cluster.errors import Unavailable
from ideogram_operator.runtime.agenda import MOST_STALE, Agenda, Key
from tests.probing.world import VirtualClock, in_virtual_time

A, B, C = (Key("shop", name) for name in "abc")
DOWN = Unavailable("get: HTTP 503", address=Address(resource=SECRETS, namespace="shop", name="x"), verb="get")


@dataclass
class Work:
    """A reconcile that takes a while, notes when it ran, and does what the test says."""

    takes: float = 0.0
    pause: float = 1e9
    fails: Callable[[Key], Exception | None] = lambda _: None
    began: list[tuple[float, Key]] = field(default_factory=list)
    finished: list[Key] = field(default_factory=list)
    running: list[Key] = field(default_factory=list)
    overlaps: int = 0

    async def __call__(self, key: Key) -> float:
        self.began.append((asyncio.get_running_loop().time(), key))
        self.overlaps += key in self.running
        self.running.append(key)
        await asyncio.sleep(self.takes)
        self.running.remove(key)
        if error := self.fails(key):
            raise error
        self.finished.append(key)
        return self.pause

    def times(self, key: Key) -> list[float]:
        return [round(at, 3) for at, who in self.began if who == key]


@contextlib.asynccontextmanager
async def at_work(work: Work, *, workers: int = 2) -> AsyncIterator[Agenda]:
    agenda = Agenda(work, VirtualClock(), workers=workers, jitter=lambda: 0.5)
    running = asyncio.create_task(agenda.run())
    try:
        yield agenda
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def play(story: Callable[[], Awaitable[None]]) -> None:
    async def told() -> None:
        await story()

    in_virtual_time(told())


def test_what_is_due_first_runs_first() -> None:
    async def story() -> None:
        work = Work()
        async with at_work(work, workers=1) as agenda:
            agenda.later(A, 3)
            agenda.later(B, 1)
            agenda.later(C, 2)
            await asyncio.sleep(5)
        assert work.began == [(1, B), (2, C), (3, A)]

    play(story)


def test_the_sooner_of_two_wishes_counts() -> None:
    async def story() -> None:
        work = Work()
        async with at_work(work) as agenda:
            agenda.later(A, 10)
            agenda.later(A, 2)
            agenda.later(A, 5)
            await asyncio.sleep(20)
        assert work.times(A) == [2]

    play(story)


def test_a_key_that_becomes_dirty_while_it_is_reconciled_is_reconciled_once_more() -> None:
    async def story() -> None:
        work = Work(takes=1)
        async with at_work(work) as agenda:
            agenda.soon(A)
            await asyncio.sleep(0.5)
            agenda.soon(A)
            agenda.soon(A)
            agenda.later(A, 0.1)
            await asyncio.sleep(10)
        assert work.times(A) == [0, 1]
        assert not work.overlaps

    play(story)


def test_a_key_that_waits_for_a_worker_is_not_queued_twice() -> None:
    async def story() -> None:
        work = Work(takes=1)
        async with at_work(work, workers=1) as agenda:
            agenda.soon(A)
            agenda.soon(B)
            await asyncio.sleep(0.5)
            agenda.soon(B)
            await asyncio.sleep(10)
        assert work.times(B) == [1]

    play(story)


def test_it_comes_again_when_the_reconcile_asked_for_it() -> None:
    async def story() -> None:
        work = Work(pause=4)
        async with at_work(work) as agenda:
            agenda.soon(A)
            await asyncio.sleep(9)
        assert work.times(A) == [0, 4, 8]

    play(story)


def test_one_that_is_gone_never_comes_again_and_leaves_nothing() -> None:
    async def story() -> None:
        work = Work(pause=float("inf"))
        async with at_work(work) as agenda:
            agenda.soon(A)
            await asyncio.sleep(1000)
            assert agenda.size == 0
        assert work.times(A) == [0]

    play(story)


def test_a_failure_is_tried_again_later_each_time_up_to_a_minute() -> None:
    async def story() -> None:
        work = Work(fails=lambda _: RuntimeError("boom"))
        async with at_work(work) as agenda:
            agenda.soon(A)
            await asyncio.sleep(250)
        assert work.times(A) == [0, 1, 3, 7, 15, 31, 63, 123, 183, 243]

    play(story)


def test_a_success_forgets_the_failures_before_it() -> None:
    async def story() -> None:
        trouble = [RuntimeError("boom"), RuntimeError("boom"), None, RuntimeError("boom")]
        work = Work(fails=lambda _: trouble.pop(0) if trouble else None, pause=10)
        async with at_work(work) as agenda:
            agenda.soon(A)
            await asyncio.sleep(15)
        assert work.times(A) == [0, 1, 3, 13, 14]

    play(story)


def test_a_change_does_not_wait_for_the_next_try() -> None:
    async def story() -> None:
        work = Work(fails=lambda _: RuntimeError("boom") if len(work.began) < 6 else None)
        async with at_work(work) as agenda:
            agenda.soon(A)
            await asyncio.sleep(20)
            agenda.soon(A)
            await asyncio.sleep(0.1)
        assert work.times(A)[-1] == 20

    play(story)


def test_the_trouble_of_one_key_never_stops_the_others() -> None:
    async def story() -> None:
        work = Work(fails=lambda key: RuntimeError("boom") if key == A else None, pause=1)
        async with at_work(work, workers=1) as agenda:
            agenda.soon(A)
            agenda.soon(B)
            await asyncio.sleep(5.5)
        assert len(work.times(B)) == 6

    play(story)


def test_an_api_server_that_is_away_is_one_line_and_no_traceback() -> None:
    async def story() -> None:
        work = Work(fails=lambda _: DOWN)
        async with at_work(work) as agenda:
            agenda.soon(A)
            await asyncio.sleep(100)

    with capture_logs() as lines:
        play(story)
    told = [line for line in lines if line["log_level"] in {"warning", "error"}]
    assert [(line["log_level"], line["error"]) for line in told] == [("warning", "get: HTTP 503")]
    assert "exc_info" not in told[0]


def test_a_reconcile_that_waits_for_a_worker_is_late() -> None:
    async def story() -> None:
        async with at_work(Work(takes=100), workers=1) as agenda:
            agenda.soon(A)
            agenda.soon(B)
            await asyncio.sleep(70)
            assert agenda.lateness == pytest.approx(70)

    play(story)


def test_nothing_is_late_while_all_is_in_time() -> None:
    async def story() -> None:
        async with at_work(Work(pause=5)) as agenda:
            for key in (A, B, C):
                agenda.soon(key)
            await asyncio.sleep(32)
            assert agenda.lateness == 0

    play(story)


def test_an_agenda_that_does_not_run_is_late() -> None:
    async def story() -> None:
        agenda = Agenda(Work(), VirtualClock())
        agenda.later(A, 10)
        await asyncio.sleep(45)
        assert agenda.lateness == pytest.approx(35)

    play(story)


def test_draining_finishes_what_is_under_way_and_begins_nothing() -> None:
    async def story() -> None:
        work = Work(takes=2)
        async with at_work(work, workers=1) as agenda:
            for key in (A, B, C):
                agenda.soon(key)
            await asyncio.sleep(0.5)
            began = asyncio.get_running_loop().time()
            await agenda.drain()
            assert asyncio.get_running_loop().time() - began < 2
            await asyncio.sleep(50)
        assert work.finished == [A]

    play(story)


def test_many_changes_leave_nothing_behind() -> None:
    """Each change plans a reconcile that a later change supersedes: a day of them must not fill the memory."""

    async def story() -> None:
        work = Work(pause=300)
        async with at_work(work) as agenda:
            for _ in range(3 * MOST_STALE):
                agenda.soon(A)
                await asyncio.sleep(0.05)
            assert len(agenda._heap) <= MOST_STALE + 2
            assert len(work.began) == 3 * MOST_STALE

    play(story)


def test_a_cancelled_agenda_cancels_what_is_under_way() -> None:
    async def story() -> None:
        work = Work(takes=100)
        async with at_work(work) as agenda:
            agenda.soon(A)
            await asyncio.sleep(1)
        assert work.began
        assert not work.finished

    play(story)


@pytest.mark.parametrize(
    ("takes", "stuck"),
    [(30.0, False), (1000.0, True)],
    ids=["slow ones that end are late and no reason to restart", "when none ends, the operator is stuck"],
)
def test_only_an_agenda_on_which_nothing_ends_is_stuck(takes: float, *, stuck: bool) -> None:
    async def story() -> None:
        async with at_work(Work(takes=takes), workers=1) as agenda:
            for number in range(30):
                agenda.soon(Key("shop", f"{number}"))
            await asyncio.sleep(200)
            assert agenda.lateness > 100
            assert (agenda.stuck > 60) is stuck

    play(story)


def test_namespaces_take_turns_however_many_keys_one_of_them_has() -> None:
    """A tenant with thousands of integrations makes nobody else wait behind them."""
    work = Work(takes=1.0)
    neighbour = Key("neighbour", "web")

    async def story() -> None:
        async with at_work(work) as agenda:
            for number in range(2000):
                agenda.soon(Key("hog", f"{number:04}"))
            await asyncio.sleep(0.5)
            agenda.soon(neighbour)
            await asyncio.sleep(20)
            agenda.soon(neighbour)
            await asyncio.sleep(20)

    play(story)
    assert work.times(neighbour) == [1.0, 21.0]
    hogs = [key for _, key in work.began if key.namespace == "hog"]
    assert hogs == sorted(hogs), "in a namespace, whoever waited longest is next"
    assert len(hogs) > 70
