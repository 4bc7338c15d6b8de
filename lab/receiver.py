"""Somebody's pager: an HTTP server on localhost that takes what Apprise posts as JSON, and keeps it."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from lab.waiting import wait_until

Message = dict[str, Any]


class Receiver:
    """Running inside its ``with`` block, in threads of its own.

    Attributes:
        status: what it answers.
        url: for Apprise.
        origin: for ``--allow-host``.
    """

    def __init__(self) -> None:
        self.status = 200
        self._messages: list[Message] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        address = f"127.0.0.1:{self._server.server_port}"
        self.url = f"json://{address}/"
        self.origin = f"http://{address}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def messages(self) -> list[Message]:
        """All that was accepted, the oldest first."""
        return list(self._messages)

    @property
    def titles(self) -> list[str]:
        """The titles of what was accepted."""
        return [str(message.get("title")) for message in self._messages]

    def wait_for(self, title: str, *, timeout: float = 30.0) -> Message:
        """Returns the first message whose title holds these words, once it is there."""

        def found() -> Message | None:
            return next((one for one in self.messages if title in str(one.get("title"))), None)

        return wait_until(found, f"a message {title!r}", timeout=timeout, pause=0.1)

    def take(self, body: bytes) -> int:
        """Keeps a message if it is accepted; the status to answer."""
        if self.status < 300:
            self._messages.append(json.loads(body))
        return self.status


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self.send_response(receiver.take(body))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Messages are kept, not printed."""

    return Handler
