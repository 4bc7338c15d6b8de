"""A market that stands for all provider faults of a worker: one operator, one Ideogram, and a stall for each row.

Starting an operator takes longer than most rows. What a row breaks in the provider is healed after it, and all else (the key,
the account, the application, the integration) is its own.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.cluster import Cluster
from lab.operator import Flags, Operator, grant_rights, operator_kubeconfig
from lab.simulator import AdminClient, IssuedKey, Settings, Simulator
from tests.e2e.shop import Shop, target


@dataclass(frozen=True, kw_only=True)
class Stall:
    """One application of the market with its own account, key and integration, all of one name."""

    shop: Shop
    name: str
    key: IssuedKey

    @property
    def admin(self) -> AdminClient:
        return self.shop.simulator.admin

    def deploy(self, **parts: Any) -> None:
        """Its application, where it is to be another than usual."""
        self.shop.deploy(self.name, **{"replicas": 1, **parts})

    def open(self, *, parts: Any = None, **spec: Any) -> int:
        """Deployed if it is not yet, integrated and Live; the generation. ``parts`` are of its only target."""
        self.shop.secret(self.key.secret, name=self.name)
        if self.name not in self._deployments():
            self.deploy()
        spec = {"targets": [target(self.name, **(parts or {}))], **spec}
        made = self.generation
        api = {"baseURL": self.shop.simulator.url, "keySecretRef": {"name": self.name, "key": "api-key"}}
        self.shop.integrate(self.name, api=api, **spec)
        self.shop.live(self.name)
        return made

    def shows_trouble(self, *, timeout: float = 30.0) -> dict[str, Any]:
        """The status, once a person can see that something is wrong."""
        return self.shop.until(
            lambda status: status["health"] != "Healthy" or status["state"] != "Live",
            "trouble to be seen", name=self.name, timeout=timeout,
        )  # fmt: skip

    def fallen(self) -> dict[str, Any]:
        """The status, once it says that the target is in fallback."""
        return self.shop.fallen_back(self.name)

    def live(self, *, timeout: float = 30.0) -> dict[str, Any]:
        """The status, once it is Live again and the target as it was."""
        found = self.shop.live(self.name, timeout=timeout)
        self.shop.reads("true", name=self.name)
        return found

    def reads(self, value: str) -> None:
        self.shop.reads(value, name=self.name)

    def asked(self, count: int, *, timeout: float = 30.0) -> None:
        """Returns after so many further requests of its key have ended."""
        seen = len(self.admin.requests(key=self.key.name))
        self.admin.wait_for(lambda log: sum(one.key == self.key.name for one in log) >= seen + count, timeout)

    @property
    def generation(self) -> int:
        return self.shop.generation(self.name)

    def close(self) -> None:
        """The provider is as it was, and the integration gone."""
        self.admin.heal()
        self.admin.settings(dry_run_checks_balance=False, retired_models=list(Settings().retired_models))
        self.shop.kube.delete(self.shop.at(self.name))
        self.shop.kube.wait_gone(self.shop.at(self.name))
        for name in self._deployments():
            if name.startswith(self.name):
                self.shop.kube.delete(self.shop.path("Deployment", name))

    def _deployments(self) -> list[str]:
        found = self.shop.kube.get(f"/apis/apps/v1/namespaces/{self.shop.namespace}/deployments")["items"]
        return [one["metadata"]["name"] for one in found]


@contextmanager
def market(cluster: Cluster, folder: Path) -> Iterator[Shop]:
    """A namespace with an operator that works, and an Ideogram."""
    with staffed(cluster, folder) as (shop, _):
        yield shop


@contextmanager
def staffed(
    cluster: Cluster, folder: Path, *, server: str | None = None, ca: str | None = None
) -> Iterator[tuple[Shop, Operator]]:
    """A market with its operator, which may reach the API server by another way (see `operator_kubeconfig`)."""
    namespace = f"faults-{uuid.uuid4().hex[:8]}"
    cluster.kube.create("/api/v1/namespaces", {"metadata": {"name": namespace}})
    try:
        grant_rights(cluster, namespace)
        kubeconfig = operator_kubeconfig(cluster.access, namespace, folder / "operator.yaml", server=server, ca=ca)
        with Simulator.in_thread() as simulator:
            flags = Flags(
                kubeconfig=kubeconfig,
                namespaces=(namespace,),
                allow_hosts=(simulator.url,),
                control_url=simulator.control_url,
            )
            with Operator(flags, folder=folder) as operator:
                # A control that has never worked has no say.
                simulator.admin.wait_for(lambda log: any(one.host == "control" and one.status == 200 for one in log))
                yield Shop(cluster=cluster, namespace=namespace, simulator=simulator), operator
    finally:
        cluster.kube.delete(f"/api/v1/namespaces/{namespace}")


@contextmanager
def stall(shop: Shop) -> Iterator[Stall]:
    """A new one."""
    name = f"stall-{uuid.uuid4().hex[:6]}"
    found = Stall(shop=shop, name=name, key=shop.simulator.admin.add_key(name=name, account=name, credit=100))
    try:
        yield found
    finally:
        found.close()
