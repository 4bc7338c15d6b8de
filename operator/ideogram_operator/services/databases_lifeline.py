"""A hold on a connection that another thread waits on, to end that wait.

A blocking driver cannot be cancelled, but its socket can be shut down under it: then the wait is over at once.
"""

import contextlib
import os
import socket
import struct
import threading
from typing import Final

from ideogram_operator.services.received import received

_RECEIVE_BUFFER: Final = 32 * 1024  # so little comes between two looks at what was received, even from nearby
_RESET: Final = struct.pack("ii", 1, 0)  # closing resets: a server in the middle of a flood is told, and ends it


class CutError(Exception):
    """The wait was ended from outside, before there was a connection to shut down."""


class Lifeline:
    """Given to a thread that is about to wait; ``cut`` ends its waiting, then or later, from any thread.

    Attributes:
        endless: whether it was cut because more came than may come; whoever cuts says so.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: socket.socket | None = None
        self._cut = False
        self.endless = False

    def hold(self, descriptor: int) -> None:
        """Takes hold of a socket, by a descriptor of its own: the driver's may be closed and used again.

        It may be still connecting: that wait is ended too. What was held before is let go.

        Raises:
            CutError: it was cut already.
        """
        with self._lock:
            if self._cut:
                raise CutError
            self._release()
            self._held = socket.socket(fileno=os.dup(descriptor))
            with contextlib.suppress(OSError):
                self._held.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)

    def received(self) -> int:
        """Bytes that came over the connection so far; 0 before there is one."""
        with self._lock:
            return received(self._held) if self._held is not None else 0

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
                    self._held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                    self._held.shutdown(socket.SHUT_RDWR)

    def _release(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None
