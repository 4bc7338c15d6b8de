"""The control URL: a second opinion on whether it is the provider that fails, or the operator's own network.

It has a say only while it is known to work: a cluster that forbids it, or a URL that never answered, must not keep
anybody from falling back (DESIGN.md §3, "Own network").
"""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from ideogram_operator.ideogram.replies import Answer
from ideogram_operator.ideogram.requests import Request
from ideogram_operator.ideogram.sender import Sender
from ideogram_operator.runtime.clock import Clock

TIMEOUT: Final = 5.0
TRUSTED_FOR: Final = 3600.0
_KEPT_WARM: Final = 900.0
_JITTER: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlReport:
    """How the control stands, for status and metrics.

    Attributes:
        host: empty if there is no control.
        working: what the last check found; None before the first.
        trusted: whether it worked within the last hour and so has a say.
    """

    host: str
    working: bool | None
    trusted: bool


class ControlURL:
    """Asks one URL, at most one request at a time.

    Args:
        url: None for no control.
        sender: no key is sent.
        random: 0 to 1.
    """

    def __init__(self, url: str | None, *, sender: Sender, clock: Clock, random: Callable[[], float]) -> None:
        self._url = url
        self._sender = sender
        self._clock = clock
        self._random = random
        self._asked = self._worked = -math.inf
        self._working: bool | None = None
        self._asking: asyncio.Task[None] | None = None
        self._warming: asyncio.Task[None] | None = None

    @property
    def host(self) -> str:
        """What a message calls it."""
        return urlsplit(self._url).netloc.rpartition("@")[2] if self._url else ""

    @property
    def trusted(self) -> bool:
        """Whether it worked within the last hour."""
        return self._clock.monotonic() - self._worked <= TRUSTED_FOR

    @property
    def report(self) -> ControlReport:
        """How it stands."""
        return ControlReport(host=self.host, working=self._working, trusted=self.trusted)

    def start(self) -> None:
        """Asks at once, and then every quarter of an hour."""
        if self._url is not None and self._warming is None:
            self._warming = asyncio.create_task(self._keep_warm())

    def ask(self) -> None:
        """Asks now, without waiting for the answer."""
        if self._url is not None and self._asking is None:
            self._asked = self._clock.monotonic()
            self._asking = asyncio.create_task(self._ask(self._url))

    async def fails_too(self, since: float) -> bool:
        """Whether a control that is known to work has failed since then (monotonic seconds), or fails now."""
        if not self.trusted:
            self.ask()
            return False
        if self._asked < since:
            self.ask()
        if self._asking is not None:
            await asyncio.wait({self._asking})
        return self._working is False

    async def close(self) -> None:
        """Ends what is under way."""
        tasks = [task for task in (self._warming, self._asking) if task is not None]
        self._warming = self._asking = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(self, url: str) -> None:
        try:
            reply = await self._sender.send(Request(verb="GET", url=url, timeout=TIMEOUT, fresh=True))
            # Any answer proves that our network carries requests, a 503 of an overloaded status page too.
            self._working = isinstance(reply, Answer)
            if self._working:
                self._worked = self._clock.monotonic()
        finally:
            self._asking = None

    async def _keep_warm(self) -> None:
        while True:
            self.ask()
            await self._clock.sleep(_KEPT_WARM * (1 + _JITTER * (2 * self._random() - 1)))
