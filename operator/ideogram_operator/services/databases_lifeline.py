"""A hold on a connection that another thread waits on, to end that wait.

A blocking driver cannot be cancelled, but its socket can be shut down under it: then the wait is over at once.
"""

import contextlib
import os
import socket
import threading


class CutError(Exception):
    """The wait was ended from outside, before there was a connection to shut down."""


class Lifeline:
    """Given to a thread that is about to wait; ``cut`` ends its waiting, then or later, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: socket.socket | None = None
        self._cut = False

    def hold(self, descriptor: int) -> None:
        """Takes hold of a connected socket, by a descriptor of its own: the driver's may be closed and used again.

        Raises:
            CutError: it was cut already.
        """
        with self._lock:
            if self._cut:
                raise CutError
            self._release()
            self._held = socket.socket(fileno=os.dup(descriptor))

    def release(self) -> None:
        """Lets go; the thread has ended."""
        with self._lock:
            self._release()

    def cut(self) -> None:
        """Ends the wait."""
        with self._lock:
            self._cut = True
            if self._held is not None:
                with contextlib.suppress(OSError):
                    self._held.shutdown(socket.SHUT_RDWR)

    def _release(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None
