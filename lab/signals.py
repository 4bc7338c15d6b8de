"""Ending in good order, whatever ends us."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Inside the block Ctrl-C, SIGTERM and a closed terminal leave by SystemExit, so that every ``with`` cleans up.

    A second signal while cleaning up is ignored: half a clean-up is what nobody wants.
    """

    def leave(number: int, _frame: FrameType | None) -> None:
        for ignored in _ENDING:
            signal.signal(ignored, signal.SIG_IGN)
        sys.exit(0 if number == signal.SIGINT else 128 + number)

    before = {number: signal.signal(number, leave) for number in _ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
