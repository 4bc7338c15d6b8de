"""An event loop in a thread of its own, for a server that a test's own thread drives."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

LONGEST: Final = 10
"""Seconds that anything asked of the loop may take."""

Answer = TypeVar("Answer")


class LoopThread:
    """Runs from `start` to `end`."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> None:
        """The loop turns from now on."""
        self._thread.start()

    def do(self, action: Coroutine[Any, Any, Answer]) -> Answer:
        """What the action comes to, carried out by the loop. Raises what it raises, or TimeoutError."""
        return asyncio.run_coroutine_threadsafe(action, self._loop).result(LONGEST)

    def end(self) -> None:
        """The loop is closed when it returns."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
