"""The first look at targets after a start: by lists where there are many, and never less true than a GET."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from ideogram_operator.cluster import kinds
from ideogram_operator.cluster.addresses import Address
from ideogram_operator.cluster.claims import Claim, Overrides, read_ledger
from ideogram_operator.cluster.errors import Forbidden
from ideogram_operator.cluster.first_look import FRESH, MANY, PATIENCE, FirstLook
from ideogram_operator.cluster.gateway import Gateway, Listing
from ideogram_operator.cluster.reasons import Reason
from ideogram_operator.cluster.rollout import Phase, rollout
from ideogram_operator.cluster.targets import Target, switch
from ideogram_operator.resource.words import TargetKind
from lab.cluster import Cluster
from tests.cluster.conftest import Make, now

pytestmark = pytest.mark.cluster

NAMES = [f"app-{number}" for number in range(MANY)]
KINDS = [TargetKind.DEPLOYMENT, TargetKind.STATEFUL_SET, TargetKind.CRON_JOB, TargetKind.CONFIG_MAP]


class Counting(Gateway):
    """Says what was asked for; ``refuses``: lists."""

    def __init__(self, *args: Any, **parts: Any) -> None:
        super().__init__(*args, **parts)
        self.asked: list[str] = []
        self.refuses = False
        self.listed: Callable[[], None] = lambda: None

    async def get(self, address: Address) -> dict[str, Any]:
        self.asked.append(f"get {address.name}")
        return await super().get(address)

    async def list(self, address: Address, **how: Any) -> Listing:
        self.asked.append(f"list {address.resource.plural}")
        if self.refuses:
            raise Forbidden("not allowed", address=address, verb="list", rule="")
        found = await super().list(address, **how)
        self.listed()
        return found


class Scene:
    """A first look, by a clock that stands still."""

    def __init__(self, cluster: Cluster, gateway: Counting, namespace: str, make: Make) -> None:
        self.cluster = cluster
        self.gateway, self.namespace, self.make = gateway, namespace, make
        self.clock = 1000.0
        self.look = FirstLook(gateway, lambda: self.clock)

    def expect(self, *names: str) -> None:
        self.look.expect((self.namespace, name) for name in names)

    def target(self, name: str, kind: TargetKind = TargetKind.CONFIG_MAP) -> Target:
        return Target(kind=kind, namespace=self.namespace, name=name)

    async def settled(self, name: str, kind: TargetKind) -> None:
        """Returns once its controller has seen it."""
        where = kinds.address(kind, self.namespace, name)
        kube, path = self.cluster.kube, where.path
        await asyncio.to_thread(
            kube.wait_for, path, lambda live: rollout(kind, live).phase is Phase.COMPLETE, f"{name} to be settled"
        )

    async def read(self, *names: str, kind: TargetKind = TargetKind.CONFIG_MAP) -> list[str]:
        """What was asked for to read these, each as the target of an integration of its name."""
        del self.gateway.asked[:]
        for name in names:
            assert (await self.look.read(self.target(name, kind), name)).live is not None, name
            self.look.over((self.namespace, name))
        return self.gateway.asked


@pytest.fixture
async def scene(cluster: Cluster, namespace: str, make: Make) -> AsyncIterator[Scene]:
    async with await Counting.open(cluster.kubeconfig) as opened:
        yield Scene(cluster, opened, namespace, make)


@pytest.mark.parametrize("kind", KINDS)
async def test_many_are_one_list_that_tells_what_a_get_would(scene: Scene, kind: TargetKind) -> None:
    for name in NAMES:
        await scene.make(kind, name)
    values: dict[str, Any] = {"suspend": True} if kind is TargetKind.CRON_JOB else {"IDEOGRAM_ENABLED": "false"}
    claim = Claim(
        integration=NAMES[0], uid="u1", flip=3, since="", trigger="", message="", overrides=Overrides(values=values)
    )
    assert (await switch(scene.gateway, scene.target(NAMES[0], kind), claim, now=now)).done
    for name in NAMES:
        await scene.settled(name, kind)
    scene.expect(*NAMES)
    del scene.gateway.asked[:]
    for name in NAMES:
        target = scene.target(name, kind)
        live = (await scene.look.read(target, name)).live
        whole = await Gateway.get(scene.gateway, kinds.address(kind, scene.namespace, name))
        assert live is not None
        assert (read_ledger(kind, live), rollout(kind, live)) == (read_ledger(kind, whole), rollout(kind, whole))
        assert (read_ledger(kind, live) is not None) == (name == NAMES[0])
    plural = kinds.shape(kind).resource.plural
    assert scene.gateway.asked == [f"list {plural}"]


async def test_a_few_are_a_get_each(scene: Scene) -> None:
    few = NAMES[: MANY - 1]
    for name in few:
        await scene.make(TargetKind.CONFIG_MAP, name)
    scene.expect(*few)
    assert await scene.read(*few) == [f"get {name}" for name in few]


async def test_whoever_came_later_or_looks_again_is_read_anew(scene: Scene) -> None:
    for name in (*NAMES, "late"):
        await scene.make(TargetKind.CONFIG_MAP, name)
    scene.expect(*NAMES)
    assert await scene.read("late", NAMES[0], NAMES[0]) == ["get late", "list configmaps", f"get {NAMES[0]}"]


async def test_what_a_list_lacks_is_asked_for(scene: Scene) -> None:
    scene.expect(*NAMES)
    reading = await scene.look.read(scene.target("gone"), NAMES[0])
    assert reading.live is None
    assert reading.failure is not None
    assert reading.failure.reason is Reason.TARGET_NOT_FOUND
    await scene.make(TargetKind.CONFIG_MAP, "gone")
    assert (await scene.look.read(scene.target("gone"), NAMES[0])).live is not None
    assert scene.gateway.asked == ["list configmaps", "get gone", "get gone"]


async def test_who_may_not_list_reads_each(scene: Scene) -> None:
    for name in NAMES:
        await scene.make(TargetKind.CONFIG_MAP, name)
    scene.expect(*NAMES)
    scene.gateway.refuses = True
    assert await scene.read(*NAMES) == ["list configmaps", *(f"get {name}" for name in NAMES)]


async def test_a_list_that_took_long_does_for_all_that_waited_for_it(scene: Scene) -> None:
    for name in NAMES:
        await scene.make(TargetKind.CONFIG_MAP, name)
    scene.expect(*NAMES)

    def pass_time() -> None:
        scene.clock += FRESH + 1

    scene.gateway.listed = pass_time
    found = await asyncio.gather(*(scene.look.read(scene.target(name), name) for name in NAMES))
    assert all(reading.live is not None for reading in found)
    assert scene.gateway.asked == ["list configmaps"]


async def test_a_list_does_for_a_while_only(scene: Scene) -> None:
    for name in NAMES:
        await scene.make(TargetKind.CONFIG_MAP, name)
    scene.expect(*NAMES)
    assert await scene.read(*NAMES[:2]) == ["list configmaps"]
    scene.clock += FRESH + 1
    assert await scene.read(*NAMES[2:4]) == ["list configmaps"]
    scene.clock += PATIENCE
    scene.look.over((scene.namespace, "late"))
    assert await scene.read(NAMES[4]) == [f"get {NAMES[4]}"]
