"""Notices that the cluster is away, and when it is back.

What could not be done while it was away is tried again rarer and rarer, as it should be while only one thing is
refused. When the whole cluster was away, its return must not find everybody asleep: an outage of the provider waits
for nobody. Only a look that failed says that it is away, and only one that succeeds that it is back, so that one
request that is refused for ever hurries nobody.
"""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from ideogram_operator.cluster.addresses import Address
from ideogram_operator.cluster.errors import ClusterError, Unavailable
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.runtime.clock import Clock

log = structlog.get_logger(__name__)

EVERY = 1.0
"""Seconds between looks while it is away; and between looks at whether there is reason for one."""
PATIENCE = 5.0
"""Seconds within which a cluster that is there answers."""


@dataclass(slots=True, kw_only=True)
class Lookout:
    """Looks whether the cluster answers, once there is reason to doubt it.

    Attributes:
        address: of a collection that may be listed.
        returned: called when it answers again.
        away_since: by the monotonic clock; None while it is there.
    """

    gateway: Gateway
    clock: Clock
    address: Address
    returned: Callable[[], None]
    away_since: float | None = None
    _heard: int = 0

    async def run(self) -> None:
        """Looks out until cancelled."""
        while True:
            await self.clock.sleep(EVERY)
            unanswered = self.gateway.unanswered
            if self.away_since is not None or unanswered != self._heard:
                self._heard = unanswered
                self._note(await self._trouble())

    async def _trouble(self) -> ClusterError | None:
        try:
            await self.gateway.glance(self.address, seconds=PATIENCE)
        except ClusterError as error:
            return error
        return None

    def _note(self, trouble: ClusterError | None) -> None:
        now = self.clock.monotonic()
        if self.away_since is None and isinstance(trouble, Unavailable):
            self.away_since = now
            log.warning("the cluster does not answer", error=str(trouble))
        # One that has just started refuses what is allowed: it is back when it does what it is asked for.
        elif self.away_since is not None and trouble is None:
            log.warning("the cluster answers again", away=round(now - self.away_since, 1))
            self.away_since = None
            self.returned()
