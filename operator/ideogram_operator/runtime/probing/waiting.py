"""Waiting: until a time or a change, and for hooks that may fail."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress

from ideogram_operator.runtime.clock import Clock


async def wait_or_wake(clock: Clock, seconds: float, wake: asyncio.Event) -> None:
    """Returns after ``seconds`` on the given clock, or as soon as ``wake`` is set."""
    waits = {asyncio.ensure_future(clock.sleep(seconds)), asyncio.ensure_future(wake.wait())}
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


async def quietly(work: Awaitable[None]) -> None:
    """Waits for a hook whose failing changes nothing."""
    with suppress(Exception):
        await work
