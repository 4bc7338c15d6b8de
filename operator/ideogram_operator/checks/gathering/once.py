"""Asking once for all who want to know at the same time: a hundred preflights of one key ask the API one time.

What was found is good for a short while, so that a fault that somebody has just mended is seen at the next look.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Found = TypeVar("Found")


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
    _asking: dict[Hashable, "asyncio.Task[Found]"] = field(default_factory=dict)

    async def ask(self, about: Hashable, how: Callable[[], Awaitable[Found]]) -> Found:
        """Returns the answer, asked for ``how`` if nobody has it; raises what ``how`` raises, to all who waited."""
        self._drop_old()
        if about in self._known:
            return self._known[about][1]
        if about not in self._asking:
            # A task of its own: whoever asked first may be cancelled, and the others still want to know.
            task = asyncio.ensure_future(self._answer(about, how))
            self._asking[about] = task
            task.add_done_callback(lambda done: self._done(about, done))
        return await asyncio.shield(self._asking[about])

    async def _answer(self, about: Hashable, how: Callable[[], Awaitable[Found]]) -> Found:
        found = await how()
        if self.good_for > 0:
            self._known[about] = self.monotonic(), found
        return found

    def _done(self, about: Hashable, task: "asyncio.Task[Found]") -> None:
        self._asking.pop(about, None)
        if not task.cancelled():
            task.exception()  # whoever waited has it; nobody may be left who does

    def _drop_old(self) -> None:
        """The oldest answers come first, since they are never renewed in place."""
        now = self.monotonic()
        while self._known:
            about, (at, _) = next(iter(self._known.items()))
            if now - at < self.good_for:
                return
            del self._known[about]
