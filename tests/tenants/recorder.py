"""A server of the tenant's own, which keeps every byte that reaches it, whatever protocol it is of."""

import socket
import threading
from typing import Self

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
_LONGEST = 64 * 1024


class Recorder:
    """Running inside its ``with`` block, in threads of its own; answers everything with an empty JSON document.

    Attributes:
        port: of 127.0.0.1.
    """

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._received: list[bytes] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        # Only this wakes a thread that waits in accept().
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join()

    @property
    def address(self) -> str:
        """HOST:PORT."""
        return f"127.0.0.1:{self.port}"

    @property
    def received(self) -> list[bytes]:
        """What each connection brought; empty bytes for one that brought nothing."""
        with self._lock:
            return list(self._received)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(1)
            brought = b""
            try:
                brought = connection.recv(_LONGEST)
                connection.sendall(_ANSWER)
            except OSError:
                pass
            with self._lock:
                self._received.append(brought)
