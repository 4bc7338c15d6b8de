"""An operator of the whole cluster works for a tenant in the tenant's namespace, and nowhere else."""

import json
from typing import Any

import pytest

from lab.kube import KubeError
from tests.e2e.conftest import RunOperator
from tests.e2e.shop import SECRET, Shop, target
from tests.e2e.test_canary import everything_visible
from tests.tenants.recorder import Recorder
from tests.tenants.tenant import Tenant

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]

NAMES = ["../{other}/web", "{other}/web", "..%2f{other}%2fweb", "{other}/deployments/web", "web?namespace={other}"]


def asked_of(shop: Shop, namespace: str) -> set[tuple[str, str]]:
    """What the shop's operator asked of objects in the namespace: verb and resource, from the audit log."""
    assert shop.cluster.audit_log is not None
    user = f'"system:serviceaccount:{shop.namespace}:ideogram-operator"'
    with shop.cluster.audit_log.open() as lines:
        entries = [json.loads(line) for line in lines if user in line and namespace in line]
    return {
        (entry["verb"], entry["objectRef"]["resource"])
        for entry in entries
        if entry.get("objectRef", {}).get("namespace") == namespace
    }


def test_a_name_is_no_path(tenant: Tenant, neighbour: Shop) -> None:
    """Wherever something is named, the name of one in another namespace is not stored."""
    for form in NAMES:
        name = form.format(other=neighbour.namespace)
        ref = {"name": name, "key": "api-key"}
        specs: list[dict[str, Any]] = [
            {"targets": [target(name)]},
            {"api": {"keySecretRef": ref}},
            {"api": {"keySecretRef": {"name": SECRET, "key": name}}},
            {"notify": [{"severities": ["P1"], "urlSecretRef": ref}]},
            {"database": {"urlSecretRef": ref}},
            {"storage": {"url": "s3://a", "secretRef": {"name": name}}},
            {"preflight": {"predecessor": {"name": name}}},
        ]
        for spec in specs:
            with pytest.raises(KubeError, match="422"):
                tenant.create(**spec)


def test_a_field_that_names_a_namespace_is_dropped(tenant: Tenant, neighbour: Shop) -> None:
    other = {"namespace": neighbour.namespace}
    body = tenant.body(
        targets=[target("web", **other)], api={"keySecretRef": {"name": SECRET, "key": "api-key", **other}}
    )
    stored = tenant.kube.create(tenant.path, body)
    assert neighbour.namespace not in json.dumps(stored["spec"])


def test_nothing_of_another_namespace_is_asked_for_or_told(
    tenant: Tenant, neighbour: Shop, run_operator: RunOperator, elsewhere: Recorder
) -> None:
    """The operator may do its work in both; the neighbour has the same names, and other contents."""
    shop = tenant.shop
    operator = run_operator(
        *("--namespace", neighbour.namespace),
        values={"namespaces": [shop.namespace, neighbour.namespace]},
        hosts=(shop.simulator.url, neighbour.simulator.url),
    )
    neighbour.secret("canary-of-the-neighbour", name="only-there")
    neighbour.make("ConfigMap", "only-there")
    neighbour.deploy(replicas=1)
    before = neighbour.get("Deployment", "web")["spec"], neighbour.get("ConfigMap", "only-there")["data"]
    ref = {"name": "only-there", "key": "api-key"}
    tenant.create(
        "borrowed",
        targets=[target(), target("only-there", "ConfigMap"), target(kind="Deployment", selector=labels())],
        api={"baseURL": shop.simulator.url, "keySecretRef": ref},
        notify=[{"severities": ["P1"], "urlSecretRef": ref}],
        database={"urlSecretRef": ref},
        storage={"url": "s3://a", "endpoint": f"http://{elsewhere.address}", "secretRef": {"name": "only-there"}},
        traffic={"pods": {"port": 80}},
        preflight={"predecessor": {"namespace": neighbour.namespace, "name": "web"}},
    )
    tenant.create("ordered", targets=[target(), target("only-there", "ConfigMap")], override=FORCED)
    found = tenant.preflighted(["borrowed", "ordered"])
    assert found["borrowed"]["key-in-secret"]["result"] == "Fail"
    shop.until(lambda status: status.get("state") == "Fallback", "fallback", name="ordered")
    assert asked_of(shop, neighbour.namespace) <= {
        ("list", "ideogramintegrations"),
        ("watch", "ideogramintegrations"),
        ("get", "ideogramintegrations"),  # the predecessor
    }
    after = neighbour.get("Deployment", "web")["spec"], neighbour.get("ConfigMap", "only-there")["data"]
    assert after == before
    told = everything_visible(shop) | {"log": operator.log_text()}
    assert "canary-of-the-neighbour" not in "".join(told.values())
    assert neighbour.simulator.admin.requests(host="api") == []
    assert elsewhere.received == []


FORCED = {"mode": "ForceFallback", "reason": "to touch what is not ours", "until": "2036-01-01T00:00:00Z"}


def labels() -> dict[str, dict[str, str]]:
    return {"matchLabels": {"app": "web"}}


def test_of_a_predecessor_elsewhere_it_is_told_whether_it_is_fit_and_nothing_more(
    tenant: Tenant, neighbour: Shop, run_operator: RunOperator
) -> None:
    shop = tenant.shop
    run_operator(
        *("--namespace", neighbour.namespace),
        values={"namespaces": [shop.namespace, neighbour.namespace]},
        hosts=(shop.simulator.url, neighbour.simulator.url),
    )
    neighbour.deploy("secretly-named", replicas=1, settle=False)
    neighbour.integrate("staging", targets=[target("secretly-named")], environment="Staging")
    neighbour.until(lambda status: status.get("preflight", {}).get("lastTime"), "its preflight", name="staging")
    shop.deploy(replicas=1, settle=False)
    tenant.create(preflight={"predecessor": {"namespace": neighbour.namespace, "name": "staging"}})
    check = tenant.preflighted()["shop"]["staging-tested"]
    assert f"{neighbour.namespace}/staging is not healthy or has not passed its own preflight" in check["message"]
    told = "".join(everything_visible(shop).values())
    assert "secretly-named" not in told
    assert neighbour.simulator.url.rpartition(":")[2] not in json.dumps(shop.status())
