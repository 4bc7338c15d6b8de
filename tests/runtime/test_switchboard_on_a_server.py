"""Telling targets on a real API server: room, arguments with others, refusals, and targets that are gone."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ideogram_operator.cluster import kinds
from ideogram_operator.cluster.claims import Claim, Overrides
from ideogram_operator.cluster.first_look import FirstLook
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.words import TargetKind, TargetMode
from ideogram_operator.runtime.clock import SystemClock
from ideogram_operator.runtime.limits import BlastRadius
from ideogram_operator.runtime.metrics import Metrics
from ideogram_operator.runtime.order import Order
from ideogram_operator.runtime.record import Known, Ref
from ideogram_operator.runtime.switchboard import Switchboard
from lab.cluster import Cluster
from lab.tokens import service_account_kubeconfig

pytestmark = pytest.mark.cluster

SWITCH = "IDEOGRAM_ENABLED"


class Scene:
    """One namespace with Deployments of no pods, and a switchboard."""

    def __init__(self, gateway: Gateway, namespace: str) -> None:
        self.gateway, self.namespace = gateway, namespace
        self.limits = BlastRadius(SystemClock(), 50, 600)
        clock = SystemClock()
        first_look = FirstLook(gateway, clock.monotonic)
        self.board = Switchboard(
            gateway=gateway, first_look=first_look, clock=clock, limits=self.limits, metrics=Metrics()
        )

    async def deploy(self, name: str = "web", *, replicas: int = 0) -> Known:
        pods = {"containers": [{"name": "web", "image": "app:1", "env": [{"name": SWITCH, "value": "true"}]}]}
        template = {"metadata": {"labels": {"app": name}}, "spec": pods}
        spec = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template}
        body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}
        await self.gateway.post(kinds.address(TargetKind.DEPLOYMENT, self.namespace), body)
        return Known(ref=Ref(TargetKind.DEPLOYMENT, name), wish=None)

    def order(self, *, flip: int = 1, generation: int = 1, integration: str = "images") -> Order:
        claim = Claim(
            integration=integration,
            uid="u1",
            flip=flip,
            since="2026-11-22T12:00:00+00:00",
            trigger="apiUnreachable",
            message="503",
            overrides=Overrides(values={SWITCH: "false"}),
        )
        return self._order(claim, TargetMode.FALLBACK, (flip, generation), integration)

    def back(self, *, flip: int = 2, integration: str = "images") -> Order:
        return self._order(None, TargetMode.LIVE, (flip, 1), integration)

    def _order(self, claim: Claim | None, wanted: TargetMode, version: tuple[int, int], integration: str) -> Order:
        return Order(
            namespace=self.namespace, integration=integration, uid="u1", claim=claim, wanted=wanted, version=version
        )

    async def value(self, name: str = "web") -> str:
        live = await self.gateway.get(kinds.address(TargetKind.DEPLOYMENT, self.namespace, name))
        value: str = live["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"]
        return value

    def put_back(self, cluster: Cluster, name: str = "web") -> None:
        """Another manager sets the switch as it wants it."""
        path = f"/apis/apps/v1/namespaces/{self.namespace}/deployments/{name}"
        container: dict[str, Any] = {"name": "web", "env": [{"name": SWITCH, "value": "true"}]}
        body = {"spec": {"template": {"spec": {"containers": [container]}}}}
        merge = "application/strategic-merge-patch+json"
        cluster.kube.patch(path, body, content_type=merge, fieldManager="argocd-controller")


@pytest.fixture
def scene(gateway: Gateway, namespace: str) -> Scene:
    return Scene(gateway, namespace)


async def test_told_and_given_back(scene: Scene) -> None:
    known = await scene.deploy()
    await scene.board.tell(scene.order(), known)
    assert (known.mode, known.problem, await scene.value()) == (TargetMode.FALLBACK, None, "false")
    await scene.board.tell(scene.back(), known)
    assert (known.mode, known.problem, await scene.value()) == (TargetMode.LIVE, None, "true")


async def test_told_again_it_is_not_patched_again(scene: Scene) -> None:
    known = await scene.deploy()
    await scene.board.tell(scene.order(), known)
    where = kinds.address(TargetKind.DEPLOYMENT, scene.namespace, "web")
    before = (await scene.gateway.get(where))["metadata"]["generation"]
    fresh = Known(ref=known.ref, wish=None)
    await scene.board.tell(scene.order(), fresh)
    assert (await scene.gateway.get(where))["metadata"]["generation"] == before
    assert (fresh.mode, fresh.told) == (TargetMode.FALLBACK, (1, 1))


async def test_without_room_it_waits_and_says_so(scene: Scene) -> None:
    scene.limits.max_rollouts = 1
    first, second = await scene.deploy("first", replicas=1), await scene.deploy("second", replicas=1)
    scene.limits.enter(("elsewhere", "Deployment/x"), rolls_out=True)
    await scene.board.tell(scene.order(), first)
    assert first.problem is not None
    assert first.problem.reason is Reason.ROLLOUT_LIMIT_REACHED
    assert await scene.value("first") == "true"
    scene.limits.leave(("elsewhere", "Deployment/x"))
    async with asyncio.timeout(30):
        while second.told is None:  # the Deployment controller is at it too, and may be faster a few times
            await scene.board.tell(scene.order(), second)
    assert await scene.value("second") == "false"


async def test_after_three_rounds_the_other_is_named_and_left_alone(scene: Scene, cluster: Cluster) -> None:
    known = await scene.deploy()
    for _ in range(3):
        await scene.board.tell(scene.order(), known)
        assert await scene.value() == "false"
        scene.put_back(cluster)
    await scene.board.tell(scene.order(), known)
    assert await scene.value() == "true"
    assert known.problem is not None
    assert known.problem.reason is Reason.TARGET_CONFLICT
    assert "argocd-controller" in known.problem.message
    await scene.board.tell(scene.order(), known)
    assert await scene.value() == "true", "it stays left alone"


@pytest.mark.parametrize("again", [{"flip": 2}, {"generation": 2}], ids=["state", "spec"])
async def test_what_was_left_alone_is_told_when_state_or_spec_changes(
    scene: Scene, cluster: Cluster, again: dict[str, int]
) -> None:
    known = await scene.deploy()
    for _ in range(4):
        await scene.board.tell(scene.order(), known)
        scene.put_back(cluster)
    assert known.conflict((1, 1)) is not None
    await scene.board.tell(scene.order(**again), known)
    assert await scene.value() == "false"
    assert known.problem is None


async def test_what_was_left_alone_is_given_back(scene: Scene, cluster: Cluster) -> None:
    known = await scene.deploy()
    for _ in range(4):
        await scene.board.tell(scene.order(), known)
        scene.put_back(cluster)
    await scene.board.tell(scene.back(), known)
    assert known.mode is TargetMode.LIVE
    live = await scene.gateway.get(kinds.address(TargetKind.DEPLOYMENT, scene.namespace, "web"))
    assert "ideogram-operator.io/fallback" not in (live["metadata"].get("annotations") or {})


async def test_a_refusal_names_the_rule_and_takes_no_room(
    scene: Scene, cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    known = await scene.deploy()
    cluster.kube.create(f"/api/v1/namespaces/{namespace}/serviceaccounts", {"metadata": {"name": "reader"}})
    role = {"rules": [{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"]}]}
    rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
    cluster.kube.create(f"{rbac}/roles", {"metadata": {"name": "reader"}} | role)
    subject = {"kind": "ServiceAccount", "name": "reader", "namespace": namespace}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"}
    body = {"metadata": {"name": "reader"}, "roleRef": reference, "subjects": [subject]}
    cluster.kube.create(f"{rbac}/rolebindings", body)
    config = service_account_kubeconfig(cluster.access, namespace, "reader", tmp_path / "config")
    async with await Gateway.open(config) as refused:
        other = Scene(refused, namespace)
        await other.board.tell(other.order(), known)
        assert known.problem is not None
        assert known.problem.reason is Reason.PERMISSION_DENIED
        assert '{apiGroups: ["apps"], resources: ["deployments"], verbs: ["patch"]}' in known.problem.message
        assert other.limits.rolling == 0


async def test_a_target_that_is_not_there_is_missing_and_then_told(scene: Scene) -> None:
    known = Known(ref=Ref(TargetKind.DEPLOYMENT, "web"), wish=None)
    await scene.board.tell(scene.order(), known)
    assert known.problem is not None
    assert known.problem.reason is Reason.TARGET_MISSING
    await scene.deploy()
    await scene.board.tell(scene.order(), known)
    assert (known.problem, await scene.value()) == (None, "false")


async def test_one_that_is_gone_has_nothing_to_give_back(scene: Scene) -> None:
    known = await scene.deploy()
    await scene.board.tell(scene.order(), known)
    await scene.gateway.delete(kinds.address(TargetKind.DEPLOYMENT, scene.namespace, "web"))
    await scene.board.tell(scene.back(), known)
    assert (known.mode, known.problem) == (TargetMode.LIVE, None)


@pytest.mark.parametrize("look", [Scene.order, Scene.back], ids=["held", "free"])
async def test_a_claim_of_a_uid_that_is_no_more_is_seen_and_not_taken_for_ours(
    scene: Scene, look: Callable[[Scene], Order]
) -> None:
    known = await scene.deploy()
    await scene.board.tell(scene.order(), known)
    given = look(scene)
    successor = Order(
        namespace=given.namespace,
        integration=given.integration,
        uid="u2",
        claim=None,
        wanted=TargetMode.LIVE,
        version=given.version,
    )
    fresh = Known(ref=known.ref, wish=None)
    assert await scene.board.look(successor, fresh) is None
    assert fresh.mode is TargetMode.FALLBACK
    await scene.board.tell(successor, fresh)
    assert await scene.value() == "true"


async def test_many_who_share_a_target_are_each_served_at_the_first_try(scene: Scene) -> None:
    first = await scene.deploy()
    scene.board.turns.longest = 60.0  # on a busy machine thirty patches take longer than anybody waits
    everybody = {f"shop-{number}": Known(ref=first.ref, wish=None) for number in range(30)}
    for order in (scene.order, scene.back):
        await asyncio.gather(*(scene.board.tell(order(integration=name), one) for name, one in everybody.items()))
        assert {(one.problem, one.mode) for one in everybody.values()} == {(None, order().wanted)}
    assert await scene.value() == "true"


async def test_nobody_waits_long_for_a_target_that_another_is_stuck_at(scene: Scene) -> None:
    known = await scene.deploy()
    async with scene.board.turns.at((scene.namespace, str(known.ref))):
        await asyncio.wait_for(scene.board.tell(scene.order(), known), 10)
        assert (known.told, await scene.value()) == (None, "true")
        assert known.again_at > 0
    await scene.board.tell(scene.order(), known)
    assert await scene.value() == "false"
