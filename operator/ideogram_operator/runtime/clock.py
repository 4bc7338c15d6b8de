"""Time, as something that is given: what waits or dates is tested in virtual time, without waiting."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where a part of the operator gets its time from."""

    def now(self) -> datetime:
        """The wall clock, UTC. It may jump; for dates only."""

    def monotonic(self) -> float:
        """Seconds that never jump; for due times and durations."""

    async def sleep(self, seconds: float) -> None:
        """Returns after so many seconds; at once for zero or less."""


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """The machine's time of day, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """The event loop's kind of seconds."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Sleeps."""
        await asyncio.sleep(seconds)
