"""The chart on a real API server: admitted, permitted what it needs and no more, upgraded and removed without loss."""

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from lab.cluster import Cluster, start_cluster
from lab.kube import Kube, KubeError
from lab.kubeconfig import Access
from lab.tokens import service_account_kubeconfig
from lab.waiting import wait_until
from tests.chart.helm import CHART, Json, helm, settings

pytestmark = pytest.mark.cluster

GROUP = "ideogram-operator.io"
CRD = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/ideogramintegrations.{GROUP}"
INTEGRATION = {
    "apiVersion": f"{GROUP}/v1alpha1",
    "kind": "IdeogramIntegration",
    "metadata": {"name": "storefront"},
    "spec": {
        "api": {"keySecretRef": {"name": "ideogram"}},
        "targets": [{"kind": "Deployment", "name": "storefront", "switch": {}}],
    },
}
# The shared cluster has the CRD already, and other tests need it.
SHARED = {"crds.install": False, "rbac.tenantRoles": "Never"}

Helm = Callable[..., str]


@pytest.fixture
def run_helm(tmp_path: Path) -> Callable[[Path], Helm]:
    """Helm for the cluster with that kubeconfig; anything but success fails the test."""

    def run(kubeconfig: Path, *arguments: str | Path) -> str:
        answer = helm(*arguments, home=tmp_path, kubeconfig=kubeconfig)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

    return lambda kubeconfig: partial(run, kubeconfig)


@pytest.fixture
def restricted(cluster: Cluster, namespace: str) -> str:
    """A namespace that admits pods of Pod Security's strictest level only."""
    labels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn", "audit")}
    cluster.kube.patch(f"/api/v1/namespaces/{namespace}", {"metadata": {"labels": labels}})
    return namespace


@pytest.fixture
def bare() -> Iterator[Cluster]:
    """A cluster of the test's own, without the CRD."""
    with start_cluster(crds=False, name="chart") as own:
        yield own


def install(chart: Helm, namespace: str, values: dict[str, Any]) -> str:
    arguments = ("install", "ideogram-operator", CHART, "--namespace", namespace, *settings(values))
    return chart(*arguments, "--wait", "--timeout", "60s")


def test_the_pod_is_admitted_where_the_strictest_pod_security_is_enforced(
    cluster: Cluster, restricted: str, run_helm: Callable[[Path], Helm]
) -> None:
    chart = run_helm(cluster.kubeconfig)
    said = install(chart, restricted, {**SHARED, "networkPolicy.enabled": True})
    assert "kubectl get ideogramintegrations -A" in said
    deployment = cluster.kube.get(f"/apis/apps/v1/namespaces/{restricted}/deployments/ideogram-operator")
    assert deployment["status"]["readyReplicas"] == 1
    (pod,) = cluster.kube.get(f"/api/v1/namespaces/{restricted}/pods")["items"]
    assert pod["spec"]["serviceAccountName"] == "ideogram-operator"
    chart("uninstall", "ideogram-operator", "--namespace", restricted, "--wait")


def test_every_object_of_every_option_passes_the_servers_validation(
    cluster: Cluster, restricted: str, run_helm: Callable[[Path], Helm]
) -> None:
    everything = {
        **SHARED,
        "namespaces": [restricted],
        "readOnly": True,
        "allowHosts": ["http://simulator.lab:8080"],
        "caFile.configMapName": "authorities",
        "networkPolicy": {"enabled": True, "ingressFrom": [{"namespaceSelector": {}}], "egressPorts": [443]},
        "env": [{"name": "HTTPS_PROXY", "value": "http://proxy.example.com:3128"}],
        "imagePullSecrets": [{"name": "registry"}],
        "tolerations": [{"operator": "Exists"}],
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "podLabels": {"team": "platform"},
        "podAnnotations": {"example.com/note": "yes"},
        "serviceAccount.annotations": {"example.com/role": "operator"},
    }
    run_helm(cluster.kubeconfig)(
        *("install", "ideogram-operator", CHART, "--namespace", restricted, "--dry-run=server", *settings(everything))
    )


