"""A real Kubernetes control plane on localhost, with faults on request.

All that it writes is in its run folder and gone at the end; all its processes are killed at the end, whatever way the
end comes. Start it from the main thread (see `lab.processes`).
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import httpx

from lab.controlplane import components
from lab.controlplane.binaries import binary
from lab.controlplane.build import say_to_stderr
from lab.controlplane.certificates import Certificates, issue
from lab.folders import run_folder
from lab.kube import Kube, KubeError
from lab.kubeconfig import Access
from lab.ports import ReservedPort
from lab.processes import Child
from lab.waiting import wait_until

START_TIMEOUT: Final = 60.0


class ControlPlane:
    """etcd, kube-apiserver, kube-controller-manager and kube-scheduler; running inside its ``with`` block.

    Attributes:
        run_folder: everything it writes: logs, pids, keys, data.
        kubeconfig: a file that makes its reader an administrator.
        server: the API server's URL, ``https://127.0.0.1:PORT``; the port stays reserved while it is stopped.
        ca: the authority of the server's certificate, a PEM file.
        audit_log: one JSON line for each request, if asked for.
    """

    def __init__(
        self,
        *,
        audit: bool = False,
        apiserver_flags: Sequence[str] = (),
        say: Callable[[str], None] = say_to_stderr,
        name: str = "controlplane",
    ) -> None:
        self._audit = audit
        self._apiserver_flags = tuple(apiserver_flags)
        self._say = say
        self._name = name
        self._ends = ExitStack()
        self._children: dict[str, Child] = {}

    def __enter__(self) -> Self:
        """Starts it; returns once the default ServiceAccount is there, so that pods can be made.

        Raises:
            BuildFailedError: a binary is missing and could not be built.
            ChildDiedError: a component ended while starting.
        """
        paths = {name: binary(name, say=self._say) for name in ("etcd", "kube-apiserver", *_CONTROLLERS)}
        with ExitStack() as undo:
            self._ends = undo
            self.run_folder = undo.enter_context(run_folder(self._name))
            self._prepare(paths, undo)
            undo.callback(self._kill_all)
            self._start_all()
            self._ends = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends.close()

    def stop_apiserver(self) -> None:
        """SIGKILL: connections break, the port refuses."""
        self._children.pop("kube-apiserver").kill()

    def start_apiserver(self) -> None:
        """Starts it again on the same port and returns once it is ready (about 2 s)."""
        self._start("kube-apiserver")
        self.wait_ready()

    def freeze(self, component: str = "kube-apiserver") -> None:
        """SIGSTOP to a component: it keeps its connections and answers nothing."""
        self._children[component].freeze()

    def thaw(self, component: str = "kube-apiserver") -> None:
        """SIGCONT."""
        self._children[component].thaw()

    def stop(self, component: str) -> None:
        """SIGKILL to any component."""
        self._children.pop(component).kill()

    def start(self, component: str) -> None:
        """Starts a component that was stopped; does not wait for it."""
        self._start(component)

    def restart_controllers(self) -> None:
        """Kills the controllers, those that run, and starts them anew."""
        for name in _CONTROLLERS:
            child = self._children.pop(name, None)
            if child is not None:
                child.kill()
            self._start(name)

    def pids(self) -> dict[str, int]:
        """The process id of each component that was not stopped."""
        return {name: child.pid for name, child in self._children.items()}

    def wait_ready(self, *, timeout: float = START_TIMEOUT) -> None:
        """Returns once ``/readyz`` says so.

        Raises:
            ChildDiedError: a component ended.
            NeverHappenedError: after ``timeout`` seconds.
        """
        self._wait(lambda kube: kube.get("/readyz") == "ok", "the API server to be ready", timeout)

    def _prepare(self, paths: dict[str, Path], undo: ExitStack) -> None:
        folder = self.run_folder
        certificates = issue(folder)
        etcd_port, peer_port, port = (undo.enter_context(ReservedPort()).number for _ in range(3))
        self.server = f"https://127.0.0.1:{port}"
        self.ca = certificates.ca
        self.access = _admin(self.server, certificates)
        self.kubeconfig = self.access.write(folder / "kubeconfig")
        self.audit_log = folder / "audit.log"
        (folder / "audit.yaml").write_text(components.AUDIT_POLICY)
        self._commands = {
            "etcd": components.etcd(paths["etcd"], data=folder / "etcd", client_port=etcd_port, peer_port=peer_port),
            "kube-apiserver": components.apiserver(
                paths["kube-apiserver"],
                etcd_port=etcd_port,
                port=port,
                certificates=certificates,
                audit=folder if self._audit else None,
                extra=self._apiserver_flags,
            ),
            "kube-controller-manager": components.controller_manager(
                paths["kube-controller-manager"], kubeconfig=self.kubeconfig, certificates=certificates
            ),
            "kube-scheduler": components.scheduler(paths["kube-scheduler"], kubeconfig=self.kubeconfig),
        }

    def _start_all(self) -> None:
        self._start("etcd")
        self._start("kube-apiserver")
        self.wait_ready()
        # Not earlier: a controller manager that finds no API server asks again only every second.
        for name in _CONTROLLERS:
            self._start(name)
        path = "/api/v1/namespaces/default/serviceaccounts/default"
        self._wait(lambda kube: bool(kube.get(path)), "the default ServiceAccount", START_TIMEOUT)

    def _start(self, name: str) -> None:
        self._children[name] = Child(name, self._commands[name], folder=self.run_folder)

    def _wait(self, condition: Callable[[Kube], bool], what: str, timeout: float) -> None:
        with Kube(self.access, timeout=5) as kube:
            wait_until(lambda: self._all_alive() and _holds(condition, kube), what, timeout=timeout)

    def _all_alive(self) -> bool:
        for child in self._children.values():
            child.must_live()
        return True

    def _kill_all(self) -> None:
        for child in self._children.values():
            child.kill()


_CONTROLLERS: Final = ("kube-controller-manager", "kube-scheduler")


def _admin(server: str, certificates: Certificates) -> Access:
    pair = certificates.admin.read_text(), certificates.admin_key.read_text()
    return Access(server=server, ca=certificates.ca.read_text(), certificate=pair)


def _holds(condition: Callable[[Kube], bool], kube: Kube) -> bool:
    try:
        return condition(kube)
    except (KubeError, httpx.TransportError):
        return False  # not up yet: refused, 403 from a fresh authorizer, 500 from /readyz, 404
