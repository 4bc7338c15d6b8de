"""One server of each kind for many test processes, started when the first of them asks for it.

The keeper is a process of its own. Whoever needs a server keeps a connection to it open; it ends, and all servers with
it, when the last connection is closed, which the kernel does for a process that dies. So nobody has to outlive anybody:
test workers come and go in any order, and one that comes too late starts a new keeper.

An abstract socket, as in `lab.keeper`; its name says which run it belongs to.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from lab.cluster import REPOSITORY
from lab.folders import runs_folder
from lab.locked import locked
from lab.servers.bucket_server import BucketAccess, BucketServer
from lab.servers.mariadb import MariaDB
from lab.servers.postgres import DatabaseServer, Postgres
from lab.waiting import wait_until

FIRST_CALL: Final = 30.0
"""Seconds that a keeper waits for its first caller."""


class ServersUnavailableError(RuntimeError):
    """A shared server did not start; the message says why."""


class SharedServers:
    """A caller's connection to the keeper of its run; the servers stay at least as long as it is open.

    Args:
        run: a name that all processes of one run know, and no other run.
    """

    def __init__(self, run: str) -> None:
        self._run = run

    def __enter__(self) -> Self:
        """Connects, and starts the keeper first if there is none."""
        address = f"ideogram-servers-{os.getuid()}-{self._run}"
        with locked(runs_folder() / "servers"):
            # A keeper that is about to end greets nobody, and its address is taken until it has.
            self._connection = wait_until(lambda: _connected(address) or _spawned(address), "the servers' keeper")
        self._lines = self._connection.makefile("r")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Lets go; for the last one it returns when the servers are gone."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_WR)
            self._lines.read()
        self._lines.close()
        self._connection.close()

    def postgres(self) -> DatabaseServer:
        """PostgreSQL, started now if nobody asked before.

        Raises:
            ServersUnavailableError: it could not be started.
        """
        return _database(self._ask("postgres"))

    def mariadb(self) -> DatabaseServer:
        """MariaDB, likewise."""
        return _database(self._ask("mariadb"))

    def buckets(self) -> BucketAccess:
        """The S3 store, likewise."""
        return BucketAccess(endpoint=self._ask("buckets")["endpoint"])

    def _ask(self, name: str) -> dict[str, Any]:
        self._connection.sendall(f"{name}\n".encode())
        line = self._lines.readline()
        told: dict[str, Any] = json.loads(line) if line else {"error": "its keeper ended without a word"}
        if "error" in told:
            raise ServersUnavailableError(told["error"])
        return told


def _database(told: dict[str, Any]) -> DatabaseServer:
    return DatabaseServer(**told | {"ca": Path(told["ca"])})


def _connected(address: str) -> socket.socket | None:
    """A connection that the keeper has greeted: one that is about to end does not."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(f"\0{address}")
        if connection.recv(1):
            return connection
    except OSError:
        pass
    connection.close()
    return None


def _spawned(address: str) -> socket.socket | None:
    with socket.socket(socket.AF_UNIX) as listener:
        try:
            listener.bind(f"\0{address}")
        except OSError:
            return None
        listener.listen(64)
        subprocess.Popen(
            [sys.executable, "-m", "lab.servers.shared", str(listener.fileno())],
            cwd=REPOSITORY,
            pass_fds=[listener.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            process_group=0,
        )
    return _connected(address)


class _Keeper:
    """The servers, by name, each started by the main thread, which their lives depend on."""

    def __init__(self, listener: socket.socket, ends: ExitStack) -> None:
        self._listener = listener
        self._ends = ends
        self._told: dict[str, dict[str, Any]] = {}
        self._callers = 0
        self._ended = False
        self._changed = threading.Condition()
        self._wanted: list[str] = []
        self._last: list[socket.socket] = []

    def serve(self) -> None:
        """Returns when nobody is connected any more."""
        threading.Thread(target=self._accept, daemon=True).start()
        with self._changed:
            self._changed.wait_for(lambda: self._callers, timeout=FIRST_CALL)
            while self._callers:
                self._changed.wait_for(lambda: self._wanted or not self._callers)
                for name in self._wanted:
                    self._start(name)
                self._wanted.clear()
                self._changed.notify_all()
            self._ended = True
            # Closing alone would leave a thread that waits in accept with the socket.
            self._listener.shutdown(socket.SHUT_RDWR)

    def _start(self, name: str) -> None:
        if name in self._told:
            return
        try:
            self._told[name] = _STARTERS[name](self._ends)
        except Exception as error:  # noqa: BLE001 - whatever it is, every test that waits must hear of it
            traceback.print_exc()
            self._told[name] = {"error": f"{type(error).__name__}: {error}"}

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with self._changed:
                    if self._ended:
                        connection.close()
                        return
                    self._callers += 1
                    self._changed.notify_all()
                threading.Thread(target=self._attend, args=(connection,), daemon=True).start()

    def _attend(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.sendall(b"\n")
            for line in connection.makefile("r"):
                connection.sendall(json.dumps(self._answer(line.strip())).encode() + b"\n")
        with self._changed:
            self._callers -= 1
            if not self._callers:
                self._last.append(connection)  # closed by the end of the process, when the servers are gone
            else:
                connection.close()
            self._changed.notify_all()

    def _answer(self, name: str) -> dict[str, Any]:
        with self._changed:
            if name not in self._told:
                self._wanted.append(name)
                self._changed.notify_all()
                self._changed.wait_for(lambda: name in self._told)
            return self._told[name]


def _told(found: DatabaseServer) -> dict[str, Any]:
    return {
        "scheme": found.scheme,
        "port": found.port,
        "user": found.user,
        "password": found.password,
        "ca": str(found.ca),
    }


_STARTERS: Final[dict[str, Callable[[ExitStack], dict[str, Any]]]] = {
    "postgres": lambda ends: _told(ends.enter_context(Postgres()).server),
    "mariadb": lambda ends: _told(ends.enter_context(MariaDB()).server),
    "buckets": lambda ends: {"endpoint": ends.enter_context(BucketServer()).access.endpoint},
}


def main(listener_fd: int) -> None:
    """The keeper process."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(fileno=listener_fd) as listener, ExitStack() as ends:
        _Keeper(listener, ends).serve()


if __name__ == "__main__":
    main(int(sys.argv[1]))
