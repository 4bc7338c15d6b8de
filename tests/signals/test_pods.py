"""The pods of targets, on a real API server."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from ideogram_operator.cluster import kinds
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.resource.words import TargetKind
from ideogram_operator.signals.pods import pods_of
from lab.cluster import Cluster
from lab.kube import Json

pytestmark = pytest.mark.cluster


@pytest.fixture
async def gateway(cluster: Cluster) -> AsyncIterator[Gateway]:
    async with await Gateway.open(cluster.kubeconfig) as opened:
        yield opened


async def deploy(
    cluster: Cluster, gateway: Gateway, namespace: str, name: str, *, selector: Json, labels: Json, **pod: Any
) -> Json:
    """A Deployment of two, with its pods ready."""
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": "app:1"}]} | pod}
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"replicas": 2, "selector": selector, "template": template},
    }
    await gateway.post(kinds.address(TargetKind.DEPLOYMENT, namespace), body)
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}"
    live: Json = cluster.kube.wait_for(
        path, lambda item: item["status"].get("readyReplicas") == 2, f"{name} to be ready"
    )
    return live


async def test_a_target_has_the_pods_that_its_own_selector_picks(
    cluster: Cluster, gateway: Gateway, namespace: str
) -> None:
    selector = {
        "matchLabels": {"app": "web"},
        "matchExpressions": [
            {"key": "tier", "operator": "In", "values": ["front", "back"]},
            {"key": "canary", "operator": "DoesNotExist"},
        ],
    }
    live = await deploy(cluster, gateway, namespace, "web", selector=selector, labels={"app": "web", "tier": "front"})
    await deploy(
        cluster, gateway, namespace, "other", selector={"matchLabels": {"app": "other"}}, labels={"app": "other"}
    )
    found = await pods_of(gateway, namespace, live)
    assert [pod.name.startswith("web-") for pod in found] == [True, True]
    assert all(pod.ready and pod.ip and not pod.host_network for pod in found)
    assert {pod.namespace for pod in found} == {namespace}
    assert len({pod.ip for pod in found}) == 2


async def test_pods_on_the_host_s_network_are_known_as_such(cluster: Cluster, gateway: Gateway, namespace: str) -> None:
    labels = {"app": "agent"}
    live = await deploy(
        cluster, gateway, namespace, "agent", selector={"matchLabels": labels}, labels=labels, hostNetwork=True
    )
    assert [pod.host_network for pod in await pods_of(gateway, namespace, live)] == [True, True]


async def test_pods_that_are_not_ready_are_known_as_such(cluster: Cluster, gateway: Gateway, namespace: str) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web-1", "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "web", "image": "app:1"}], "nodeSelector": {"no": "such-node"}},
    }
    cluster.kube.create(f"/api/v1/namespaces/{namespace}/pods", pod)
    (found,) = await pods_of(gateway, namespace, {"spec": {"selector": {"matchLabels": {"app": "web"}}}})
    assert (found.ready, found.ip) == (False, "")


async def test_a_target_without_a_selector_has_no_pods_rather_than_all(
    cluster: Cluster, gateway: Gateway, namespace: str
) -> None:
    labels = {"app": "web"}
    await deploy(cluster, gateway, namespace, "web", selector={"matchLabels": labels}, labels=labels)
    assert await pods_of(gateway, namespace, {"kind": "ConfigMap", "data": {"IDEOGRAM_ENABLED": "true"}}) == []
    assert await pods_of(gateway, namespace, {"kind": "CronJob", "spec": {"schedule": "0 0 1 1 *"}}) == []
