"""What a thread may connect to while foreign code runs in it: names and addresses, for as long as it may.

Apprise calls receivers itself, each service in a way of its own, so its requests cannot be handed a resolver or a
limit. Python's audit events can: they tell every name that is looked up and every connection before it is made, and
what a hook raises stops it. So a name that means another address when Apprise asks for it, a redirect, or a host in a
parameter nobody thought of, all end here. The rejected alternatives: trusting the check before the call, which leaves
a gap; a process for each message, which costs a third of a second; a proxy of our own, through which TLS passes unseen.

A hook is for the process and cannot be taken back: it is set once, and does nothing in threads without a line.
"""

import contextlib
import functools
import ipaddress
import socket
import sys
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any, Final

from ideogram_operator.services.addresses import forbidden
from ideogram_operator.services.received import received
from ideogram_operator.services.receiver_sites import covers

_LINE: Final[ContextVar["Line | None"]] = ContextVar("line", default=None)
_RECEIVE_BUFFER: Final = 32 * 1024  # what still waits in the kernel is read even after the line was cut
UNPACKED_LIMIT: Final = 1024 * 1024
"""The most bytes that the answers over a line may have once they are unpacked: a bomb of gzip is small on its way."""

_LOOKUPS: Final = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})
_OWN_NAME: Final = "socket.gethostbyname"  # a mail client says who it is
_NEVER: Final = frozenset(
    {
        "socket.bind",
        "socket.sendto",
        "subprocess.Popen",
        "os.system",
        "os.posix_spawn",
        "os.exec",
        "os.fork",
        "os.startfile",
    }
)


class LineRefusedError(OSError):
    """The line does not lead there."""


class Line:
    """What may be reached: some hosts at some addresses, and hosts under some suffixes at any ordinary address.

    Args:
        hosts: names and addresses as they are looked up, in lower case and without brackets.
        addresses: what may be connected to whatever it is: the addresses of ``hosts``, already checked.
        own: further hosts and all below them, such as ``slack.com``.
    """

    def __init__(
        self, *, hosts: frozenset[str] = frozenset(), addresses: frozenset[str] = frozenset(), own: tuple[str, ...] = ()
    ) -> None:
        _listen()
        self._hosts = hosts
        self._addresses = frozenset(map(_plain, addresses))
        self._own = own
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._is_cut = False
        self._left = UNPACKED_LIMIT
        self.refused = False
        """Whether anything was refused."""
        self.endless = False
        """Whether more came than may come."""

    @contextlib.contextmanager
    def laid(self) -> Iterator[None]:
        """While it lasts, this thread connects as the line allows. Then the connections are let go."""
        token = _LINE.set(self)
        try:
            yield
        finally:
            _LINE.reset(token)
            self._let_go()

    def cut(self) -> None:
        """Ends every connection and allows no more, so that whoever waits for an answer stops. From any thread."""
        with self._lock:
            self._is_cut = True
            for one in self._sockets:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def received(self) -> int:
        """Bytes that came over all connections so far; 0 where the system does not count them."""
        with self._lock:
            return sum(map(received, self._sockets))

    def take(self, size: int) -> None:
        """Counts bytes of an answer after unpacking.

        Raises:
            LineRefusedError: there are too many; the line is cut.
        """
        self._left -= size
        if self._left < 0:
            self.endless = True
            self.cut()
            raise LineRefusedError("an answer without an end")

    def look_up(self, host: str) -> None:
        """Raises LineRefusedError: the line does not lead to that host."""
        if self._is_cut or not (host in self._hosts or covers(self._own, host)):
            self._refuse()

    def connect(self, one: socket.socket, address: Any) -> None:
        """Raises LineRefusedError: the line does not lead to that address."""
        plain = _plain(address[0]) if isinstance(address, tuple) else ""
        ordinary = bool(self._own) and not forbidden(plain)
        if not plain or not (ordinary or plain in self._addresses):
            self._refuse()
        self._keep(one)

    def _keep(self, one: socket.socket) -> None:
        """A second handle on the connection: TLS takes the first one over."""
        with self._lock:
            if self._is_cut:
                self._refuse()
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
            self._sockets.append(one.dup())

    def _let_go(self) -> None:
        with self._lock:
            self._is_cut = True
            for one in self._sockets:
                one.close()
            self._sockets.clear()

    def _refuse(self) -> None:
        self.refused = self.refused or not self._is_cut
        raise LineRefusedError("this host is not one that the message is for")


def line_of_this_thread() -> Line | None:
    """The line that is laid in this thread."""
    return _LINE.get()


@functools.cache
def _listen() -> None:
    sys.addaudithook(_hook)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not event.startswith(("socket.", "os.", "subprocess.")) or (line := _LINE.get()) is None:
        return
    if event == "socket.connect":
        line.connect(*arguments)
    elif event in _LOOKUPS and (event, arguments[0]) != (_OWN_NAME, socket.gethostname()):
        line.look_up(_text(arguments[0]))
    elif event in _NEVER:
        raise LineRefusedError("that is not what a message needs")


def _text(host: Any) -> str:
    return (host.decode(errors="replace") if isinstance(host, bytes) else str(host)).lower()


def _plain(address: str) -> str:
    """One way to write an address."""
    try:
        return str(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return ""
