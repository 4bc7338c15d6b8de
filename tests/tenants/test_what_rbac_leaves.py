"""What the chart's role for tenants leaves out: with the right to write integrations comes no other."""

import pytest

from tests.e2e.shop import SECRET, Shop
from tests.tenants.tenant import NAME, Tenant

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]

READS = [
    "/api/v1/namespaces/{own}/secrets",
    f"/api/v1/namespaces/{{own}}/secrets/{SECRET}",
    "/api/v1/secrets",
    "/api/v1/namespaces/{own}/configmaps",
    "/apis/apps/v1/namespaces/{own}/deployments",
    "/apis/ideogram-operator.io/v1alpha1/namespaces/{other}/ideogramintegrations",
    "/apis/ideogram-operator.io/v1alpha1/ideogramintegrations",
]
STATUS = {"status": {"state": "Live", "breaker": {"holdUntil": "2036-01-01T00:00:00Z"}}}
WRITES = [
    ("POST", "/api/v1/namespaces/{own}/pods", {"metadata": {"name": "a"}, "spec": {"containers": []}}),
    ("POST", "/api/v1/namespaces/{own}/secrets", {"metadata": {"name": "a"}}),
    ("POST", "/api/v1/namespaces/{own}/services", {"metadata": {"name": "a"}, "spec": {}}),
    ("POST", f"/api/v1/namespaces/{{own}}/serviceaccounts/{NAME}/token", {"spec": {}}),
    ("PATCH", "/apis/apps/v1/namespaces/{own}/deployments/web", {"metadata": {"annotations": {"a": "b"}}}),
    ("PATCH", "/apis/ideogram-operator.io/v1alpha1/namespaces/{own}/ideogramintegrations/shop/status", STATUS),
    ("PUT", "/apis/ideogram-operator.io/v1alpha1/namespaces/{own}/ideogramintegrations/shop/status", STATUS),
    ("POST", "/apis/ideogram-operator.io/v1alpha1/namespaces/{other}/ideogramintegrations", {}),
    ("PATCH", "/apis/rbac.authorization.k8s.io/v1/namespaces/{own}/roles/tenant", {"rules": []}),
]


def test_nothing_but_integrations_of_its_own_namespace(tenant: Tenant, neighbour: Shop) -> None:
    tenant.create()
    names = {"own": tenant.shop.namespace, "other": neighbour.namespace}
    for path in READS:
        assert tenant.refused("GET", path.format(**names)) == 403, path
    for method, path, body in WRITES:
        assert tenant.refused(method, path.format(**names), body) == 403, path


def test_a_status_that_comes_with_an_integration_is_dropped(tenant: Tenant) -> None:
    """It says what the operator remembers, a hold of years, say, or whom it has told."""
    body = tenant.body() | STATUS
    assert "status" not in tenant.kube.create(tenant.path, body)
    assert "status" not in tenant.kube.patch(f"{tenant.path}/shop", STATUS)
