"""What is due when: one heap of due times, a few workers, one reconcile per key at a time.

A request carries a name only, never the event that caused it: whoever reconciles looks at what is there now. A key
that becomes dirty while it is reconciled is reconciled once more afterwards. A reconcile that raises is logged and
tried again, later each time. While others with news wait, a reconcile may leave what only tells of its work to another
round after theirs. What the cluster refused is one line, the first time: when the API server is away, every
integration would tell the same again and again.

What is due waits for a worker in turns: a namespace's keys in their order, the namespaces one after the other.

A heap and workers instead of a task per integration: ten thousand sleeping tasks cost memory and wake in bursts.
"""

import asyncio
import heapq
import itertools
import math
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from ideogram_operator.cluster.errors import ClusterError
from ideogram_operator.runtime.clock import Clock
from ideogram_operator.runtime.line import Line

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """The name of one integration."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


DRAIN_PAUSE = 0.02
LONGEST_DEBT = 30.0
"""Seconds for which a key may leave what it has to tell to another round."""
MOST_STALE = 1000
"""Superseded entries that the heap may hold beside as many as there are keys."""

Reconcile = Callable[[Key], Awaitable[float]]


@dataclass(slots=True)
class Agenda:
    """The scheduler.

    Attributes:
        reconcile: returns the seconds after which the key is due again though nothing happens.
        workers: how many reconciles run at once.
        first_retry, last_retry: seconds until a failed reconcile is tried again, doubling from one to the other.
    """

    reconcile: Reconcile
    clock: Clock
    workers: int = 20
    first_retry: float = 1.0
    last_retry: float = 60.0
    jitter: Callable[[], float] = field(default=random.random)
    _heap: list[tuple[float, int, Key]] = field(default_factory=list)
    _due: dict[Key, float] = field(default_factory=dict)
    _line: Line[Key] = field(init=False)
    _running: set[Key] = field(default_factory=set)
    _dirty: set[Key] = field(default_factory=set)
    _patient: set[Key] = field(default_factory=set)
    _again: set[Key] = field(default_factory=set)
    _owing: dict[Key, float] = field(default_factory=dict)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _failures: dict[Key, int] = field(default_factory=dict)
    _sequence: "itertools.count[int]" = field(default_factory=itertools.count)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _draining: bool = False
    _ended: float | None = None

    def __post_init__(self) -> None:
        self._line = Line(clock=self.clock, namespace=lambda key: key.namespace)

    def soon(self, key: Key) -> None:
        """Asks for a reconcile as soon as a worker is free."""
        if key in self._running:
            self._dirty.add(key)
        else:
            self._schedule(key, self.clock.monotonic())

    def give_way(self, key: Key) -> bool:
        """Whether a key that is being reconciled should leave the rest to another round; it gets one after the others.

        Never in a round that is such a one already, nor for longer than ``LONGEST_DEBT`` in all: who has news without
        end would never come to tell anything.
        """
        now = self.clock.monotonic()
        if key in self._patient or not self._line.crowded or now - self._owing.get(key, now) > LONGEST_DEBT:
            return False
        self._owing.setdefault(key, now)
        self._again.add(key)
        return True

    @property
    def crowded(self) -> bool:
        """Whether somebody waits for a worker."""
        return self._line.crowded

    def later(self, key: Key, seconds: float) -> None:
        """Asks for a reconcile after this time, unless one comes sooner."""
        self._schedule(key, self.clock.monotonic() + max(0.0, seconds))

    def retry(self) -> None:
        """Has everything that failed tried again now: what it failed of is over."""
        for key in self._failures:
            self.soon(key)

    @property
    def lateness(self) -> float:
        """Seconds by which the most overdue key is late, whether it waits for its time or for a free worker."""
        while self._heap and self._due.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        # Handed out in the order of their due times, so the first that waits has waited longest.
        waits = self._line.since
        due = [*((waits,) if waits is not None else ()), *(entry[0] for entry in self._heap[:1])]
        return max(0.0, self.clock.monotonic() - min(due)) if due else 0.0

    @property
    def stuck(self) -> float:
        """Seconds for which keys have been overdue without any reconcile coming to an end; 0 while some do."""
        since_end = self.clock.monotonic() - self._ended if self._ended is not None else math.inf
        return min(self.lateness, since_end)

    @property
    def size(self) -> int:
        """How many keys have a due time, wait for a worker or are being reconciled."""
        return len(self._due.keys() | self._line.keys() | self._running)

    async def drain(self) -> None:
        """Hands out nothing more, and returns once what is under way has finished; what only waits is left."""
        self._draining = True
        self._line.clear()
        self._wake.set()
        while self._running:
            await self.clock.sleep(DRAIN_PAUSE)

    async def run(self) -> None:
        """Works until cancelled; a reconcile under way is cancelled with it."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._dispatch())
            for _ in range(self.workers):
                group.create_task(self._work())

    def _schedule(self, key: Key, due: float) -> None:
        if key in self._due and self._due[key] <= due:
            return
        self._due[key] = due
        heapq.heappush(self._heap, (due, next(self._sequence), key))
        if len(self._heap) > 2 * len(self._due) + MOST_STALE:
            self._heap = [entry for entry in self._heap if self._due.get(entry[2]) == entry[0]]
            heapq.heapify(self._heap)
        self._wake.set()

    async def _dispatch(self) -> None:
        while True:
            self._wake.clear()
            pause = self._hand_out()
            try:
                async with asyncio.timeout(pause):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def _hand_out(self) -> float | None:
        """Gives all keys that are due to the workers; returns the seconds until the next one is."""
        now = self.clock.monotonic()
        while self._heap and not self._draining:
            due, _, key = self._heap[0]
            if self._due.get(key) != due:
                heapq.heappop(self._heap)
                continue
            if due > now:
                return due - now
            heapq.heappop(self._heap)
            del self._due[key]
            if key in self._running:
                self._dirty.add(key)
            else:
                self._line.join(key, due)
        return None

    async def _work(self) -> None:
        while True:
            key, gave_way = await self._line.next()
            async with self._turn:
                # Many reconciles find nothing to wait for: without this, hundreds in a row would keep the loop.
                await asyncio.sleep(0)
            self._running.add(key)
            if gave_way:
                self._patient.add(key)
            try:
                pause = await self._attempt(key)
            finally:
                self._running.discard(key)
                self._patient.discard(key)
                self._ended = self.clock.monotonic()
            self._come_again(key, pause)

    def _come_again(self, key: Key, pause: float | None) -> None:
        again = key in self._again
        self._again.discard(key)
        if not again:
            self._owing.pop(key, None)
        if key in self._dirty:
            self._dirty.discard(key)
            pause = 0.0
        if again and not self._draining:
            self._line.join(key, self.clock.monotonic(), gives_way=True)
        if pause is not None:
            self.later(key, pause)

    async def _attempt(self, key: Key) -> float | None:
        try:
            pause = await self.reconcile(key)
        except ClusterError as error:
            pause, first = self._failed(key)
            tell = log.warning if first else log.debug
            tell(
                "the cluster refused; it is tried again", integration=str(key), error=str(error), retry=round(pause, 1)
            )
            return pause
        except Exception:
            pause, _ = self._failed(key)
            log.exception("reconcile failed; it is tried again", integration=str(key), retry=round(pause, 1))
            return pause
        self._failures.pop(key, None)
        return pause if pause != float("inf") else None

    def _failed(self, key: Key) -> tuple[float, bool]:
        """Counts a failure; returns the seconds until the next try, and whether it was the first in a row."""
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        pause = min(self.last_retry, self.first_retry * (1 << min(failures - 1, 10))) * (0.5 + self.jitter())
        return pause, failures == 1
