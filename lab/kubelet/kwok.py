"""KWOK as the kubelet: pods get statuses, but nothing runs in them."""

from pathlib import Path
from typing import Final

from lab.kube import Json, Kube
from lab.processes import Child
from lab.waiting import wait_until

STAGES: Final = Path(__file__).with_name("stages.yaml")
# Room for thousands: the scheduler must never be what a test waits for.
CAPACITY: Final = {"cpu": "100k", "memory": "100Ti", "pods": "100k"}
# Nominal addresses nobody dials. In 127.0.0.0/8 they would give empty EndpointSlices.
POD_CIDR: Final = "10.1.0.0/16"


class Kwok:
    """One KWOK process and the node it plays."""

    def __init__(self, binary: Path, *, kubeconfig: Path, folder: Path, node: str = "node-1") -> None:
        self._argv = [
            str(binary),
            f"--kubeconfig={kubeconfig}",
            f"--config={STAGES}",
            "--manage-all-nodes=true",
            "--node-lease-duration-seconds=40",
            f"--cidr={POD_CIDR}",
            "--node-ip=10.0.0.1",
        ]
        self._kubeconfig = kubeconfig
        self._folder = folder
        self._node = node
        self._child: Child | None = None

    def start(self) -> None:
        """Starts it and makes the node; returns once pods can be scheduled to it.

        Raises:
            ChildDiedError: it ended.
        """
        child = self._child = Child("kwok", self._argv, folder=self._folder)
        with Kube.from_kubeconfig(self._kubeconfig) as kube:
            kube.apply(_node(self._node))
            wait_until(lambda: _takes_pods(_asked(kube, self._node, child)), "the node to take pods")

    def stop(self) -> None:
        """Kills it, if it runs."""
        if self._child:
            self._child.kill()
            self._child = None

    def freeze(self) -> None:
        """SIGSTOP."""
        self._running().freeze()

    def thaw(self) -> None:
        """SIGCONT."""
        self._running().thaw()

    def _running(self) -> Child:
        if self._child is None:
            raise RuntimeError("the kubelet was not started")
        return self._child


def _node(name: str) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux"}},
        "status": {"capacity": CAPACITY, "allocatable": CAPACITY},
    }


def _asked(kube: Kube, name: str, child: Child) -> Json:
    child.must_live()
    node: Json = kube.get(f"/api/v1/nodes/{name}")
    return node


def _takes_pods(node: Json) -> bool:
    conditions = node["status"].get("conditions", [])
    ready = any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
    return ready and not node["spec"].get("taints")
