"""Every address that an integration can hold, pointed where the tenant may not go: no connection is made."""

from typing import Any

import pytest

from lab.kube import Json, KubeError
from lab.operator import Operator
from lab.simulator import Simulator
from lab.waiting import NeverHappenedError, wait_until
from tests.e2e.conftest import RunOperator
from tests.e2e.shop import SECRET, Shop, target
from tests.tenants.recorder import Recorder
from tests.tenants.tenant import Tenant

pytestmark = [pytest.mark.cluster, pytest.mark.e2e]

PLACES = [
    "127.0.0.1:{port}",
    "localhost:{port}",
    "LOCALHOST:{port}",
    "127.1:{port}",
    "2130706433:{port}",
    "0x7f000001:{port}",
    "0177.0.0.1:{port}",
    "[::1]:{port}",
    "[::ffff:127.0.0.1]:{port}",
    "[::]:{port}",
    "0.0.0.0:{port}",
    "169.254.169.254",
    "[fd00:ec2::254]",
    "metadata.google.internal",
    "kubernetes.default.svc",
    "web.{other}.svc:{port}",
    "web.{other}.svc.cluster.local:{port}",
    "web.{own}.svc.{other}.svc:{port}",
    "web.{own}.svc.example.com:{port}",
    "web.{own}:{port}",
    "{own}.svc:{port}",
    "a.b.web.{own}.svc:{port}",
    "api.ideogram.ai.example.com",
    "s3.amazonaws.com.example.com",
    "ec2-10-0-0-1.eu-central-1.compute.amazonaws.com",
]
"""Written into every field; those that resolve here lead to the tenant's own server."""
NOT_STORED = [
    "http://user@127.0.0.1:{port}",
    "http://127.0.0.1:{port}#@api.ideogram.ai",
    "http://api.ideogram.ai@127.0.0.1:{port}",
    "http://127.0.0.1:{port}\n.api.ideogram.ai",
    "http://api.ideogram.ai\\@127.0.0.1:{port}",
    "http://127.0.0.1.:{port}",
    "file:///var/run/secrets/kubernetes.io/serviceaccount/token",
    "gopher://127.0.0.1:{port}",
]
VERIFY = {"path": "a", "fallbackValue": "b"}


def verified(url: str, name: str = "settings") -> Json:
    return target(name, "ConfigMap", verify={"url": url, **VERIFY})


def named(place: str, own: str, other: str, port: int) -> str:
    return f"http://{place.format(own=own, other=other, port=port)}"


def specs(url: str) -> dict[str, dict[str, Any]]:
    """The spec of an integration that has the address in a field, by the field."""
    return {
        "verify": {"targets": [verified(url)], "drill": {"interval": "720h", "duration": "1s"}},
        "prometheus": {"traffic": {"prometheus": {"url": url}}},
        "storage": {"storage": {"url": "s3://images", "endpoint": url, "secretRef": {"name": "store"}}},
    }


def test_no_address_leads_to_where_the_tenant_may_not_go(
    tenant: Tenant, neighbour: Shop, run_operator: RunOperator, elsewhere: Recorder
) -> None:
    """By name only, and once the operator resolves what it may call, by address too: see tests/services/test_guard."""
    shop = tenant.shop
    shop.make("ConfigMap", "settings")
    shop.secret("AKIA", name="store", entry="AWS_ACCESS_KEY_ID")
    operator = run_operator()
    addresses = {
        f"{index}": named(place, shop.namespace, neighbour.namespace, elsewhere.port)
        for index, place in enumerate(PLACES)
    }
    wanted = {f"{field}-{index}": spec for index, url in addresses.items() for field, spec in specs(url).items()}
    for name, spec in wanted.items():
        if name.startswith("verify"):
            shop.make("ConfigMap", name)
            spec["targets"] = [verified(addresses[name.partition("-")[2]], name)]
        tenant.create(name, **{"targets": [target("settings", "ConfigMap")], **spec})
    for index, url in addresses.items():
        key = {"name": SECRET, "key": "api-key"}
        tenant.create(f"base-{index}", api={"baseURL": url, "keySecretRef": key})
    # Told to fall back and to return, the applications are asked at their own URL.
    found = tenant.preflighted(wanted, timeout=120)
    checks = {"prometheus": "monitoring-ready", "storage": "durable-storage"}
    for name, results in found.items():
        field = name.partition("-")[0]
        if field in checks:
            assert results[checks[field]]["result"] in {"Unknown", "Fail"}, (name, results[checks[field]])
    for index in addresses:
        reason, message = tenant.not_ready(f"base-{index}")
        assert reason in {"HostNotAllowed", "SpecInvalid"}, message
    assert elsewhere.received == []
    shop.simulator.admin.fault("refused")
    verifying = {f"{shop.namespace}/{name}" for name in wanted if name.startswith("verify")}
    try:
        wait_until(lambda: verifying <= refused_to_ask(operator), "every application to be asked, or not", timeout=90)
    except NeverHappenedError as error:
        raise NeverHappenedError(f"{error}: {verifying - refused_to_ask(operator)}") from error
    assert elsewhere.received == []
    operator.must_live()


