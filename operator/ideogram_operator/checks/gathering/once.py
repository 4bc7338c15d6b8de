"""Asking once for all who want to know at the same time: a hundred preflights of one key ask the API one time.

What was found is good for a short while, so that a fault that somebody has just mended is seen at the next look. A
person who mends something and asks is told of nothing that was read before they asked.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

Found = TypeVar("Found")

LONGEST: Final = 120.0
"""Seconds after which a question that hangs is asked anew."""


@dataclass(slots=True, kw_only=True)
class Once(Generic[Found]):
    """Answers that are shared.

    Attributes:
        monotonic: seconds.
        good_for: seconds for which an answer is handed on; 0 shares only while it is being asked for.
    """

    monotonic: Callable[[], float]
    good_for: float
    _known: dict[Hashable, tuple[float, Found]] = field(default_factory=dict)
    _asking: dict[Hashable, tuple[float, "asyncio.Task[Found]"]] = field(default_factory=dict)

    async def ask(self, about: Hashable, how: Callable[[], Awaitable[Found]], *, since: float = -math.inf) -> Found:
        """Returns the answer, asked for ``how`` if nobody has it; raises what ``how`` raises, to all who waited.

        Args:
            about: what the question is.
            how: asks.
            since: nothing that was asked before is good enough; on the monotonic clock.
        """
        self._drop_old()
        if about in self._known and self._known[about][0] >= since:
            return self._known[about][1]
        if about not in self._asking or self._asking[about][0] < since:
            began = self.monotonic()
            # A task of its own: whoever asked first may be cancelled, and the others still want to know.
            task = asyncio.ensure_future(self._answer(about, how, began))
            self._asking[about] = began, task
            task.add_done_callback(lambda done: self._done(about, done))
        return await asyncio.shield(self._asking[about][1])

    async def _answer(self, about: Hashable, how: Callable[[], Awaitable[Found]], began: float) -> Found:
        # Whoever waits has a shorter limit; but one that hangs for ever would be joined for ever.
        async with asyncio.timeout(LONGEST):
            found = await how()
        if self.good_for > 0 and began >= self._known.get(about, (began, None))[0]:
            # To the end: the oldest come first.
            self._known.pop(about, None)
            self._known[about] = began, found
        return found

    def _done(self, about: Hashable, task: "asyncio.Task[Found]") -> None:
        if about in self._asking and self._asking[about][1] is task:
            del self._asking[about]
        if not task.cancelled():
            task.exception()  # whoever waited has it; nobody may be left who does

    def _drop_old(self) -> None:
        """The oldest answers come first, or nearly so: one that took long may stay as much longer."""
        now = self.monotonic()
        while self._known:
            about, (at, _) = next(iter(self._known.items()))
            if now - at < self.good_for:
                return
            del self._known[about]
