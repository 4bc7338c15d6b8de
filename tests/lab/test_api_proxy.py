"""What a client behind the proxy notices, and what the proxy tells of it."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from lab.api_proxy import ApiProxy, Fate, Rule, When
from lab.api_proxy.asked import asked
from lab.cluster import Cluster
from lab.kube import JSON_PATCH, Kube, KubeError
from lab.kubeconfig import Access, read_kubeconfig
from lab.tokens import service_account_kubeconfig
from lab.waiting import NeverHappenedError, wait_until

pytestmark = pytest.mark.cluster


@pytest.mark.parametrize(
    ("method", "target", "words"),
    [
        ("GET", "/version", "get /version"),
        ("GET", "/apis/apps/v1", "get /apis/apps/v1"),
        ("GET", "/api/v1/namespaces/shop/configmaps?limit=5", "list configmaps"),
        ("GET", "/api/v1/configmaps?watch=true&x=", "watch configmaps"),
        ("GET", "/api/v1/namespaces/shop/configmaps/web", "get configmaps web"),
        ("GET", "/api/v1/namespaces/shop", "get namespaces shop"),
        ("PUT", "/api/v1/namespaces/shop/finalize", "update namespaces/finalize shop"),
        ("POST", "/apis/events.k8s.io/v1/namespaces/shop/events", "create events"),
        ("PATCH", "/apis/x.io/v1/namespaces/shop/things/a%20b/status", "patch things/status a b"),
        ("DELETE", "/apis/apps/v1/namespaces/shop/deployments/web", "delete deployments web"),
        ("DELETE", "/apis/apps/v1/namespaces/shop/deployments", "deletecollection deployments"),
        ("GET", "/api/v1/nodes/one", "get nodes one"),
    ],
)
def test_a_request_is_told_in_the_words_of_the_authorizer(method: str, target: str, words: str) -> None:
    assert str(asked(method, target)) == words


def test_a_review_is_a_question_and_no_write() -> None:
    review = asked("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", b"{}")
    assert not review.is_write
    assert asked("POST", "/api/v1/namespaces/shop/configmaps", b"{}").is_write
    assert asked("GET", "/api/v1/namespaces/shop/configmaps/a").namespace == "shop"


@pytest.fixture
def proxy(cluster: Cluster) -> Iterator[ApiProxy]:
    with ApiProxy(cluster.access) as running:
        yield running


@pytest.fixture
def access(cluster: Cluster, namespace: str, proxy: ApiProxy, tmp_path: Path) -> Access:
    """A ServiceAccount that may do all with the namespace's ConfigMaps, by way of the proxy."""
    where = {"namespace": namespace, "name": "tester"}
    rule = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["*"]}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "tester"}
    account = {"kind": "ServiceAccount", "name": "default", "namespace": namespace}
    rbac = "rbac.authorization.k8s.io/v1"
    cluster.kube.apply({"apiVersion": rbac, "kind": "Role", "metadata": where, "rules": [rule]})
    binding = {"apiVersion": rbac, "kind": "RoleBinding", "metadata": where, "roleRef": role, "subjects": [account]}
    cluster.kube.apply(binding)
    path = tmp_path / "kubeconfig"
    service_account_kubeconfig(cluster.access, namespace, "default", path, server=proxy.url, ca=proxy.ca)
    found = read_kubeconfig(path)
    with Kube(found) as kube:
        wait_until(lambda: _may_list(kube, namespace), "the account's rights")
    return found


@pytest.fixture
def kube(access: Access) -> Iterator[Kube]:
    with Kube(access) as client:
        yield client


@pytest.fixture
def settings(cluster: Cluster, namespace: str) -> str:
    """The path of a ConfigMap that says ``a: "1"``."""
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    cluster.kube.create(path, {"metadata": {"name": "settings"}, "data": {"a": "1"}})
    return f"{path}/settings"


def _may_list(kube: Kube, namespace: str) -> bool:
    try:
        kube.get(f"/api/v1/namespaces/{namespace}/configmaps")
    except KubeError as error:
        if error.status == 403:
            return False
        raise
    return True


def said(value: str) -> dict[str, Any]:
    return {"data": {"a": value}}


