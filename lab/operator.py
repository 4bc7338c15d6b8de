"""The operator as its chart would run it: a process of its own, as the chart's ServiceAccount, with the chart's rights.

Nothing of it runs in the caller's process, so that it can be killed at any moment, and all that it may do is what the
chart grants: a right that is missing there is missing here.
"""

import json
import secrets
import socket
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import httpx
import yaml

from lab.cluster import REPOSITORY, Cluster
from lab.controlplane.binaries import binary
from lab.kube import Json
from lab.kubeconfig import Access
from lab.processes import LOG_TAIL, Child
from lab.tokens import service_account_kubeconfig
from lab.waiting import NeverHappenedError, wait_until

CHART: Final = REPOSITORY / "charts" / "ideogram-operator"
ACCOUNT: Final = "ideogram-operator"
RIGHTS: Final = frozenset({"ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"})
PATIENCE: Final = 10.0
"""Seconds within which SIGTERM has to end it: it drains what is under way for five and tells its events for two."""


FIRST_PORT: Final = 20_000
PORTS: Final = 12_000


class NotStoppedError(RuntimeError):
    """SIGTERM did not end it in time, or not with exit code 0."""


def chart_objects(*, namespace: str, values: Mapping[str, Any]) -> list[Json]:
    """What ``helm template`` makes of the chart with these values (``a.b`` is a path), released to the namespace.

    Raises:
        subprocess.CalledProcessError: helm refuses the values; its words are in ``stderr``.
    """
    given = [part for name, value in values.items() for part in ("--set-json", f"{name}={json.dumps(value)}")]
    with tempfile.TemporaryDirectory() as home:
        environment = {"HOME": home, "KUBECONFIG": f"{home}/none"}
        command = [str(binary("helm")), "template", ACCOUNT, str(CHART), "--namespace", namespace, *given]
        told = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, timeout=60)
    return [item for item in yaml.safe_load_all(told.stdout) if item]


def grant_rights(cluster: Cluster, namespace: str, *, values: Mapping[str, Any] | None = None) -> None:
    """Makes the chart's ServiceAccount and its rights as of a release in this namespace; no CRD and no pod.

    The rights are for this namespace alone unless ``values`` has other ``namespaces``; none is all of them, by a
    ClusterRole that the caller takes away again. They hold when it returns: the authorizer learns of a role by a watch
    of its own, and may be a moment late.
    """
    wanted = {"namespaces": [namespace], "crds.install": False, "rbac.tenantRoles": "Never", **(values or {})}
    rights = (item for item in chart_objects(namespace=namespace, values=wanted) if item["kind"] in RIGHTS)
    for item in rights:
        cluster.kube.apply(item)
    for where in wanted["namespaces"] or [namespace]:
        wait_until(partial(_may_watch, cluster, namespace, where), f"the chart's rights in {where}")


def _may_watch(cluster: Cluster, home: str, namespace: str) -> bool:
    what = {"group": "ideogram-operator.io", "resource": "ideogramintegrations"}
    asked = {**what, "verb": "watch", "namespace": namespace}
    groups = ["system:serviceaccounts", f"system:serviceaccounts:{home}", "system:authenticated"]
    spec = {"user": f"system:serviceaccount:{home}:{ACCOUNT}", "groups": groups, "resourceAttributes": asked}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
    path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
    return bool(cluster.kube.create(path, review)["status"]["allowed"])


def operator_kubeconfig(
    admin: Access, namespace: str, path: Path, *, server: str | None = None, ca: str | None = None
) -> Path:
    """Writes a kubeconfig of the chart's ServiceAccount.

    ``server`` is another way to the same API server, ``ca`` the authority that is to be trusted there.
    """
    return service_account_kubeconfig(admin, namespace, ACCOUNT, path, server=server, ca=ca)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """How ``ideogram-operator run`` is called.

    Attributes:
        kubeconfig: who it is, and where the API server.
        namespaces: where it works.
        allow_hosts: where keys may be sent.
        control_url: empty: none.
        log_level: ``debug`` tells everything.
        lease: ``NAMESPACE/NAME`` of the Lease that it is to hold, for ``lease_seconds``, as ``identity``; empty: none.
        more: further flags, as typed.
    """

    kubeconfig: Path
    namespaces: tuple[str, ...]
    allow_hosts: tuple[str, ...] = ()
    control_url: str = ""
    log_level: str = "info"
    lease: str = ""
    lease_seconds: int = 15
    identity: str = ""
    more: tuple[str, ...] = ()

    def typed(self, port: int) -> list[str]:
        """The command line after ``run``."""
        repeated = (("--namespace", self.namespaces), ("--allow-host", self.allow_hosts))
        return [
            *("--kubeconfig", str(self.kubeconfig), "--control-url", self.control_url),
            *(part for flag, values in repeated for value in values for part in (flag, value)),
            *("--lease", self.lease, "--lease-duration", str(self.lease_seconds), "--identity", self.identity),
            *("--listen", f"127.0.0.1:{port}", "--log-format", "json", "--log-level", self.log_level, *self.more),
        ]


