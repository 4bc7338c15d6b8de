"""The control plane starts, takes faults, keeps its port, and leaves nothing behind."""

import json
from pathlib import Path

import httpx
import psutil
import pytest

from lab.cluster import Cluster
from lab.controlplane import ControlPlane
from lab.kube import Json, Kube, KubeError
from lab.tokens import service_account_kubeconfig
from lab.waiting import wait_until

pytestmark = pytest.mark.cluster


def test_faults_and_the_end() -> None:
    with ControlPlane(audit=True, apiserver_flags=["--min-request-timeout=3"]) as plane, Kube(plane.access) as kube:
        assert kube.get("/version")["gitVersion"] == "v1.36.3"
        children = [psutil.Process(pid) for pid in plane.pids().values()]

        plane.stop_apiserver()
        with pytest.raises(httpx.ConnectError):
            kube.get("/version")
        plane.start_apiserver()
        assert kube.get("/version")

        plane.freeze()
        with Kube(plane.access, timeout=0.5) as impatient, pytest.raises(httpx.TimeoutException):
            impatient.get("/version")
        plane.thaw()
        assert kube.get("/version")

        asked = [json.loads(line)["requestURI"] for line in plane.audit_log.read_text().splitlines()]
        assert "/version" in asked
        folder = plane.run_folder
    assert not folder.exists()
    assert not any(child.is_running() for child in children)
    with pytest.raises(httpx.ConnectError):
        httpx.get(plane.server, verify=False, trust_env=False)  # noqa: S501 - nobody should answer at all


def test_a_service_account_may_do_what_its_role_says(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    kubeconfig = service_account_kubeconfig(cluster.access, namespace, "default", tmp_path / "kubeconfig")
    assert kubeconfig.stat().st_mode & 0o077 == 0
    with Kube.from_kubeconfig(kubeconfig) as kube:
        with pytest.raises(KubeError, match=f"system:serviceaccount:{namespace}:default") as refused:
            kube.get(f"/api/v1/namespaces/{namespace}/pods")
        assert refused.value.status == 403
        name = {"metadata": {"name": "read", "namespace": namespace}}
        rbac = {"apiVersion": "rbac.authorization.k8s.io/v1"}
        rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}
        subject = {"kind": "ServiceAccount", "name": "default", "namespace": namespace}
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "read"}
        cluster.kube.apply(
            rbac | {"kind": "Role", "rules": [rule]} | name,
            rbac | {"kind": "RoleBinding", "subjects": [subject], "roleRef": role} | name,
        )
        # The authorizer learns of a new role by a watch of its own: it may be a moment late.
        pods = wait_until(lambda: _listed(kube, f"/api/v1/namespaces/{namespace}/pods"), "the role to be heeded")
        assert pods["items"] == []


def _listed(kube: Kube, path: str) -> Json | None:
    try:
        return dict(kube.get(path))
    except KubeError as error:
        if error.status != httpx.codes.FORBIDDEN:
            raise
        return None
