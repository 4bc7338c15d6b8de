"""Ports that stay ours while nobody listens on them.

A port that was found free and let go can be taken by another test before its server starts, or while its server is
stopped on purpose. A reserved port is bound with SO_REUSEPORT and never listens: connections to it are refused until
a server that also sets SO_REUSEPORT listens there, and nobody else is given it.
"""

import socket
from types import TracebackType
from typing import Self


class ReservedPort:
    """A TCP port on 127.0.0.1, reserved until closed."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._socket.bind(("127.0.0.1", 0))
        self.number: int = self._socket.getsockname()[1]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Gives the port back."""
        self._socket.close()
