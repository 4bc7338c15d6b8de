"""Where targets are watched: wherever something is held, and in a storm as soon as it is over.

What a watch would tell then is read some seconds later all the same, since those that wait to have their targets told
come first. Until then it would cost the cluster four events for each of a thousand targets, in those very seconds. A
watch begins with a list: what happened before it is heard of by that.
"""

from dataclasses import dataclass
from typing import Final, Protocol

from ideogram_operator.resource.words import TargetKind
from ideogram_operator.runtime.clock import Clock
from ideogram_operator.runtime.records import Records

LONGEST: Final = 10.0
"""Seconds for which a watch is put off: who is crowded for longer is so without a storm."""

Places = frozenset[tuple[str, TargetKind]]


class Watches(Protocol):
    """The watches that are running."""

    @property
    def running(self) -> Places:
        """The namespaces and kinds that are watched."""

    def want(self, places: Places) -> None:
        """Watches exactly these from now on."""


class Crowd(Protocol):
    """Those that wait for a worker."""

    @property
    def crowded(self) -> bool:
        """Whether somebody waits."""


@dataclass(slots=True, kw_only=True)
class Watching:
    """Has the right places watched."""

    records: Records
    watches: Watches
    crowd: Crowd
    clock: Clock
    _crowded_since: float | None = None

    def keep(self) -> None:
        """Begins the watches that are missing and ends those that are over."""
        places = self.records.held_places()
        self.watches.want(places & self.watches.running if self._in_storm() else places)

    def _in_storm(self) -> bool:
        now = self.clock.monotonic()
        if not self.crowd.crowded:
            self._crowded_since = None
            return False
        self._crowded_since = now if self._crowded_since is None else self._crowded_since
        return now - self._crowded_since < LONGEST
