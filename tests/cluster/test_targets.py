"""Targets on a real API server: what is sent, what is kept, what comes back."""

import asyncio
import random
from typing import Any

import pytest

from ideogram_operator.cluster import kinds
from ideogram_operator.cluster.addresses import Address, Resource
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.cluster.reasons import Reason
from ideogram_operator.cluster.targets import Target, read, release, resolve, switch
from ideogram_operator.resource.words import FALLBACK_ANNOTATION, FIELD_MANAGER, TargetKind
from lab.cluster import Cluster
from lab.controlplane.binaries import kubectl
from tests.cluster.conftest import Make, manifest, now
from tests.cluster.shapes import ROLLING, claim, random_workload

pytestmark = pytest.mark.cluster


async def live(gateway: Gateway, target: Target) -> dict[str, Any]:
    return await gateway.get(kinds.address(target.kind, target.namespace, target.name))


async def test_two_hundred_random_workloads_come_back_exactly_with_one_patch_each_way(
    gateway: Gateway, namespace: str
) -> None:
    rng = random.Random(20261122)  # noqa: S311 - shapes, not secrets
    slots = asyncio.Semaphore(8)

    async def one(number: int, kind: TargetKind, containers: list[dict[str, Any]]) -> None:
        async with slots:
            target = Target(kind=kind, namespace=namespace, name=f"shop-{number}")
            await gateway.post(kinds.address(kind, namespace), manifest(kind, target.name, containers=containers))
            before = await live(gateway, target)
            there = await switch(gateway, target, claim(), now=now)
            held = await live(gateway, target)
            again = await switch(gateway, target, claim(), now=now)
            back = await release(gateway, target, "shop", now=now)
            after = await live(gateway, target)
            assert there.done
            assert back.done
            assert not again.changed
            # A Deployment counts a change of its annotations as a generation too; its pods do not restart for it.
            changes = [kind is TargetKind.DEPLOYMENT or one.plan.switches for one in (there, back)]
            assert held["metadata"]["generation"] == before["metadata"]["generation"] + changes[0]
            assert after["metadata"]["generation"] == held["metadata"]["generation"] + changes[1]
            assert after["spec"] == before["spec"]
            assert FALLBACK_ANNOTATION not in after["metadata"].get("annotations", {})
            for container in held["spec"]["template"]["spec"]["containers"]:
                found = [e.get("value") for e in container["env"] if e["name"] == "IDEOGRAM_ENABLED"]
                assert set(found) == {"false"}

    shapes = [random_workload(rng)["spec"]["template"]["spec"]["containers"] for _ in range(201)]
    await asyncio.gather(*(one(i, ROLLING[i % 3], shape) for i, shape in enumerate(shapes)))


@pytest.mark.parametrize("data", [None, {"enabled": "true", "x": "y"}, {"x": "y"}, {"enabled": ""}])
async def test_a_config_map_comes_back_exactly(gateway: Gateway, make: Make, data: dict[str, str] | None) -> None:
    target = await make(TargetKind.CONFIG_MAP, **({} if data is None else {"data": data}))
    await switch(gateway, target, claim(enabled="false"), now=now)
    assert (await live(gateway, target))["data"]["enabled"] == "false"
    await release(gateway, target, "shop", now=now)
    assert (await live(gateway, target)).get("data") == data


@pytest.mark.parametrize("suspend", [None, False, True])
async def test_a_cron_job_is_suspended_and_comes_back(gateway: Gateway, make: Make, suspend: bool | None) -> None:
    target = await make(TargetKind.CRON_JOB, spec={} if suspend is None else {"suspend": suspend})
    before = await live(gateway, target)
    await switch(gateway, target, claim(suspend=True), now=now)
    assert (await live(gateway, target))["spec"]["suspend"] is True
    await release(gateway, target, "shop", now=now)
    assert (await live(gateway, target))["spec"] == before["spec"]


async def test_the_patch_is_signed_and_dated(gateway: Gateway, make: Make) -> None:
    target = await make(TargetKind.DEPLOYMENT)
    earliest = now()
    outcome = await switch(gateway, target, claim(), now=now)
    assert outcome.patched_at is not None
    assert earliest <= outcome.patched_at <= now()
    held = await live(gateway, target)
    assert outcome.generation == held["metadata"]["generation"] == 2
    assert FIELD_MANAGER in [entry["manager"] for entry in held["metadata"]["managedFields"]]
    assert [one.integration for one in outcome.plan.claims] == ["shop"]


