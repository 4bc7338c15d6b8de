"""A whole cluster: control plane, kubelet and, where it is there, the operator's resource."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from lab.controlplane import ControlPlane
from lab.controlplane.binaries import binary
from lab.controlplane.build import say_to_stderr
from lab.kube import Json, Kube, read_manifests
from lab.kubeconfig import Access, read_kubeconfig
from lab.kubelet.kwok import Kwok

REPOSITORY: Final = Path(__file__).resolve().parent.parent
CRDS: Final = REPOSITORY / "crds"


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A running cluster, seen through an administrator's kubeconfig; ours or any other.

    Attributes:
        kubeconfig: the administrator's.
        audit_log: one JSON line for each request to the API server; None where it is not kept.
        plane: its parts, to be stopped and frozen; None where they are not ours.
        kubelet: the same of the kubelet.
    """

    kubeconfig: Path
    audit_log: Path | None = None
    plane: ControlPlane | None = None
    kubelet: Kwok | None = None

    @cached_property
    def access(self) -> Access:
        """Server, authority and credentials."""
        return read_kubeconfig(self.kubeconfig)

    @property
    def server(self) -> str:
        """The API server's URL."""
        return self.access.server

    @cached_property
    def kube(self) -> Kube:
        """A client, as administrator."""
        return Kube(self.access)

    def revive(self) -> None:
        """Starts controllers and kubelet anew, which found no API server for long: they ask again rarely, or never.

        Raises:
            LookupError: they are not ours.
        """
        if self.plane is None or self.kubelet is None:
            raise LookupError("the parts of this cluster are not ours")
        self.plane.restart_controllers()
        self.kubelet.stop()
        self.kubelet.start()

    def install_crds(self) -> list[str]:
        """Applies every CRD of ``crds/`` and waits until it is served; their names."""
        found = [item for item in read_manifests(*sorted(CRDS.glob("*.yaml"))) if item["kind"] == _CRD]
        for crd in found:
            self.kube.apply(crd)
        for crd in found:
            self.kube.wait_for(self.kube.path_of(crd), _established, f"CRD {crd['metadata']['name']}")
        return [crd["metadata"]["name"] for crd in found]


@contextmanager
def start_cluster(
    *,
    audit: bool = False,
    apiserver_flags: Sequence[str] = (),
    crds: bool = True,
    say: Callable[[str], None] = say_to_stderr,
    name: str = "cluster",
) -> Iterator[Cluster]:
    """A new cluster, ended with everything in it at the end of the block. From the main thread only.

    Raises:
        BuildFailedError: a binary is missing and could not be built.
        ChildDiedError: a component ended while starting.
    """
    kwok = binary("kwok", say=say)
    with ExitStack() as ends:
        plane = ends.enter_context(ControlPlane(audit=audit, apiserver_flags=apiserver_flags, say=say, name=name))
        kubelet = Kwok(kwok, kubeconfig=plane.kubeconfig, folder=plane.run_folder)
        ends.callback(kubelet.stop)
        kubelet.start()
        cluster = Cluster(
            kubeconfig=plane.kubeconfig, audit_log=plane.audit_log if audit else None, plane=plane, kubelet=kubelet
        )
        if crds:
            cluster.install_crds()
        yield cluster


_CRD: Final = "CustomResourceDefinition"


def _established(crd: Json) -> bool:
    conditions = crd.get("status", {}).get("conditions") or []  # null in the first moment
    return any(condition["type"] == "Established" and condition["status"] == "True" for condition in conditions)
