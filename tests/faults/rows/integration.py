"""Rows of the integration itself: edited, deleted and made again while its targets are in fallback."""

from typing import Final

from tests.faults.row import Place, Row


def _row(name: str, fault: str, promised: str) -> Row:
    return Row(id=f"integration/{name}", place=Place.INTEGRATION, fault=fault, promised=promised)


ADDED: Final = _row("target-added", "A target is added in Fallback", "It is told at once")
REMOVED: Final = _row("target-removed", "A target is taken out in Fallback", "It is given back at once, to the bit")
RENAMED: Final = _row(
    "switch-renamed",
    "The switch gets another name in Fallback",
    "The new one is told, the old one given back, in one rollout",
)
REVALUED: Final = _row(
    "value-changed", "The fallbackValue is edited in Fallback", "The new value is told, in one rollout"
)
BROKEN: Final = _row(
    "host-taken-out",
    "The baseURL is edited to a host that is not allowed, in Fallback",
    "`HostNotAllowed`; stays in fallback until it is edited again",
)
REMADE: Final = _row(
    "remade",
    "Deleted and made again at once, in Fallback",
    "The old one gives back, the new one finds the outage itself",
)
FORCED: Final = _row(
    "finalizer-removed",
    "Deleted in Fallback with its finalizer taken off by hand, and made again",
    "The new one takes the target over as it is, and gives it back to the bit",
)

ROWS: Final[tuple[Row, ...]] = (ADDED, REMOVED, RENAMED, REVALUED, BROKEN, REMADE, FORCED)
