"""Who is next: the namespaces in turn, each with what has waited longest in it.

In one line for all, a tenant who makes thousands of integrations, or edits a few without end, would have everybody
else wait behind them, in the hour of the outage too.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(slots=True)
class Turns(Generic[Item]):
    """A queue of several lines.

    Attributes:
        line_of: whose line an item stands in.
    """

    line_of: Callable[[Item], str]
    _lines: dict[str, deque[Item]] = field(default_factory=dict)
    _count: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    def put(self, item: Item) -> None:
        """The item waits from now on."""
        self._lines.setdefault(self.line_of(item), deque()).append(item)
        self._count.release()

    async def get(self) -> Item:
        """Returns the next item, once there is one."""
        await self._count.acquire()
        name, line = next(iter(self._lines.items()))
        del self._lines[name]
        item = line.popleft()
        if line:
            # To the end: a dictionary keeps the order in which its keys came.
            self._lines[name] = line
        return item
