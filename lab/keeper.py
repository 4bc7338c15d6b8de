"""One cluster for many test processes, started when the first of them asks for it.

The keeper is a process of its own, started by the process that outlives all others (pytest, not its xdist workers).
Its parent makes the listening socket, so that whoever knows the address can connect from the first moment on; the
first connection starts the cluster, each gets one line of JSON. It ends with its parent, and everything with it.

An abstract socket: no file to leave behind, no limit of 108 characters on a path.
"""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import traceback
from contextlib import ExitStack
from pathlib import Path
from typing import Final, Self

from lab.cluster import REPOSITORY, Cluster, start_cluster
from lab.processes import die_with_parent

KUBECONFIG_VARIABLE: Final = "IDEOGRAM_LAB_KUBECONFIG"


class ClusterUnavailableError(RuntimeError):
    """The shared cluster did not start; the message says why."""


class Keeper:
    """The parent's handle on the keeper process."""

    def __init__(self, process: "subprocess.Popen[bytes]", address: str) -> None:
        self._process = process
        self.address = address

    @classmethod
    def spawn(cls) -> Self:
        """Starts the process; the cluster starts when it is first asked for."""
        address = f"ideogram-lab-{secrets.token_hex(8)}"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(f"\0{address}")
            listener.listen(64)
            process = subprocess.Popen(
                [sys.executable, "-m", "lab.keeper", str(listener.fileno()), str(os.getpid())],
                cwd=REPOSITORY,
                pass_fds=[listener.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                process_group=0,
            )
        return cls(process, address)

    def stop(self) -> None:
        """Ends it and its cluster; returns when they are gone."""
        self._process.terminate()
        self._process.wait()


def ask(address: str) -> Cluster:
    """The shared cluster, started now if nobody asked before; takes as long as that takes.

    Raises:
        ClusterUnavailableError: it could not be started.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(f"\0{address}")
        answer = connection.makefile().readline()
    told = json.loads(answer) if answer else {"error": "its keeper ended without a word"}
    if "error" in told:
        raise ClusterUnavailableError(told["error"])
    audit_log = told["auditLog"]
    return Cluster(kubeconfig=Path(told["kubeconfig"]), audit_log=Path(audit_log) if audit_log else None)


def main(listener_fd: int, parent: int) -> None:
    """The keeper process: serves until terminated or orphaned."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    die_with_parent(parent, signal.SIGTERM)
    with socket.socket(fileno=listener_fd) as listener, ExitStack() as ends:
        connection, _ = listener.accept()
        line = _started(ends)
        while True:
            with connection:
                connection.sendall(line)
            connection, _ = listener.accept()


def _started(ends: ExitStack) -> bytes:
    given = os.environ.get(KUBECONFIG_VARIABLE)
    try:
        if given:
            cluster = Cluster(kubeconfig=Path(given))
            cluster.install_crds()
        else:
            cluster = ends.enter_context(start_cluster(audit=True, name="tests"))
    except Exception as error:  # noqa: BLE001 - whatever it is, every test that waits must hear of it
        traceback.print_exc()
        return json.dumps({"error": f"{type(error).__name__}: {error}"}).encode() + b"\n"
    audit_log = str(cluster.audit_log) if cluster.audit_log else None
    return json.dumps({"kubeconfig": str(cluster.kubeconfig), "auditLog": audit_log}).encode() + b"\n"


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