def refused_to_ask(operator: Operator) -> set[str]:
    """The integrations whose application the operator has said not to have asked."""
    lines = (line for line in operator.log() if line.get("event") == "not verified")
    return {line["integration"] for line in lines if "could not be asked" in line["why"]}


def test_what_hides_another_host_is_not_stored(tenant: Tenant, elsewhere: Recorder) -> None:
    for text in NOT_STORED:
        url = text.format(port=elsewhere.port)
        api = {"baseURL": url, "keySecretRef": {"name": SECRET, "key": "api-key"}}
        for spec in [*specs(url).values(), {"api": api}]:
            with pytest.raises(KubeError, match="422"):
                tenant.create(**spec)


def test_the_pods_of_a_target_are_scraped_at_addresses_of_pods_only(
    tenant: Tenant, run_operator: RunOperator, elsewhere: Recorder
) -> None:
    """Port and path are the tenant's choice: on a node's address, or the operator's own, they would be a door."""
    shop = tenant.shop
    shop.deploy(replicas=1)
    operator = run_operator(hosts=(shop.simulator.url, f"http://127.0.0.1:{elsewhere.port + 1}"))
    pods = f"/api/v1/namespaces/{shop.namespace}/pods"
    (pod,) = shop.kube.get(pods)["items"]
    tenant.create(traffic={"pods": {"port": elsewhere.port, "path": "/metrics"}})
    tenant.preflighted()
    for number, address in enumerate(("127.0.0.1", "169.254.169.254", "::1", "0.0.0.0")):  # noqa: S104 - an address to be refused
        status = {"status": {"podIP": address, "podIPs": [{"ip": address}]}}
        shop.kube.patch(f"{pods}/{pod['metadata']['name']}/status", status)
        tenant.annotate("ideogram-operator.io/preflight", f"{number}")
        done = shop.until(
            lambda status, request=f"{number}": status["preflight"].get("lastHandledRequest") == request, "a preflight"
        )
        (check,) = [one for one in done["preflight"]["checks"] if one["id"] == "monitoring-ready"]
        assert f"has the address {address}" in check["message"], check
    assert elsewhere.received == []
    operator.must_live()


def test_the_pods_of_a_target_are_scraped(tenant: Tenant, run_operator: RunOperator, elsewhere: Recorder) -> None:
    """Where the address is allowed: the attempts above fail for their addresses, not for a right that is missing."""
    shop = tenant.shop
    shop.deploy(replicas=1)
    run_operator(hosts=(shop.simulator.url, f"http://127.0.0.1:{elsewhere.port}"))
    pods = f"/api/v1/namespaces/{shop.namespace}/pods"
    (pod,) = shop.kube.get(pods)["items"]
    status = {"status": {"podIP": "127.0.0.1", "podIPs": [{"ip": "127.0.0.1"}]}}
    shop.kube.patch(f"{pods}/{pod['metadata']['name']}/status", status)
    tenant.create(traffic={"pods": {"port": elsewhere.port, "path": "/metrics"}})
    tenant.preflighted()
    assert any(received.startswith(b"GET /metrics ") for received in elsewhere.received)
    secret = shop.simulator.key.encode()
    assert all(secret not in received for received in elsewhere.received)


def test_a_redirect_takes_neither_the_key_nor_the_request_elsewhere(
    tenant: Tenant, run_operator: RunOperator, elsewhere: Recorder, simulator: Simulator
) -> None:
    """From an allowed host, by whatever means it sends on."""
    shop = tenant.shop
    shop.make("ConfigMap", "settings")
    run_operator()
    url = f"http://{elsewhere.address}/"
    simulator.admin.fault("redirect", location=url)
    spec = {
        "targets": [target("settings", "ConfigMap", verify={"url": f"{simulator.url}/health", **VERIFY})],
        "traffic": {"prometheus": {"url": simulator.url}},
        "storage": {"url": "s3://images", "endpoint": simulator.url},
    }
    tenant.create(**spec)
    tenant.preflighted()
    shop.until(lambda status: status["state"] == "Fallback", "fallback")
    wait_until(lambda: any(one.path == "/health" for one in simulator.admin.requests()), "the application to be asked")
    shop.probed()
    assert elsewhere.received == []
