"""Everything the scenes play on: cluster, chart, operator, provider and the three applications."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lab.applications import HealthServer, applications, integrations
from lab.cluster import Cluster, start_cluster
from lab.demo.operator import NAMESPACE, install_chart
from lab.folders import run_folder
from lab.kube import Json
from lab.operator import ACCOUNT, Flags, Operator, operator_kubeconfig
from lab.simulator import Config, Settings, Simulator

SHOP: Final = "shop"
HURRY: Final[dict[str, dict[str, Any]]] = {
    "probe": {"interval": "1s", "suspectInterval": "500ms", "timeout": "2s", "generate": {"interval": "0s"}},
    "recovery": {"hold": "3s", "successes": 2, "relapseWindow": "0s", "maxFlipsPerHour": 30},
    "drill": {"duration": "2s"},
}
"""What the demo's integrations have and a real one should not: nobody wants to watch a hold of five minutes."""
WORDS_ON_HURRY: Final = (
    "The demo is in a hurry: it asks the API every 1s (default 10s), confirms every 500ms (2s), holds a fallback "
    "for 3s (5m), wants 2 good answers (3), allows 30 flips an hour (4), rehearses for 2s (60s) and never pays for a "
    "check (every 6h)."
)
WHAT_IS_REAL: Final = (
    "Real: etcd, the API server, its controllers, the chart, the operator and all that kubectl shows. Played: the "
    "provider (an HTTP server with Ideogram's contract), the kubelet (KWOK), and so the applications' own /health."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What runs.

    Attributes:
        cluster: the control plane, as an administrator.
        simulator: the provider.
        health: where the applications' ``/health`` is.
        operator: the process under demonstration.
        integrations: what is applied in the first scene.
    """

    cluster: Cluster
    simulator: Simulator
    health: HealthServer
    operator: Operator
    integrations: tuple[Json, ...]


@contextmanager
def set_stage(say: Callable[[str], None]) -> Iterator[Stage]:
    """All of it, ended with every process at the end of the block. From the main thread only.

    Raises:
        BuildFailedError: a binary of the control plane is missing and could not be built.
        ChartFailedError: helm could not install the chart.
    """
    with ExitStack() as ends:
        folder = ends.enter_context(run_folder("demo"))
        say("starting etcd, kube-apiserver, kube-controller-manager, kube-scheduler and KWOK as the kubelet")
        cluster = ends.enter_context(start_cluster(crds=False, say=say, name="demo-cluster"))
        say(f"installing the chart into {NAMESPACE}: CRD, ServiceAccount, roles")
        install_chart(cluster, folder=folder, say=say)
        simulator = ends.enter_context(Simulator.in_thread(_provider()))
        health = ends.enter_context(HealthServer(cluster.access))
        say(f"deploying three applications into {SHOP}: storefront, nightly-render, gallery")
        cluster.kube.apply(*applications(namespace=SHOP, key=simulator.key))
        operator = _operator(cluster, simulator, health, folder)
        ends.enter_context(operator)
        say(f"the operator runs as {NAMESPACE}/{ACCOUNT}; the provider is {simulator.url}")
        yield Stage(
            cluster=cluster,
            simulator=simulator,
            health=health,
            operator=operator,
            integrations=tuple(hurried(base_url=simulator.url, health_url=health.url)),
        )


def hurried(*, base_url: str, health_url: str) -> list[Json]:
    """The three integrations of ``examples/shop`` with short intervals."""
    found = integrations(base_url=base_url, health_url=health_url, namespace=SHOP)
    return [item | {"spec": item["spec"] | HURRY} for item in found]


def _provider() -> Config:
    # Whether the live API's dry run looks at the balance is not known; this one's does, so that 402 costs nothing.
    return Config(settings=Settings(dry_run_checks_balance=True))


def _operator(cluster: Cluster, simulator: Simulator, health: HealthServer, folder: Path) -> Operator:
    flags = Flags(
        kubeconfig=operator_kubeconfig(cluster.access, NAMESPACE, folder / "operator.kubeconfig"),
        namespaces=(),
        allow_hosts=(simulator.url, health.url),
        control_url=simulator.control_url,
    )
    return Operator(flags, folder=folder)