async def test_a_second_integration_joins_without_a_restart_and_the_last_one_gives_back(
    gateway: Gateway, make: Make
) -> None:
    target = await make(TargetKind.DEPLOYMENT)
    before = await live(gateway, target)
    await switch(gateway, target, claim("shop"), now=now)
    switched = await live(gateway, target)
    joined = await switch(gateway, target, claim("batch"), now=now)
    left = await release(gateway, target, "shop", now=now)
    assert [one.plan.rolls for one in (joined, left)] == [False, False]
    assert (await live(gateway, target))["spec"] == switched["spec"]
    last = await release(gateway, target, "batch", now=now)
    assert last.plan.rolls
    assert (await live(gateway, target))["spec"] == before["spec"]


async def test_a_target_that_others_keep_writing_is_switched_all_the_same(gateway: Gateway, make: Make) -> None:
    target = await make(TargetKind.CONFIG_MAP, data={"enabled": "true"})
    where = kinds.address(target.kind, target.namespace, target.name)

    class Busy(Gateway):
        """Somebody writes between our read and our patch, twice."""

        writes = 0

        async def get(self, address: Any) -> Any:
            found = await gateway.get(address)
            if self.writes < 2:
                Busy.writes += 1
                await gateway.merge_patch(where, {"metadata": {"labels": {"written": str(self.writes)}}})
            return found

    busy = Busy(gateway._connection)
    outcome = await switch(busy, target, claim(enabled="false"), now=now)
    assert outcome.done
    assert Busy.writes == 2
    assert (await live(gateway, target))["metadata"]["labels"]["written"] == "2"


async def test_a_target_that_is_written_without_end_is_left_for_later(gateway: Gateway, make: Make) -> None:
    target = await make(TargetKind.CONFIG_MAP, data={"enabled": "true"})
    where = kinds.address(target.kind, target.namespace, target.name)

    class Busy(Gateway):
        writes = 0

        async def get(self, address: Any) -> Any:
            found = await gateway.get(address)
            Busy.writes += 1
            await gateway.merge_patch(where, {"data": {"written": str(self.writes)}})
            return found

    outcome = await switch(Busy(gateway._connection), target, claim(enabled="false"), now=now)
    assert (outcome.done, outcome.again, outcome.changed) == (False, True, False)
    assert [problem.reason for problem in outcome.problems] == [Reason.BUSY]
    assert Busy.writes == 3
    assert (await live(gateway, target))["data"]["enabled"] == "true"


async def test_what_is_gone_cannot_be_switched_and_need_not_be_given_back(gateway: Gateway, namespace: str) -> None:
    target = Target(kind=TargetKind.DEPLOYMENT, namespace=namespace, name="nowhere")
    switched = await switch(gateway, target, claim(), now=now)
    assert (switched.done, switched.gone, switched.again) == (False, True, False)
    assert [problem.reason for problem in switched.problems] == [Reason.TARGET_NOT_FOUND]
    released = await release(gateway, target, "shop", now=now)
    assert (released.done, released.gone, released.problems) == (True, True, ())
    reading = await read(gateway, target)
    assert reading.live is None
    assert reading.failure is not None
    assert reading.failure.reason is Reason.TARGET_NOT_FOUND


async def test_an_immutable_config_map_is_refused_with_what_to_do(gateway: Gateway, make: Make) -> None:
    target = await make(TargetKind.CONFIG_MAP, data={"enabled": "true"}, immutable=True)
    outcome = await switch(gateway, target, claim(enabled="false"), now=now)
    assert (outcome.done, outcome.again, outcome.changed) == (False, False, False)
    assert [problem.reason for problem in outcome.problems] == [Reason.CONFIG_MAP_IMMUTABLE]


async def test_a_value_that_the_api_server_refuses_is_not_tried_again_and_not_quoted(
    gateway: Gateway, make: Make
) -> None:
    target = await make(TargetKind.CONFIG_MAP, data={"enabled": "s3cr3t"})
    outcome = await switch(gateway, target, claim(**{"not a key": "s3cr3t"}), now=now)
    assert (outcome.done, outcome.again) == (False, False)
    assert [problem.reason for problem in outcome.problems] == [Reason.REFUSED]
    assert "s3cr3t" not in outcome.problems[0].message


async def test_a_dry_run_says_what_would_happen_and_changes_nothing(gateway: Gateway, make: Make) -> None:
    target = await make(TargetKind.DEPLOYMENT)
    before = await live(gateway, target)
    outcome = await switch(gateway, target, claim(), now=now, dry_run=True)
    assert outcome.done
    assert outcome.plan.rolls
    assert not outcome.changed
    after = await live(gateway, target)
    assert after["spec"] == before["spec"]
    assert FALLBACK_ANNOTATION not in after["metadata"].get("annotations", {})


