"""Starting a server that has to be told its port, on a port that nobody else took meanwhile."""

import socket
from collections.abc import Callable
from typing import Final

from lab.processes import Child, ChildDiedError
from lab.waiting import wait_until

ATTEMPTS: Final = 5
START_TIMEOUT: Final = 60.0


def start_on_free_port(start: Callable[[int], Child], ready: Callable[[int], bool]) -> tuple[Child, int]:
    """The child that answers, and its port.

    None of these servers shares a port that is reserved for it (SO_REUSEPORT), so between finding a free port and its
    use somebody else can be given it: then the server ends, and is started again on another one.

    Raises:
        ChildDiedError: it ended by itself five times.
    """
    for attempt in range(1, ATTEMPTS + 1):
        port = _free_port()
        child = start(port)
        try:
            wait_until(lambda: _lives(child) and ready(port), f"{child.name} to answer", timeout=START_TIMEOUT)  # noqa: B023 - used up within this turn of the loop
        except ChildDiedError:
            child.kill()
            if attempt == ATTEMPTS:
                raise
        except BaseException:
            child.kill()
            raise
        else:
            return child, port
    raise AssertionError("unreachable")


def _lives(child: Child) -> bool:
    child.must_live()
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
