"""Waiting for a condition: asked again and again, never slept through."""

import time
from collections.abc import Callable
from typing import TypeVar

PAUSE = 0.02

Answer = TypeVar("Answer")


class NeverHappenedError(TimeoutError):
    """What was waited for did not come true in time."""


def wait_until(
    condition: Callable[[], Answer | None], what: str, *, timeout: float = 30.0, pause: float = PAUSE
) -> Answer:
    """The first answer of ``condition`` that is neither None nor False, asked every ``pause`` seconds.

    Raises:
        NeverHappenedError: after ``timeout`` seconds, naming ``what`` was waited for.
    """
    deadline = time.monotonic() + timeout
    while True:
        answer = condition()
        if answer is not None and answer is not False:
            return answer
        if time.monotonic() > deadline:
            raise NeverHappenedError(f"waited {timeout:g} s for {what}")
        time.sleep(pause)