def test_in_its_namespace_the_account_may_do_its_work_and_nothing_elsewhere(
    cluster: Cluster, namespace: str, run_helm: Callable[[Path], Helm], tmp_path: Path
) -> None:
    install(run_helm(cluster.kubeconfig), namespace, {**SHARED, "namespaces": [namespace], "replicas": 0})
    account = account_of(cluster.access, namespace, tmp_path)
    integrations = f"/apis/{GROUP}/v1alpha1/namespaces/{{}}/ideogramintegrations"
    assert served(account, integrations.format(namespace))["items"] == []
    assert account.get(f"/apis/apps/v1/namespaces/{namespace}/deployments")["items"]
    assert refused(account, f"/api/v1/namespaces/{namespace}/secrets")
    assert refused(account, integrations.format("default"))
    assert refused(account, f"/apis/{GROUP}/v1alpha1/ideogramintegrations")
    assert refused(account, "/api/v1/namespaces")


def test_read_only_the_account_writes_status_and_no_target(
    cluster: Cluster, namespace: str, run_helm: Callable[[Path], Helm], tmp_path: Path
) -> None:
    values = {**SHARED, "namespaces": [namespace], "readOnly": True, "replicas": 0}
    install(run_helm(cluster.kubeconfig), namespace, values)
    account = account_of(cluster.access, namespace, tmp_path)
    integration = f"/apis/{GROUP}/v1alpha1/namespaces/{namespace}/ideogramintegrations/storefront"
    served(cluster.kube, integration.removesuffix("/storefront"))
    cluster.kube.create(integration.removesuffix("/storefront"), INTEGRATION)
    cluster.kube.create(f"/api/v1/namespaces/{namespace}/configmaps", {"metadata": {"name": "settings"}, "data": {}})
    assert account.patch(f"{integration}/status", {"status": {"state": "Live"}})["status"]["state"] == "Live"
    for path in (integration, f"/api/v1/namespaces/{namespace}/configmaps/settings"):
        with pytest.raises(KubeError, match="403"):
            account.patch(path, {"metadata": {"annotations": {"a": "b"}}})


def test_an_upgrade_renews_the_crd_and_an_uninstall_keeps_it_and_the_integrations(
    bare: Cluster, run_helm: Callable[[Path], Helm], tmp_path: Path
) -> None:
    chart, kube = run_helm(bare.kubeconfig), bare.kube
    before = older_chart(tmp_path / "older")
    chart("install", "ideogram-operator", before, "--namespace", "ops", "--create-namespace", "--wait")
    integrations = f"/apis/{GROUP}/v1alpha1/namespaces/default/ideogramintegrations"
    served(kube, integrations)
    kube.create(integrations, INTEGRATION)

    assert kube.get(CRD)["spec"]["names"]["shortNames"] == ["old"]
    chart("upgrade", "ideogram-operator", CHART, "--namespace", "ops")
    assert kube.get(CRD)["spec"]["names"]["shortNames"] == ["idi"]

    chart("uninstall", "ideogram-operator", "--namespace", "ops", "--wait")
    assert [item["metadata"]["name"] for item in served(kube, integrations)["items"]] == ["storefront"]
    assert kube.get("/apis/apps/v1/namespaces/ops/deployments")["items"] == []

    chart("install", "ideogram-operator", CHART, "--namespace", "ops")
    assert served(kube, f"{integrations}/storefront")["spec"]["targets"][0]["name"] == "storefront"


def older_chart(folder: Path) -> Path:
    """The chart as it might have been before: its CRD has another short name."""
    shutil.copytree(CHART, folder)
    (crd,) = (folder / "files").iterdir()
    crd.write_text(crd.read_text().replace("- idi\n", "- old\n"))
    return folder


def account_of(admin: Access, namespace: str, folder: Path) -> Kube:
    path = service_account_kubeconfig(admin, namespace, "ideogram-operator", folder / "account.yaml")
    return Kube.from_kubeconfig(path)


def served(kube: Kube, path: str) -> Json:
    """What is at the path, once the API server is done with the CRD: until then it says 404, then 429."""

    def answer() -> Json | None:
        try:
            found: Json = kube.get(path)
        except KubeError as error:
            if error.status in {404, 429}:
                return None
            raise
        return found

    return wait_until(answer, f"an answer at {path}")


def refused(account: Kube, path: str) -> bool:
    try:
        account.get(path)
    except KubeError as error:
        return error.status == 403
    return False
