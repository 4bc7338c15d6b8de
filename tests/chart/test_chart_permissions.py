"""Least permissions: exactly what the operator uses, where it works, and nothing else."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.chart.helm import Rendered, grants

Render = Callable[..., Rendered]

GROUP = "ideogram-operator.io"
TARGETS = [
    ("apps", "deployments"),
    ("apps", "statefulsets"),
    ("apps", "daemonsets"),
    ("batch", "cronjobs"),
    ("", "configmaps"),
]
READ = {(*target, verb) for target in [(GROUP, "ideogramintegrations"), *TARGETS] for verb in ("get", "list", "watch")}
WRITE = {(*target, "patch") for target in [(GROUP, "ideogramintegrations"), *TARGETS]}
ALWAYS = {
    (GROUP, "ideogramintegrations/status", "patch"),
    ("", "secrets", "get"),
    ("autoscaling", "horizontalpodautoscalers", "list"),
    ("keda.sh", "scaledobjects", "list"),
    ("", "pods", "list"),
    ("events.k8s.io", "events", "create"),
    ("events.k8s.io", "events", "patch"),
}
CLUSTER_WIDE = {"ClusterRole", "ClusterRoleBinding"}


def test_cluster_wide_it_gets_exactly_what_it_uses(render: Render) -> None:
    chart = render()
    assert grants(operators_role(chart)) == READ | WRITE | ALWAYS
    assert not working_roles(chart)
    assert_bound(chart, "ClusterRoleBinding", "ClusterRole")


def test_in_namespaces_it_gets_the_same_there_and_no_cluster_wide_rule(render: Render) -> None:
    chart = render({"namespaces": ["shop", "gallery"]})
    assert {role["metadata"]["namespace"] for role in working_roles(chart)} == {"shop", "gallery"}
    assert all(grants(role["rules"]) == READ | WRITE | ALWAYS for role in working_roles(chart))
    assert not chart.kinds & CLUSTER_WIDE
    assert_bound(chart, "RoleBinding", "Role")


@pytest.mark.parametrize("namespaces", [[], ["shop"]], ids=["cluster-wide", "in a namespace"])
def test_read_only_it_may_write_status_and_events_only(render: Render, namespaces: list[str]) -> None:
    chart = render({"readOnly": True, "namespaces": namespaces})
    rules = working_roles(chart)[0]["rules"] if namespaces else operators_role(chart)
    assert grants(rules) == READ | ALWAYS
    assert "--read-only" in chart.container["args"]


@pytest.mark.parametrize("where", ["", "leases"], ids=["the release's namespace", "another one"])
def test_it_may_hold_its_own_lease_and_touch_no_other(render: Render, where: str) -> None:
    chart = render({"leaderElection.namespace": where})
    role = chart.one("Role")
    assert role["metadata"]["namespace"] == (where or "ops")
    create, hold = role["rules"]
    assert (create["resources"], create["verbs"]) == (["leases"], ["create"])
    assert (hold["resources"], hold["verbs"]) == (["leases"], ["get", "update"])
    assert hold["resourceNames"] == [chart.one("Deployment")["metadata"]["name"]]
    assert chart.one("RoleBinding")["metadata"]["namespace"] == (where or "ops")
    assert_bound(chart, "RoleBinding", "Role")
    assert f"--lease={where or 'ops'}/{hold['resourceNames'][0]}" in chart.container["args"]
    assert not render({"leaderElection.enabled": False}).all("Role")


@pytest.mark.parametrize("values", [{}, {"namespaces": ["shop"]}, {"readOnly": True}], ids=str)
def test_secrets_are_never_listed_and_no_rule_has_a_wildcard(render: Render, values: dict[str, object]) -> None:
    chart = render(values)
    rules = [rule for kind in ("Role", "ClusterRole") for role in chart.all(kind) for rule in role["rules"]]
    assert all("*" not in (*rule["apiGroups"], *rule["resources"], *rule["verbs"]) for rule in rules)
    assert {verb for _, resource, verb in grants(rules) if resource == "secrets"} == {"get"}


def test_tenants_write_integrations_with_edit_and_read_them_with_view(render: Render) -> None:
    roles = {role["metadata"]["name"]: role for role in render().all("ClusterRole")}
    edit, view = roles["ops-ideogram-operator-edit"], roles["ops-ideogram-operator-view"]
    aggregation = "rbac.authorization.k8s.io/aggregate-to-"
    assert {label for label in edit["metadata"]["labels"] if aggregation in label} == {
        f"{aggregation}edit",
        f"{aggregation}admin",
    }
    assert f"{aggregation}view" in view["metadata"]["labels"]
    assert (GROUP, "ideogramintegrations", "create") in grants(edit["rules"])
    assert {verb for _, _, verb in grants(view["rules"])} == {"get", "list", "watch"}
    written_status = {verb for _, resource, verb in grants(edit["rules"]) if resource.endswith("/status")}
    assert written_status == {"get"}, "status is the operator's"


def test_tenants_roles_can_be_asked_for_and_declined(render: Render) -> None:
    assert len(render({"rbac.tenantRoles": "Always", "namespaces": ["shop"]}).all("ClusterRole")) == 2
    assert len(render({"rbac.tenantRoles": "Never"}).all("ClusterRole")) == 1


def test_two_releases_of_one_name_in_two_namespaces_share_nothing_cluster_wide(render: Render) -> None:
    names = [
        {role["metadata"]["name"] for kind in CLUSTER_WIDE for role in render(namespace=namespace).all(kind)}
        for namespace in ("blue", "green")
    ]
    assert not names[0] & names[1]


def test_with_a_kubeconfig_nothing_is_granted_on_this_cluster(render: Render) -> None:
    chart = render({"kubeconfig.secretName": "other-cluster", "rbac.tenantRoles": "Never"})
    assert not chart.kinds & {*CLUSTER_WIDE, "Role", "RoleBinding"}
    assert chart.pod["automountServiceAccountToken"] is False


def working_roles(chart: Rendered) -> list[dict[str, Any]]:
    """The Roles in the namespaces it works in; the one for its Lease is something else."""
    return [role for role in chart.all("Role") if not role["metadata"]["name"].endswith("-lease")]


def operators_role(chart: Rendered) -> list[dict[str, list[str]]]:
    (role,) = (role for role in chart.all("ClusterRole") if not role["metadata"]["name"].endswith(("-edit", "-view")))
    rules: list[dict[str, list[str]]] = role["rules"]
    return rules


def assert_bound(chart: Rendered, binding_kind: str, role_kind: str) -> None:
    account = chart.one("ServiceAccount")["metadata"]
    for binding in chart.all(binding_kind):
        assert binding["roleRef"]["kind"] == role_kind
        assert binding["roleRef"]["name"] == binding["metadata"]["name"]
        assert binding["subjects"] == [
            {"kind": "ServiceAccount", "name": account["name"], "namespace": account["namespace"]}
        ]
    assert chart.pod["serviceAccountName"] == account["name"]
