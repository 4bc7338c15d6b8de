"""Being asked to stop before the informer is at work, which listens for signals itself from then on."""

import asyncio
import contextlib
import signal
import threading
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

Found = TypeVar("Found")

SIGNALS = (signal.SIGINT, signal.SIGTERM)


async def until_stopped(work: Coroutine[Any, Any, Found]) -> Found | None:
    """Returns what the work came to; None if SIGINT or SIGTERM came first.

    The first process of a container does not even die of a SIGTERM that it does not handle.
    """
    task, stopped = asyncio.ensure_future(work), asyncio.Event()
    with _heard(stopped):
        waiting = asyncio.ensure_future(stopped.wait())
        try:
            await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            ended = task.done()
            task.cancel()
            await asyncio.gather(waiting, task, return_exceptions=True)
    found = task.result() if ended else None
    # A signal that came with the result is not lost: nobody sends it again.
    return None if stopped.is_set() else found


@contextlib.contextmanager
def _heard(stopped: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    # Only the main thread hears of signals; elsewhere, as in a test, there are none to wait for.
    names = SIGNALS if threading.current_thread() is threading.main_thread() else ()
    for name in names:
        loop.add_signal_handler(name, stopped.set)
    try:
        yield
    finally:
        for name in names:
            loop.remove_signal_handler(name)
