"""The examples work as they stand, and each application says whether it uses Ideogram."""

import uuid
from collections.abc import Iterator

import httpx
import pytest

from lab.applications import HealthServer, applications, integrations
from lab.applications.health import Service, of_pods
from lab.applications.manifests import SHOP
from lab.cluster import Cluster
from lab.kube import JSON_PATCH, Json, read_manifests
from lab.waiting import wait_until

READY = [{"type": "Ready", "status": "True"}]


def pod(*env: Json, volumes: tuple[str, ...] = (), conditions: list[Json] = READY, **metadata: str) -> Json:
    return {
        "metadata": metadata,
        "spec": {
            "containers": [{"name": "web", "env": list(env)}],
            "volumes": [{"name": name, "configMap": {"name": name}} for name in volumes],
        },
        "status": {"conditions": conditions},
    }


def switch(value: str) -> Json:
    return {"name": "IDEOGRAM_ENABLED", "value": value}


@pytest.mark.parametrize(
    ("pods", "settings", "expected"),
    [
        ([], {}, None),
        ([pod(switch("true"))], {}, Service.ENABLED),
        ([pod(switch("false"))], {}, Service.DISABLED),
        ([pod()], {}, Service.ENABLED),
        ([pod(switch("true"), switch("false"))], {}, Service.DISABLED),
        ([pod(switch("false"), switch("true"))], {}, Service.ENABLED),
        ([pod(switch("false")), pod(switch("true"))], {}, Service.ENABLED),
        ([pod(switch("false")), pod(switch("true"), conditions=[])], {}, Service.DISABLED),
        ([pod(switch("false")), pod(switch("true"), deletionTimestamp="now")], {}, Service.DISABLED),
        ([pod(switch("true"), conditions=[])], {}, None),
        ([pod(volumes=("s",))], {"s": {"data": {"IDEOGRAM_ENABLED": "false"}}}, Service.DISABLED),
        ([pod(volumes=("s",))], {"s": {"data": {"IDEOGRAM_ENABLED": "true"}}}, Service.ENABLED),
        ([pod(volumes=("s",))], {"s": {}}, Service.ENABLED),
        ([pod(volumes=("s",))], {}, Service.ENABLED),
    ],
)
def test_ready_pods_say_what_they_were_told(
    pods: list[Json], settings: dict[str, Json], expected: Service | None
) -> None:
    assert of_pods(pods, settings.get) is expected


@pytest.fixture
def shop(cluster: Cluster) -> Iterator[str]:
    """A namespace with the three applications in it."""
    name = f"shop-{uuid.uuid4().hex[:8]}"
    cluster.kube.apply(*applications(namespace=name))
    yield name
    cluster.kube.delete(f"/api/v1/namespaces/{name}")


def asked(server: HealthServer, namespace: str, application: str) -> str:
    body: Json = httpx.get(server.health_url(namespace, application), trust_env=False).json()
    return f"{body.get('status')} {body.get('services', {}).get('ideogram')}"


def wait_until_asked(server: HealthServer, namespace: str, application: str, expected: str) -> None:
    wait_until(lambda: asked(server, namespace, application) == expected, f"{application} to say {expected}")


@pytest.mark.cluster
def test_each_application_hears_its_switch(cluster: Cluster, shop: str) -> None:
    apps = f"/apis/apps/v1/namespaces/{shop}/deployments"
    with HealthServer(cluster.access) as server:
        for name in ("storefront", "nightly-render", "gallery"):
            wait_until_asked(server, shop, name, "ok enabled")

        template = "/spec/template/spec/containers/0/env/0"
        operations = [
            {"op": "test", "path": f"{template}/name", "value": "IDEOGRAM_ENABLED"},
            {"op": "replace", "path": f"{template}/value", "value": "false"},
        ]
        cluster.kube.patch(f"{apps}/storefront", operations, content_type=JSON_PATCH)
        cluster.kube.patch(f"/apis/batch/v1/namespaces/{shop}/cronjobs/nightly-render", {"spec": {"suspend": True}})
        settings = f"/api/v1/namespaces/{shop}/configmaps/gallery-settings"
        before = cluster.kube.get(f"{apps}/gallery")["metadata"]["generation"]
        cluster.kube.patch(settings, {"data": {"IDEOGRAM_ENABLED": "false"}})
        for name in ("storefront", "nightly-render", "gallery"):
            wait_until_asked(server, shop, name, "ok disabled")
        assert cluster.kube.get(f"{apps}/gallery")["metadata"]["generation"] == before


@pytest.mark.cluster
def test_an_application_that_is_not_there_is_said_so(cluster: Cluster, namespace: str) -> None:
    with HealthServer(cluster.access) as server:
        assert httpx.get(server.health_url(namespace, "nobody"), trust_env=False).status_code == 404
        assert httpx.get(f"{server.url}/", trust_env=False).status_code == 404


@pytest.mark.cluster
def test_the_integrations_of_the_examples_are_accepted(cluster: Cluster, namespace: str) -> None:
    quickstart = list(read_manifests(SHOP.parent / "quickstart.yaml", SHOP.parent / "production.yaml"))
    for item in quickstart:
        item["metadata"]["namespace"] = namespace
    pointed = integrations(base_url="http://127.0.0.1:1", health_url="http://127.0.0.1:2", namespace=namespace)
    plain = [item | {"metadata": item["metadata"] | {"namespace": namespace}} for item in _plain()]
    for item in (*quickstart, *pointed, *plain):
        path = cluster.kube.path_of(item)
        params = {"fieldManager": "tests", "dryRun": "All", "fieldValidation": "Strict", "force": "true"}
        cluster.kube.patch(path, item, content_type="application/apply-patch+yaml", **params)


def test_the_laboratory_changes_only_the_provider_and_where_health_is_asked() -> None:
    pointed = integrations(base_url="http://sim", health_url="http://health")
    verify = pointed[0]["spec"]["targets"][0]["verify"]
    assert verify["url"] == "http://health/shop/storefront/health"
    for changed, plain in zip(pointed, _plain(), strict=True):
        changed["spec"]["api"]["baseURL"] = plain["spec"]["api"]["baseURL"]
        for target, original in zip(changed["spec"]["targets"], plain["spec"]["targets"], strict=True):
            if "verify" in target:
                target["verify"]["url"] = original["verify"]["url"]
        assert changed == plain


def _plain() -> list[Json]:
    return list(read_manifests(SHOP / "integrations.yaml"))