class Watch:
    """A watch on the ConfigMap, read by a thread of its own until its end, or the proxy's."""

    def __init__(self, access: Access, settings: str) -> None:
        self.lines: list[dict[str, Any]] = []
        self.ended = threading.Event()
        threading.Thread(target=self._read, args=(access, settings), daemon=True).start()

    def until(self, count: int) -> list[str]:
        wait_until(lambda: len(self.lines) >= count, f"{count} events")
        return [line["type"] for line in self.lines]

    def _read(self, access: Access, settings: str) -> None:
        path, _, name = settings.rpartition("/")
        url = f"{access.server}{path}?watch=true&fieldSelector=metadata.name%3D{name}"
        headers = {"Authorization": f"Bearer {access.token}"}
        with (
            suppress(httpx.TransportError),
            httpx.Client(verify=access.ssl_context(), trust_env=False, timeout=None) as client,  # noqa: S113 - a watch
            client.stream("GET", url, headers=headers) as answer,
        ):
            for line in answer.iter_lines():
                self.lines.append(json.loads(line))
            self.ended.set()


def test_reads_and_writes_pass_with_the_clients_own_rights(kube: Kube, proxy: ApiProxy, settings: str) -> None:
    before = len(proxy.exchanges())
    assert kube.get(settings)["data"] == {"a": "1"}
    assert kube.patch(settings, said("2"))["data"] == {"a": "2"}
    with pytest.raises(KubeError, match="403"):
        kube.get("/api/v1/nodes")
    with pytest.raises(KubeError, match="422"):
        kube.patch(settings, [{"op": "test", "path": "/data/a", "value": "7"}], content_type=JSON_PATCH)
    told = proxy.exchanges()[before:]
    assert [(str(each.asked), each.status) for each in told] == [
        ("get configmaps settings", 200),
        ("patch configmaps settings", 200),
        ("list nodes", 403),
        ("patch configmaps settings", 422),
    ]
    assert json.loads(proxy.writes(since=before)[0].asked.body) == said("2")


def test_a_watch_passes_event_by_event(kube: Kube, access: Access, proxy: ApiProxy, settings: str) -> None:
    watch = Watch(access, settings)
    assert watch.until(1) == ["ADDED"]
    kube.patch(settings, said("2"))
    assert watch.until(2) == ["ADDED", "MODIFIED"]
    assert not watch.ended.is_set()
    found = [each for each in proxy.exchanges() if each.asked.verb == "watch"]
    assert [each.status for each in found] == [200]


@pytest.mark.parametrize(
    ("fate", "events"), [(Fate.CLOSE, ["ADDED"]), (Fate.GONE, ["ADDED", "ERROR"])], ids=["close", "gone"]
)
def test_an_open_watch_ends_by_a_rule(
    access: Access, proxy: ApiProxy, settings: str, fate: Fate, events: list[str]
) -> None:
    watch = Watch(access, settings)
    watch.until(1)
    proxy.add(Rule(verbs={"watch"}, fate=fate))
    assert watch.ended.wait(10)
    assert watch.until(len(events)) == events
    again = Watch(access, settings)
    assert again.ended.wait(10)
    assert again.until(len(events) - 1) == events[1:]
    proxy.heal()
    assert Watch(access, settings).until(1) == ["ADDED"]


def test_an_open_watch_goes_silent_and_stays_so(kube: Kube, access: Access, proxy: ApiProxy, settings: str) -> None:
    deaf, whole = Watch(access, settings), Watch(access, settings)
    deaf.until(1)
    whole.until(1)
    number = proxy.add(Rule(resources={"configmaps"}, fate=Fate.SILENT, verbs={"watch"}, times=1))
    assert proxy.hits(number) == 1
    kube.patch(settings, said("2"))
    silent, other = sorted((deaf, whole), key=lambda each: len(each.lines))
    wait_until(lambda: {len(deaf.lines), len(whole.lines)} == {1, 2}, "one of them to hear of it")
    proxy.heal()
    kube.patch(settings, said("3"))
    wait_until(lambda: {len(deaf.lines), len(whole.lines)} == {1, 3}, "the same to hear of it again")
    assert not silent.ended.is_set()
    assert not other.ended.is_set()


@pytest.mark.parametrize("status", [403, 409, 410, 422, 429, 500, 503])
def test_a_rule_answers_instead_of_the_server(kube: Kube, proxy: ApiProxy, settings: str, status: int) -> None:
    number = proxy.add(Rule(verbs={"patch"}, resources={"configmaps"}, subresource="", status=status, message="no"))
    with pytest.raises(KubeError, match=f"{status}: no"):
        kube.patch(settings, said("2"))
    assert kube.get(settings)["data"] == {"a": "1"}
    assert proxy.hits(number) == 1
    assert proxy.writes()[-1].status == status
    proxy.heal(number)
    assert kube.patch(settings, said("2"))["data"] == {"a": "2"}


