"""Rows of the Secret that holds the key."""

from typing import Final

from tests.faults.row import Place, Row

AT_ITS_LOOK: Final = (
    "`KeyMissing` at the next look: at once after a start, else within five minutes; nothing is switched"
)
STAYS: Final = "`KeyMissing`, and stays in fallback; back when a key that works is there"


def _row(name: str, fault: str, promised: str) -> Row:
    return Row(id=f"secret/{name}", place=Place.SECRET, fault=fault, promised=promised)


DELETED_LIVE: Final = _row("deleted-live", "Deleted while Live, and the operator starts anew", AT_ITS_LOOK)
EMPTIED_LIVE: Final = _row("emptied-live", "Emptied while Live, and the operator starts anew", AT_ITS_LOOK)
SAME_LIVE: Final = _row(
    "same-live", "Deleted and made again with the same key while Live", "Nothing: the key is what it was"
)
ROTATED: Final = _row(
    "rotated",
    "Given another key, and the old one revoked, while Live",
    "The first refusal has it read the Secret; nothing is switched",
)
DELETED: Final = _row("deleted-fallback", "Deleted in Fallback after a 401", STAYS)
EMPTIED: Final = _row("emptied-fallback", "Emptied in Fallback after a 401", STAYS)
SAME: Final = _row(
    "same-fallback",
    "Deleted and made again with the same revoked key in Fallback",
    "Stays in fallback; the key is left alone, not tried again",
)

ROWS: Final[tuple[Row, ...]] = (DELETED_LIVE, EMPTIED_LIVE, SAME_LIVE, ROTATED, DELETED, EMPTIED, SAME)
