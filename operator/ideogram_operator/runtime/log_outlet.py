"""Where lines of the log go: a thread of its own writes them, so that nobody who decides or acts waits for a log.

A log is read by somebody else: a container runtime whose disk is full, a pipe that is closed, or one that nobody
empties any more. Writing to the last blocks for ever, and a loop that blocks switches nobody to fallback. So a line
waits in a queue, what finds no room in it is lost, and how many were lost is told once there is room again.
"""

import logging
import os
import queue
import threading
import time
from typing import Final

MOST_WAITING: Final = 10_000
"""Lines; some megabytes."""
PATIENCE: Final = 1.0
"""Seconds that the end of the process waits for what is not written yet."""
_PAUSE: Final = 0.01


class LogOutlet(logging.Handler):
    """Writes what is logged to a file descriptor, in order, and never makes the one who logs wait."""

    def __init__(self, descriptor: int, *, most_waiting: int = MOST_WAITING) -> None:
        super().__init__()
        self._descriptor, self._most_waiting = descriptor, most_waiting
        # The simple one: the other wakes the thread by a lock in Python, which costs more than the line.
        self._waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        # Each counter has one thread that writes it, or the handler's lock.
        self._given = self._done = self._refused = self._failed = self._told = 0
        # A daemon: what is blocked for ever must not keep the process from ending.
        threading.Thread(target=self._write_all, name="log", daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        """Puts the line where it will be written from."""
        if self.waiting >= self._most_waiting:
            self._refused += 1
            return
        try:
            line = self._line(record)
            self._given += 1
            self._waiting.put(line)
        except Exception:  # noqa: BLE001 - logging's rule: whoever logs is not told that it could not be
            self.handleError(record)

    @property
    def waiting(self) -> int:
        """Lines that are not written yet, nor lost."""
        return self._given - self._done

    def flush(self) -> None:
        """Waits until all is written, but not long; the end of the process asks for it."""
        end = time.monotonic() + PATIENCE
        while self.waiting and time.monotonic() < end:
            time.sleep(_PAUSE)

    def _line(self, record: logging.LogRecord) -> bytes:
        return (self.format(record) + "\n").encode(errors="backslashreplace")

    def _write_all(self) -> None:
        while True:
            line = self._waiting.get()
            if self._written(line):
                self._tell_of_lost()
            else:
                self._failed += 1
            self._done += 1

    def _tell_of_lost(self) -> None:
        lost = self._refused + self._failed - self._told
        if lost:
            told = f"{lost} lines of the log could not be written and are lost"
            record = logging.LogRecord(__name__, logging.WARNING, __file__, 0, told, None, None)
            if self._written(self._line(record)):
                self._told += lost

    def _written(self, line: bytes) -> bool:
        rest = line
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError:
            return False
        return True