def test_too_many_requests_say_when_to_come_back(access: Access, proxy: ApiProxy, settings: str) -> None:
    proxy.add(Rule(status=429, retry_after=7, times=1))
    with httpx.Client(verify=access.ssl_context(), trust_env=False) as client:
        answer = client.get(f"{access.server}/version")
        assert answer.headers["Retry-After"] == "7"
        assert answer.json()["details"] == {"retryAfterSeconds": 7}
        assert answer.json()["kind"] == "Status"
        assert client.get(f"{access.server}/version").status_code == 200, "it was for one request"


def test_the_newest_rule_that_fits_counts(kube: Kube, proxy: ApiProxy, settings: str) -> None:
    proxy.add(Rule(status=500))
    proxy.add(Rule(name="settings", status=409))
    proxy.add(Rule(name="other", status=410))
    proxy.add(Rule(subresource="status", status=422))
    proxy.add(Rule(namespace="elsewhere", status=403))
    with pytest.raises(KubeError, match="409"):
        kube.get(settings)


def test_a_slow_answer_is_an_honest_one(kube: Kube, proxy: ApiProxy, settings: str) -> None:
    proxy.add(Rule(delay=0.3))
    began = time.monotonic()
    assert kube.get(settings)["data"] == {"a": "1"}
    assert time.monotonic() - began >= 0.3


def test_a_lost_answer_of_a_write_that_was_carried_out(
    kube: Kube, cluster: Cluster, proxy: ApiProxy, settings: str
) -> None:
    proxy.add(Rule(verbs={"patch"}, fate=Fate.CLOSE, carried_out=True, times=1))
    with pytest.raises(httpx.TransportError):
        kube.patch(settings, said("2"))
    assert cluster.kube.get(settings)["data"] == {"a": "2"}
    proxy.add(Rule(verbs={"patch"}, fate=Fate.CLOSE, times=1))
    with pytest.raises(httpx.TransportError):
        kube.patch(settings, said("3"))
    assert cluster.kube.get(settings)["data"] == {"a": "2"}


def test_no_answer_at_all(access: Access, proxy: ApiProxy, settings: str) -> None:
    proxy.add(Rule(fate=Fate.SILENT, times=1))
    with Kube(access, timeout=0.3) as hasty, pytest.raises(httpx.ReadTimeout):
        hasty.get(settings)


def test_it_refuses_and_accepts_again(kube: Kube, proxy: ApiProxy, settings: str) -> None:
    kube.get(settings)
    proxy.refuse()
    with pytest.raises(httpx.TransportError):
        kube.get(settings)
    proxy.accept()
    assert kube.get(settings)["data"] == {"a": "1"}


@pytest.mark.parametrize("when", When)
def test_the_world_stops_at_a_write(
    access: Access, cluster: Cluster, proxy: ApiProxy, settings: str, when: When
) -> None:
    stored = {When.BEFORE: "2", When.AFTER: "3"}[when]
    with Kube(access) as kube, Kube(access) as other, ThreadPoolExecutor() as pool:
        kube.get(settings)
        halt = proxy.halt(2, when)
        kube.patch(settings, said("2"))
        assert not halt.reached.is_set()
        held = pool.submit(kube.patch, settings, said("3"))
        write = halt.wait(10)
        assert (str(write), json.loads(write.body)) == ("patch configmaps settings", said("3"))
        late = pool.submit(other.get, settings)
        wait_until(lambda: proxy.exchanges()[-1].asked.verb == "get", "the other request to be held")
        assert cluster.kube.get(settings)["data"] == {"a": stored}
        assert not held.done()
        assert not late.done()
        proxy.resume()
        for each in (held, late):
            with pytest.raises(httpx.TransportError):
                each.result(10)
        assert kube.get(settings)["data"] == {"a": stored}, "what was held is dropped"
        assert kube.patch(settings, said("4"))["data"] == {"a": "4"}


def test_only_writes_that_fit_are_counted(kube: Kube, proxy: ApiProxy, settings: str) -> None:
    halt = proxy.halt(1, When.BEFORE, fits=lambda write: write.verb == "delete")
    kube.patch(settings, said("2"))
    with pytest.raises(NeverHappenedError, match="waited 0 s for write 1; 0 were seen"):
        halt.wait(0)
    proxy.resume()
    kube.delete(settings)
    assert not halt.reached.is_set(), "it was taken back"