async def test_a_patch_that_the_caller_does_not_allow_is_kept_back(gateway: Gateway, make: Make) -> None:
    target = await make(TargetKind.CONFIG_MAP, data={"enabled": "true"})
    asked: list[bool] = []
    outcome = await switch(
        gateway, target, claim(enabled="false"), now=now, allow=lambda planned: bool(asked.append(planned.switches))
    )
    assert (outcome.done, outcome.kept_back, outcome.changed, asked) == (False, True, False, [True])
    assert (await live(gateway, target))["data"] == {"enabled": "true"}


async def test_a_deploy_in_between_stays_and_only_the_switch_goes_back(gateway: Gateway, make: Make) -> None:
    target = await make(TargetKind.DEPLOYMENT)
    where = kinds.address(target.kind, target.namespace, target.name)
    await switch(gateway, target, claim(), now=now)
    deploy = [
        {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "app:2"},
        {"op": "add", "path": "/spec/template/spec/containers/0/env/0", "value": {"name": "NEW", "value": "1"}},
    ]
    await gateway.json_patch(where, deploy)
    await release(gateway, target, "shop", now=now)
    container = (await live(gateway, target))["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == "app:2"
    assert container["env"] == [{"name": "NEW", "value": "1"}, {"name": "IDEOGRAM_ENABLED", "value": "true"}]


async def test_whoever_puts_a_target_back_is_named(gateway: Gateway, make: Make, cluster: Cluster) -> None:
    target = await make(TargetKind.DEPLOYMENT)
    where = kinds.address(target.kind, target.namespace, target.name)
    await switch(gateway, target, claim(), now=now)
    back = [{"op": "replace", "path": "/spec/template/spec/containers/0/env/0/value", "value": "on"}]
    cluster.kube.patch(where.path, back, content_type="application/json-patch+json", fieldManager="argocd-controller")
    outcome = await switch(gateway, target, claim(), now=now)
    assert outcome.changed
    assert [(one.name, one.manager) for one in outcome.put_back] == [("IDEOGRAM_ENABLED", "argocd-controller")]
    await release(gateway, target, "shop", now=now)
    container = (await live(gateway, target))["spec"]["template"]["spec"]["containers"][0]
    assert container["env"] == [{"name": "IDEOGRAM_ENABLED", "value": "on"}]


async def test_targets_are_found_by_name_or_by_label_in_their_own_namespace(
    gateway: Gateway, make: Make, namespace: str
) -> None:
    await make(TargetKind.CONFIG_MAP, "b", labels={"tier": "web", "x": "1"})
    await make(TargetKind.CONFIG_MAP, "a", labels={"tier": "web"})
    await make(TargetKind.CONFIG_MAP, "c", labels={"tier": "db"})
    found = await resolve(gateway, TargetKind.CONFIG_MAP, namespace, match_labels={"tier": "web"})
    assert [target.name for target in found.targets] == ["a", "b"]
    named = await resolve(gateway, TargetKind.CONFIG_MAP, namespace, name="nowhere")
    assert [target.name for target in named.targets] == ["nowhere"]
    assert (await resolve(gateway, TargetKind.CONFIG_MAP, namespace, match_labels={})).targets == ()


async def test_rollout_undo_while_held_is_noticed_and_loses_nothing(
    gateway: Gateway, make: Make, cluster: Cluster
) -> None:
    target = await make(TargetKind.DEPLOYMENT)
    before = await live(gateway, target)
    await revisions(gateway, target, 1)
    await switch(gateway, target, claim(), now=now)
    await revisions(gateway, target, 2)
    undo = await asyncio.create_subprocess_exec(
        str(kubectl()), f"--kubeconfig={cluster.kubeconfig}", "-n", target.namespace, "rollout", "undo", "deploy/shop"
    )
    assert await undo.wait() == 0
    assert (await live(gateway, target))["spec"]["template"] == before["spec"]["template"]
    again = await switch(gateway, target, claim(), now=now)
    assert again.plan.rolls
    await release(gateway, target, "shop", now=now)
    assert (await live(gateway, target))["spec"] == before["spec"]


async def revisions(gateway: Gateway, target: Target, count: int) -> None:
    """Wait until the Deployment controller has made that many ReplicaSets: an undo needs them."""
    sets = Address(resource=Resource(group="apps", version="v1", plural="replicasets"), namespace=target.namespace)
    async with asyncio.timeout(20):
        while len((await gateway.list(sets)).items) < count:  # noqa: ASYNC110 - the condition is on a server
            await asyncio.sleep(0.05)
