"""The world stopped at one write, so that an operator can be killed right before or right after it."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from lab.api_proxy.asked import Asked
from lab.waiting import NeverHappenedError


class When(StrEnum):
    """BEFORE: the write never reaches the server. AFTER: it is carried out, but its answer never arrives."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(slots=True, kw_only=True)
class Halt:
    """A point at which the world stops: the ``number``-th write that fits, counted from when it was set, from 1."""

    number: int
    when: When
    fits: Callable[[Asked], bool] = lambda _: True
    seen: int = 0
    write: Asked | None = None
    reached: threading.Event = field(default_factory=threading.Event)

    def wait(self, timeout: float = 30.0) -> Asked:
        """The write, once the world stands still.

        Raises:
            NeverHappenedError: it was not reached within ``timeout`` seconds.
        """
        if not self.reached.wait(timeout) or self.write is None:
            raise NeverHappenedError(f"waited {timeout:g} s for write {self.number}; {self.seen} were seen")
        return self.write


class World:
    """Moves, or stands still; used in the proxy's own thread only."""

    def __init__(self) -> None:
        self._halt: Halt | None = None
        self._moving = asyncio.Event()
        self._moving.set()
        self._ages = 0

    def set(self, halt: Halt) -> None:
        """Counts writes from now on."""
        self._halt = halt

    def go_on(self) -> None:
        """No halt any more; what was held is dropped."""
        self._halt = None
        self._ages += 1
        self._moving.set()

    def count(self, asked: Asked) -> Halt | None:
        """The halt, if this is its write."""
        halt = self._halt
        if halt is None or not asked.is_write or not halt.fits(asked):
            return None
        halt.seen += 1
        return halt if halt.seen == halt.number else None

    def stop(self, halt: Halt, asked: Asked) -> None:
        """It stands still from now on."""
        self._moving.clear()
        halt.write = asked
        halt.reached.set()

    async def passes(self) -> bool:
        """Whether a request may go on; one that comes while the world stands still never may."""
        age = self._ages
        await self._moving.wait()
        return age == self._ages
