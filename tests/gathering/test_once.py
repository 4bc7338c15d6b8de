"""Asking once for all: shared while it is asked, good for a while, and a failure is everybody's and nobody's later."""

import asyncio
from dataclasses import dataclass, field

import pytest

from ideogram_operator.checks.gathering.once import Once


@dataclass
class Oracle:
    asked: int = 0
    release: asyncio.Event = field(default_factory=asyncio.Event)
    begun: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    async def answer(self) -> int:
        self.asked += 1
        self.begun.release()
        await self.release.wait()
        return self.asked

    async def fail(self) -> int:
        self.asked += 1
        raise LookupError("nobody knows")


@dataclass
class Clock:
    seconds: float = 0.0

    def monotonic(self) -> float:
        return self.seconds


async def test_a_hundred_who_ask_at_once_are_answered_by_one_request() -> None:
    oracle, once = Oracle(), Once[int](monotonic=Clock().monotonic, good_for=10)
    asking = [asyncio.create_task(once.ask("it", oracle.answer)) for _ in range(100)]
    await asyncio.sleep(0)
    oracle.release.set()
    assert await asyncio.gather(*asking) == [1] * 100


async def test_an_answer_is_good_for_its_time_only() -> None:
    clock, oracle = Clock(), Oracle()
    once = Once[int](monotonic=clock.monotonic, good_for=10)
    oracle.release.set()
    assert await once.ask("it", oracle.answer) == 1
    clock.seconds = 9.9
    assert await once.ask("it", oracle.answer) == 1
    clock.seconds = 10.0
    assert await once.ask("it", oracle.answer) == 2
    assert await once.ask("another", oracle.answer) == 3


async def test_a_failure_is_told_to_all_who_wait_and_not_remembered() -> None:
    oracle, once = Oracle(), Once[int](monotonic=Clock().monotonic, good_for=10)
    answers = await asyncio.gather(*(once.ask("it", oracle.fail) for _ in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [LookupError] * 3
    assert oracle.asked == 1
    with pytest.raises(LookupError):
        await once.ask("it", oracle.fail)
    assert oracle.asked == 2


async def test_whoever_gives_up_takes_the_answer_from_nobody() -> None:
    oracle, once = Oracle(), Once[int](monotonic=Clock().monotonic, good_for=10)
    first = asyncio.create_task(once.ask("it", oracle.answer))
    second = asyncio.create_task(once.ask("it", oracle.answer))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    oracle.release.set()
    assert await second == 1
    assert oracle.asked == 1


async def test_whoever_asks_after_a_change_is_told_nothing_that_was_asked_before_it() -> None:
    clock, oracle = Clock(), Oracle()
    once = Once[int](monotonic=clock.monotonic, good_for=10)
    early = asyncio.create_task(once.ask("it", oracle.answer))
    await oracle.begun.acquire()
    clock.seconds = 1.0
    late = asyncio.create_task(once.ask("it", oracle.answer, since=1.0))
    await oracle.begun.acquire()
    oracle.release.set()
    await asyncio.gather(early, late)
    assert oracle.asked == 2
    assert await once.ask("it", oracle.answer, since=1.0) == 2
    assert oracle.asked == 2
