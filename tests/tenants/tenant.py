"""A tenant: somebody who may write integrations in one namespace, and nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lab.cluster import Cluster
from lab.kube import Json, Kube, KubeError
from lab.kubeconfig import Access, read_kubeconfig
from lab.operator import chart_objects
from lab.tokens import service_account_kubeconfig
from lab.waiting import wait_until
from tests.e2e.shop import INTEGRATIONS, QUICK_PROBE, QUICK_RECOVERY, SECRET, Shop, condition, target

NAME: Final = "tenant"
RBAC: Final = "rbac.authorization.k8s.io"


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """What the tenant does, as its own account; what came of it is looked at as an administrator.

    Attributes:
        shop: its namespace, seen by an administrator.
        access: the tenant's own credentials.
        kube: a connection with them.
    """

    shop: Shop
    access: Access
    kube: Kube

    @property
    def path(self) -> str:
        return INTEGRATIONS.format(self.shop.namespace)

    def body(self, name: str = "shop", **spec: Any) -> Json:
        """An integration, quick in all things unless ``spec`` says otherwise; None takes a field out."""
        whole: Json = {
            "api": {"baseURL": self.shop.simulator.url, "keySecretRef": {"name": SECRET, "key": "api-key"}},
            "targets": [target()],
            "probe": QUICK_PROBE,
            "recovery": QUICK_RECOVERY,
        }
        whole |= spec
        return {
            "apiVersion": "ideogram-operator.io/v1alpha1",
            "kind": "IdeogramIntegration",
            "metadata": {"name": name},
            "spec": {field: value for field, value in whole.items() if value is not None},
        }

    def create(self, name: str = "shop", **spec: Any) -> Json:
        return self.kube.create(self.path, self.body(name, **spec))

    def edit(self, name: str = "shop", **spec: Any) -> Json:
        return self.kube.patch(f"{self.path}/{name}", {"spec": spec})

    def annotate(self, annotation: str, value: str, name: str = "shop") -> None:
        self.kube.patch(f"{self.path}/{name}", {"metadata": {"annotations": {annotation: value}}})

    def refused(self, method: str, path: str, body: Json | None = None) -> int:
        """The status with which the API server refuses.

        Raises:
            AssertionError: it does not.
        """
        merge = "application/merge-patch+json" if method == "PATCH" else ""
        try:
            answer = self.kube.request(method, path, body=body, content_type=merge)
        except KubeError as error:
            return error.status
        raise AssertionError(f"{method} {path} is allowed: {answer}")

    def not_ready(self, name: str = "shop") -> tuple[str, str]:
        """Reason and message, once the operator has said that the integration cannot be worked with."""
        found = self.shop.until(lambda status: condition(status, "Ready")["status"] == "False", "a refusal", name=name)
        ready = condition(found, "Ready")
        return ready["reason"], ready["message"]

    def preflighted(self, names: Iterable[str] = ("shop",), *, timeout: float = 90.0) -> dict[str, dict[str, Json]]:
        """The checks of each integration by their id, once all have been carried out."""
        wanted = set(names)

        def found() -> dict[str, dict[str, Json]] | None:
            listed = self.shop.kube.get(self.path)["items"]
            done = {one["metadata"]["name"]: one.get("status", {}).get("preflight", {}) for one in listed}
            if not all(done.get(name, {}).get("lastTime") for name in wanted):
                return None
            return {name: {check["id"]: check for check in done[name]["checks"]} for name in wanted}

        return wait_until(found, f"preflights of {sorted(wanted)}", timeout=timeout, pause=0.2)


def make_tenant(cluster: Cluster, shop: Shop, folder: Path) -> Tenant:
    """The account, with the rights that the chart gives to tenants, in its namespace alone."""
    objects = chart_objects(namespace="home", values={"rbac.tenantRoles": "Always", "crds.install": False})
    (role,) = (item for item in objects if item["kind"] == "ClusterRole" and item["metadata"]["name"].endswith("-edit"))
    metadata = {"name": NAME, "namespace": shop.namespace}
    subject = {"kind": "ServiceAccount", **metadata}
    cluster.kube.apply(
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
        {"apiVersion": f"{RBAC}/v1", "kind": "Role", "metadata": metadata, "rules": role["rules"]},
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": NAME},
            "subjects": [subject],
        },
    )
    path = service_account_kubeconfig(cluster.access, shop.namespace, NAME, folder / f"{shop.namespace}.yaml")
    access = read_kubeconfig(path)
    made = Tenant(shop=shop, access=access, kube=Kube(access))
    wait_until(lambda: _may_list(made), "the tenant's rights")
    return made


def _may_list(tenant: Tenant) -> bool:
    try:
        tenant.kube.get(tenant.path)
    except KubeError as error:
        if error.status in {403, 429}:  # the API server is busy with a new CRD for a moment
            return False
        raise
    return True
