"""One at a time on a target, so that our own workers do not race to a patch that only one of them can win.

A hundred integrations may share a target, and each writes its claim with a patch that is guarded by the version it
read: without turns, most of what they send is refused as stale, and the last has its claim half a minute late. Nobody
waits long, though: a target whose API server or webhook is slow must not keep workers from the other targets.
"""

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakValueDictionary

LONGEST_WAIT: Final = 1.0
"""Seconds."""


@dataclass(slots=True)
class OneAtATime:
    """Whose turn it is, target by target; those that nobody uses are forgotten.

    Attributes:
        longest: seconds that anybody waits.
    """

    longest: float = LONGEST_WAIT
    _locks: "WeakValueDictionary[Hashable, asyncio.Lock]" = field(default_factory=WeakValueDictionary)

    @asynccontextmanager
    async def at(self, target: Hashable) -> AsyncIterator[bool]:
        """Waits for the turn at a target and keeps it inside the block; gives False if it took too long."""
        lock = self._locks.get(target)
        if lock is None:
            lock = self._locks[target] = asyncio.Lock()
        try:
            async with asyncio.timeout(self.longest):
                await lock.acquire()
        except TimeoutError:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()