class Operator:
    """The process; runs inside its ``with`` block. From the main thread only: it ends with the thread that started it.

    After `kill` or `stop` it may be started again: its log goes on in the same file.
    """

    def __init__(
        self,
        flags: Flags,
        *,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        output: Path | int | None = None,
        process: type[Child] = Child,
    ) -> None:
        """``environment``: variables besides; ``output``: where its log goes, if it is not to be kept."""
        self.flags, self._process = flags, process
        self._folder = folder
        self._environment, self._output = environment, output
        self._port = 0
        self._child: Child | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def url(self) -> str:
        """Where it answers for its health and metrics."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        """Its process id.

        Raises:
            RuntimeError: it does not run.
        """
        return self._running().pid

    def start(self, *, wait: bool = True, **changes: Any) -> None:
        """Starts it, with flags that differ by ``changes`` from now on; returns when it is at work."""
        self.flags = replace(self.flags, **changes)
        self._port = _free_port()
        script = Path(sysconfig.get_path("scripts")) / "ideogram-operator"
        self._child = self._process(
            "operator",
            [script, "run", *self.flags.typed(self._port)],
            folder=self._folder,
            environment=self._environment,
            output=self._output,
        )
        if wait:
            self.wait_ready()

    def wait_ready(self, *, timeout: float = 60.0) -> None:
        """Returns once ``/readyz`` says so.

        Raises:
            ChildDiedError: it ended instead.
            NeverHappenedError: it took longer than ``timeout`` seconds; the message has the end of its log.
        """
        child = self._running()

        def ready() -> bool:
            child.must_live()
            with suppress(httpx.TransportError):
                return self._get("/readyz").status_code == httpx.codes.OK
            return False

        try:
            wait_until(ready, "the operator to be ready", timeout=timeout, pause=0.1)
        except NeverHappenedError as error:
            raise NeverHappenedError(f"{error}; its log ends with\n{self.log_tail()}") from error

    def kill(self) -> None:
        """SIGKILL: the power cut. Nothing happens if it does not run."""
        if self._child is not None:
            self._child.kill()
            self._child = None

    def stop(self) -> None:
        """SIGTERM, as a rollout or a drained node does.

        Raises:
            NotStoppedError: it did not end with 0 in time.
        """
        child, self._child = self._running(), None
        code = child.terminate(patience=PATIENCE)
        if code != 0:
            raise NotStoppedError(f"SIGTERM ended it with {code}; its log ends with\n{self.log_tail()}")

    def freeze(self) -> None:
        """SIGSTOP: a machine that is suspended, or starved."""
        self._running().freeze()

    def thaw(self) -> None:
        """SIGCONT."""
        self._running().thaw()

    def ended(self, *, timeout: float = 30.0) -> int:
        """The exit code with which it ends by itself.

        Raises:
            NeverHappenedError: it did not within ``timeout`` seconds.
        """
        child = self._running()
        wait_until(lambda: not child.alive(), "the operator to end", timeout=timeout)
        self._child = None
        return child.terminate(patience=0)

    def must_live(self) -> None:
        """Raises ChildDiedError if it has ended by itself."""
        self._running().must_live()

    def metrics(self) -> str:
        """``/metrics``, as a Prometheus reads it."""
        return self._get("/metrics").raise_for_status().text

    def healthy(self) -> bool:
        """Whether ``/healthz`` says that a restart would not help."""
        return self._get("/healthz").status_code == httpx.codes.OK

    def ready_text(self) -> str:
        """``/readyz``, line by line what it is ready for, or not."""
        return self._get("/readyz").text

    def log_text(self) -> str:
        """All it ever wrote, over all its lives."""
        return (self._folder / "operator.log").read_text(errors="replace")

    def log(self) -> Iterator[Json]:
        """Its log's lines that are JSON objects, the oldest first."""
        for line in self.log_text().splitlines():
            with suppress(ValueError):
                told = json.loads(line)
                if isinstance(told, dict):
                    yield told

    def log_tail(self, lines: int = LOG_TAIL) -> str:
        """The end of its log."""
        return "\n".join(self.log_text().splitlines()[-lines:])

    def _running(self) -> Child:
        if self._child is None:
            raise RuntimeError("the operator does not run")
        return self._child

    def _get(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, timeout=5.0, trust_env=False)


def _free_port() -> int:
    """A port that nobody has, below those that the kernel hands out: it cannot be kept until the operator takes it."""
    while True:
        port = FIRST_PORT + secrets.randbelow(PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
