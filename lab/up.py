"""A laboratory for a person: a cluster, a simulated Ideogram and three applications, until Ctrl-C."""

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from lab.applications import HealthServer, applications, integrations
from lab.cluster import Cluster, start_cluster
from lab.controlplane.build import say_to_stderr
from lab.folders import run_folder
from lab.signals import ended_by_signals
from lab.simulator import Simulator

NAMESPACE: Final = "shop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Laboratory:
    """What runs, and where.

    Attributes:
        cluster: control plane, kubelet and CRD, with the three applications in the namespace ``shop``.
        simulator: Ideogram; the applications' Secret holds a key that it accepts.
        health: answers for the applications.
        integrations: a file with the three integrations, pointed at the simulator; not applied.
    """

    cluster: Cluster
    simulator: Simulator
    health: HealthServer
    integrations: Path


class NamespaceTakenError(RuntimeError):
    """A foreign cluster has a namespace of our name already; it is not ours to fill, or to delete at the end."""


@contextmanager
def laboratory(*, kubeconfig: Path | None = None, say: Callable[[str], None] = say_to_stderr) -> Iterator[Laboratory]:
    """Everything, ended at the end of the block. From the main thread only.

    Args:
        kubeconfig: of a running cluster to use instead of our own; the CRD stays there, the applications do not.
        say: takes a line of progress at a time.

    Raises:
        NamespaceTakenError: the running cluster has a namespace ``shop``.
    """
    with ExitStack() as ends:
        folder = ends.enter_context(run_folder("files"))
        if kubeconfig:
            cluster = ends.enter_context(_borrowed(kubeconfig))
        else:
            cluster = ends.enter_context(start_cluster(audit=True, say=say, name="up"))
        simulator = ends.enter_context(Simulator.in_thread())
        health = ends.enter_context(HealthServer(cluster.access))
        cluster.kube.apply(*applications(namespace=NAMESPACE, key=simulator.key))
        file = folder / "integrations.yaml"
        pointed = integrations(base_url=simulator.url, health_url=health.url, namespace=NAMESPACE)
        file.write_text(yaml.safe_dump_all(pointed, sort_keys=False))
        yield Laboratory(cluster=cluster, simulator=simulator, health=health, integrations=file)


@contextmanager
def _borrowed(kubeconfig: Path) -> Iterator[Cluster]:
    cluster = Cluster(kubeconfig=kubeconfig)
    if any(item["metadata"]["name"] == NAMESPACE for item in cluster.kube.get("/api/v1/namespaces")["items"]):
        raise NamespaceTakenError(f"{cluster.server} has a namespace {NAMESPACE} already")
    cluster.install_crds()
    try:
        yield cluster
    finally:
        cluster.kube.delete(f"/api/v1/namespaces/{NAMESPACE}")


def up(kubeconfig: Path | None = None) -> None:
    """Starts it, says what to try, and waits for Ctrl-C, SIGTERM or the end of the terminal."""
    with ended_by_signals():
        print("lab: using the cluster" if kubeconfig else "lab: starting a cluster", flush=True)
        with laboratory(kubeconfig=kubeconfig) as lab:
            print(what_to_try(lab), flush=True)
            while True:
                signal.pause()


def what_to_try(lab: Laboratory) -> str:
    """The text a person reads once everything runs."""
    api, control = lab.simulator.url, lab.simulator.control_url
    hosts = " ".join(f"--allow-host {url}" for url in (api, lab.health.url))
    admin = lab.simulator.endpoints.admin_url
    return f"""\

export KUBECONFIG={lab.cluster.kubeconfig}

Ideogram (simulated)  {api}
  its status page     {control}
  its control API     {admin}
storefront's health   {lab.health.health_url(NAMESPACE, "storefront")}

In other terminals:

  export KUBECONFIG={lab.cluster.kubeconfig}
  kubectl -n {NAMESPACE} get deployments,cronjobs,configmaps       (no kubectl? python -m lab kubectl …)
  ideogram-operator run --kubeconfig "$KUBECONFIG" {hosts} --control-url {control}
  kubectl apply -f {lab.integrations}
  kubectl -n {NAMESPACE} get ideogramintegrations --watch

Ctrl-C ends it all and leaves nothing behind."""
