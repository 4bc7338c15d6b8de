"""kopf, really watching a real API server: what is made, changed and deleted is heard, and nothing is written."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from structlog.testing import capture_logs

from ideogram_operator.cluster import connection
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.resource.words import GROUP, KIND, PLURAL, VERSION
from ideogram_operator.runtime import login
from ideogram_operator.runtime.agenda import Key
from ideogram_operator.runtime.clock import SystemClock
from ideogram_operator.runtime.informer import Hearing, Informer
from ideogram_operator.runtime.store import Store
from lab.cluster import Cluster
from lab.tokens import service_account_kubeconfig

pytestmark = pytest.mark.cluster


class Ear:
    """An informer at work, and a way to wait for what it hears."""

    def __init__(self, namespace: str) -> None:
        self.store = Store(self._heard)
        self.hearing = Hearing(last=0.0)
        self.drained = 0
        self.key = Key(namespace, "images")
        self._more = asyncio.Event()

    def _heard(self, _: Key) -> None:
        self._more.set()

    async def drain(self) -> None:
        self.drained += 1

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not holds():
                self._more.clear()
                with contextlib.suppress(TimeoutError):
                    # What is no news to anybody, such as a status, is heard without a word.
                    await asyncio.wait_for(self._more.wait(), 0.1)


@contextlib.asynccontextmanager
async def listening(config: Path, namespace: str) -> AsyncIterator[Ear]:
    ear, clock = Ear(namespace), SystemClock()
    async with await Gateway.open(config) as gateway:
        informer = Informer(
            store=ear.store,
            hearing=ear.hearing,
            clock=clock,
            login=login.login_by(gateway.connection, clock),
            draining=ear.drain,
            namespaces=(namespace,),
        )
        task = asyncio.create_task(informer.run())
        try:
            yield ear
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


class Shop:
    """Integrations in one namespace, as a person applies them."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.kube = cluster.kube
        self.all = f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/{PLURAL}"
        self.one = f"{self.all}/images"

    def make(self) -> dict[str, Any]:
        target = {"kind": "Deployment", "name": "web", "switch": {}}
        spec = {"api": {"keySecretRef": {"name": "ideogram"}}, "targets": [target]}
        body = {"apiVersion": f"{GROUP}/{VERSION}", "kind": KIND, "metadata": {"name": "images"}, "spec": spec}
        return self.kube.create(self.all, body)


@pytest.fixture
def shop(cluster: Cluster, namespace: str) -> Shop:
    return Shop(cluster, namespace)


def generation(ear: Ear) -> int:
    found = ear.store.get(ear.key)
    return int(found["metadata"]["generation"]) if found else 0


async def test_what_is_there_made_changed_and_deleted_is_heard(cluster: Cluster, namespace: str, shop: Shop) -> None:
    shop.make()
    async with listening(cluster.kubeconfig, namespace) as ear:
        await ear.until(lambda: generation(ear) == 1)
        shop.kube.patch(shop.one, {"spec": {"mode": "Observe"}})
        await ear.until(lambda: generation(ear) == 2)
        shop.kube.delete(shop.one)
        await ear.until(lambda: ear.store.get(ear.key) is None)
        shop.make()
        await ear.until(lambda: generation(ear) == 1)
        assert ear.hearing.last > 0
    assert ear.drained, "its end waits for those who work"


async def test_it_writes_nothing_on_what_it_watches(cluster: Cluster, namespace: str, shop: Shop) -> None:
    made = shop.make()
    async with listening(cluster.kubeconfig, namespace) as ear:
        await ear.until(lambda: generation(ear) == 1)
        shop.kube.patch(shop.one, {"metadata": {"annotations": {"touched": "1"}}})
        await ear.until(lambda: "annotations" in (ear.store.get(ear.key) or {"metadata": {}})["metadata"])
        after = shop.kube.get(shop.one)
    assert set(after["metadata"]["annotations"]) == {"touched"}
    assert "finalizers" not in after["metadata"]
    assert after["metadata"]["uid"] == made["metadata"]["uid"]
    assert "status" not in after


async def test_a_foreign_finalizer_is_left_alone(cluster: Cluster, namespace: str, shop: Shop) -> None:
    shop.make()
    shop.kube.patch(shop.one, {"metadata": {"finalizers": ["example.com/theirs"]}})
    async with listening(cluster.kubeconfig, namespace) as ear:
        await ear.until(lambda: generation(ear) == 1)
        shop.kube.delete(shop.one)
        await ear.until(lambda: "deletionTimestamp" in (ear.store.get(ear.key) or {"metadata": {}})["metadata"])
        assert shop.kube.get(shop.one)["metadata"]["finalizers"] == ["example.com/theirs"]
    shop.kube.patch(shop.one, {"metadata": {"finalizers": None}})


async def test_a_token_that_is_not_accepted_ends_nothing_and_the_next_one_is_taken(
    cluster: Cluster, namespace: str, shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "TOKEN_LIFE", 0.1)
    cluster.kube.create(f"/api/v1/namespaces/{namespace}/serviceaccounts", {"metadata": {"name": "watcher"}})
    rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
    rule = {"apiGroups": [GROUP], "resources": [PLURAL], "verbs": ["list", "watch"]}
    cluster.kube.create(f"{rbac}/roles", {"metadata": {"name": "watcher"}, "rules": [rule]})
    subject = {"kind": "ServiceAccount", "name": "watcher", "namespace": namespace}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "watcher"}
    cluster.kube.create(
        f"{rbac}/rolebindings", {"metadata": {"name": "watcher"}, "roleRef": reference, "subjects": [subject]}
    )
    config = service_account_kubeconfig(cluster.access, namespace, "watcher", tmp_path / "config")
    good = config.read_text()
    document = yaml.safe_load(good)
    document["users"][0]["user"]["token"] = "expired"
    config.write_text(yaml.safe_dump(document))
    shop.make()
    with capture_logs() as logs:
        async with listening(config, namespace) as ear:
            await ear.until(lambda: any(line.get("status") == 401 for line in logs))
            assert generation(ear) == 0
            config.write_text(good)
            await ear.until(lambda: generation(ear) == 1)
            shop.kube.patch(shop.one, {"spec": {"mode": "Observe"}})
            await ear.until(lambda: generation(ear) == 2)
