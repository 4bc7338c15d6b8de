"""Who waits for a worker: first those with news, then those that only have to note down what they have done.

A provider that dies is news to a thousand integrations in the same second. What protects their applications is a patch
each; what tells of it are several more writes. Whoever has been told comes again after those that have not. Among those
with news, and among the others, the namespaces take turns.
"""

import asyncio
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from ideogram_operator.runtime.clock import Clock
from ideogram_operator.runtime.turns import Turns

LONGEST = 10.0
"""Seconds after which those that gave way are taken in turn with those that have news: longer than a storm takes, and
short enough that one tenant's endless news keep nobody's status back.
"""

Key = TypeVar("Key", bound=Hashable)


@dataclass(slots=True, kw_only=True)
class Line(Generic[Key]):
    """Keys with the moments (monotonic) since when they wait; each is in it once.

    Attributes:
        namespace: of a key.
    """

    clock: Clock
    namespace: Callable[[Key], str]
    _news: Turns[Key] = field(init=False)
    _notes: Turns[Key] = field(init=False)
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    _gave_turn: bool = False

    def __post_init__(self) -> None:
        self._news, self._notes = Turns(self.namespace), Turns(self.namespace)

    def join(self, key: Key, since: float, *, gives_way: bool = False) -> None:
        """Puts a key in the line; one that gave way and has news now comes with the others that have."""
        if key in self._news or (gives_way and key in self._notes):
            return
        if gives_way:
            self._notes.put(key, since)
        else:
            stood = self._notes.leave(key)
            self._news.put(key, since)
            if stood:
                return
        self._places.release()

    async def next(self) -> tuple[Key, bool]:
        """Returns whose turn it is, once there is somebody, and whether it had given way before."""
        while True:
            await self._places.acquire()
            if self._news or self._notes:
                break
        turn = not self._news or (not self._gave_turn and self._waited_long())
        self._gave_turn = turn
        return (self._notes if turn else self._news).take(), turn

    def clear(self) -> None:
        """Sends all away."""
        self._news.clear()
        self._notes.clear()

    def keys(self) -> set[Key]:
        """Returns who waits."""
        return {*self._news, *self._notes}

    @property
    def crowded(self) -> bool:
        """Whether somebody with news waits."""
        return bool(self._news)

    @property
    def since(self) -> float | None:
        """When the one that has waited longest for a worker with its news was due; None if nobody waits."""
        return self._news.since

    def _waited_long(self) -> bool:
        since = self._notes.since
        return since is not None and self.clock.monotonic() - since > LONGEST
