"""What is due when: one heap of due times, a few workers, one reconcile per key at a time.

A request carries a name only, never the event that caused it: whoever reconciles looks at what is there now. A key
that becomes dirty while it is reconciled is reconciled once more afterwards. A reconcile that raises is logged and
tried again, later each time.

A heap and workers instead of a task per integration: ten thousand sleeping tasks cost memory and wake in bursts.
"""

import asyncio
import heapq
import itertools
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from ideogram_operator.runtime.clock import Clock

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """The name of one integration."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


DRAIN_PAUSE = 0.02

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
    _running: set[Key] = field(default_factory=set)
    _dirty: set[Key] = field(default_factory=set)
    _failures: dict[Key, int] = field(default_factory=dict)
    _sequence: "itertools.count[int]" = field(default_factory=itertools.count)
    _ready: "asyncio.Queue[Key]" = field(default_factory=asyncio.Queue)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _draining: bool = False

    def soon(self, key: Key) -> None:
        """Asks for a reconcile as soon as a worker is free."""
        if key in self._running:
            self._dirty.add(key)
        else:
            self._schedule(key, self.clock.monotonic())

    def later(self, key: Key, seconds: float) -> None:
        """Asks for a reconcile after this time, unless one comes sooner."""
        self._schedule(key, self.clock.monotonic() + max(0.0, seconds))

    def forget(self, key: Key) -> None:
        """Drops all that is planned for a key that is gone."""
        self._due.pop(key, None)
        self._failures.pop(key, None)
        self._dirty.discard(key)

    @property
    def lateness(self) -> float:
        """Seconds by which the most overdue key is late."""
        while self._heap and self._due.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        waiting = self.clock.monotonic() - self._heap[0][0] if self._heap else 0.0
        return max(0.0, waiting)

    @property
    def size(self) -> int:
        """How many keys have a due time or are being reconciled."""
        return len(self._due.keys() | self._running)

    async def drain(self) -> None:
        """Hands out nothing more, and returns once what is under way has finished."""
        self._draining = True
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
                self._running.add(key)
                self._ready.put_nowait(key)
        return None

    async def _work(self) -> None:
        while True:
            key = await self._ready.get()
            try:
                pause = await self._attempt(key)
            finally:
                self._running.discard(key)
            if key in self._dirty:
                self._dirty.discard(key)
                pause = 0.0
            if pause is not None:
                self.later(key, pause)

    async def _attempt(self, key: Key) -> float | None:
        try:
            pause = await self.reconcile(key)
        except Exception:
            failures = self._failures[key] = self._failures.get(key, 0) + 1
            pause = min(self.last_retry, self.first_retry * (1 << min(failures - 1, 10))) * (0.5 + self.jitter())
            log.exception("reconcile failed; it is tried again", integration=str(key), retry_seconds=round(pause, 1))
            return pause
        self._failures.pop(key, None)
        return pause if pause != float("inf") else None
