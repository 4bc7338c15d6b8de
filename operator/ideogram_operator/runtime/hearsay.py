"""What the watches hear of targets, passed on a moment later and all at once.

A rollout is several changes within a second, and a storm's are thousands: whose they are is found out once for all.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ideogram_operator.cluster.watches import Change


@dataclass(slots=True, kw_only=True)
class Hearsay:
    """Changes that are to be passed on; in a running loop only.

    Attributes:
        delay: seconds from the first change to when it is passed on with all that came meanwhile.
        tell: told of them, in their order.
    """

    delay: float
    tell: Callable[[Sequence[Change]], None]
    _heard: list[Change] = field(default_factory=list)

    def hear(self, change: Change) -> None:
        """Takes note."""
        self._heard.append(change)
        if len(self._heard) == 1:
            asyncio.get_running_loop().call_later(self.delay, self._pass_on)

    def _pass_on(self) -> None:
        heard, self._heard = self._heard, []
        self.tell(heard)
