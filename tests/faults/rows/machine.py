"""Rows of the machine that the operator itself runs on: its clock, its log, its resolver."""

from typing import Final

from tests.faults.row import Place, Row


def _row(name: str, fault: str, promised: str) -> Row:
    return Row(id=f"machine/{name}", place=Place.MACHINE, fault=fault, promised=promised)


NAME_GONE: Final = _row(
    "name-gone", "The provider's name does not resolve any more", "Fallback by `apiUnreachable`: others still resolve"
)
NAMES_GONE: Final = _row(
    "names-gone", "No name resolves any more", "`OwnNetwork`: the control URL fails as well; nothing is switched"
)
NAMES_SLOW: Final = _row(
    "names-slow",
    "The resolver does not answer for 30 s",
    "`OwnNetwork`; nothing is switched, and the operator goes on answering",
)
LOG_FULL: Final = _row(
    "log-full", "The disk is full: no line of the log can be written", "All goes on, without the log"
)
LOG_CLOSED: Final = _row("log-closed", "Whoever read the log is gone: a closed pipe", "All goes on, without the log")
LOG_STUCK: Final = _row(
    "log-stuck", "Whoever reads the log reads no more: a full pipe", "All goes on; lines that find no room are lost"
)
AHEAD_LIVE: Final = _row(
    "clock-ahead-live",
    "The clock jumps an hour ahead while Live",
    "What was known is stale until the next check; nothing is switched",
)
BACK_LIVE: Final = _row(
    "clock-back-live",
    "The clock jumps an hour back while Live",
    "What was known is forgotten until the next check; nothing is switched",
)
AHEAD: Final = _row(
    "clock-ahead-fallback",
    "The clock jumps an hour ahead in Fallback, the provider still down",
    "Stays in fallback: the hold is over, but nothing is good; back when the provider is",
)
BACK: Final = _row(
    "clock-back-fallback",
    "The clock jumps an hour back in Fallback, the provider still down",
    "Stays in fallback; the hold is not an hour longer for it",
)

ROWS: Final[tuple[Row, ...]] = (
    *(NAME_GONE, NAMES_GONE, NAMES_SLOW, LOG_FULL, LOG_CLOSED, LOG_STUCK, AHEAD_LIVE, BACK_LIVE, AHEAD, BACK),
)
