"""All that shares a key shares its requests in flight: counted over real workloads, autoscalers and namespaces."""

from typing import Any

import pytest

from ideogram_operator.checks.wording import TIMES
from tests.e2e.gallery import OTHER_KEY
from tests.preflight.world import World, expect, targets

LOAD = "concurrency"
KEDA = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "scaledobjects.keda.sh"},
    "spec": {
        "group": "keda.sh",
        "names": {"kind": "ScaledObject", "listKind": "ScaledObjectList", "plural": "scaledobjects"},
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v1alpha1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                },
            }
        ],
    },
}


def busy(world: World, *, pods: int, each: str, kind: str = "Deployment", **parts: Any) -> str:
    """A workload that may have so many pods. A Deployment that is paused counts them all and has none made."""
    parts |= {"paused": True} if kind == "Deployment" else {}
    return world.workload(kind, containers=[world.container(IDEOGRAM_CONCURRENCY=each)], replicas=pods, **parts)


def autoscaler(world: World, name: str, most: int, *, kind: str = "Deployment") -> None:
    reference = {"apiVersion": "apps/v1", "kind": kind, "name": name}
    spec = {"scaleTargetRef": reference, "minReplicas": 1, "maxReplicas": most}
    path = f"/apis/autoscaling/v2/namespaces/{world.namespace}/horizontalpodautoscalers"
    world.kube.create(path, {"metadata": {"name": name}, "spec": spec})


async def test_just_eight_in_flight_pass_and_the_sum_is_told(world: World) -> None:
    name = busy(world, pods=4, each="2")
    found = await world.row(LOAD, targets=targets(name))
    expect(found, "Pass", "Inspected", f"4 pods {TIMES} 2 (Deployment/{name}) = 8 of at most 8.")


async def test_nine_in_flight_fail_with_what_would_fit(world: World) -> None:
    name = busy(world, pods=3, each="3")
    found = await world.row(LOAD, targets=targets(name))
    hint = f"Lower IDEOGRAM_CONCURRENCY of Deployment/{name} to 2, or the replicas of Deployment/{name} to 2."
    expect(found, "Fail", "Inspected", f"3 pods {TIMES} 3 (Deployment/{name}) = 9 of at most 8.", hint)


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
async def test_an_autoscaler_s_maximum_counts_and_not_today_s_pods(world: World, kind: str) -> None:
    name = busy(world, pods=1, each="2", kind=kind)
    autoscaler(world, name, 5, kind=kind)
    found = await world.row(LOAD, targets=targets(name, kind=kind))
    ways = f"IDEOGRAM_CONCURRENCY of {kind}/{name} to 1, or maxReplicas of HorizontalPodAutoscaler {name} to 4"
    expect(found, "Fail", "Inspected", f"5 pods {TIMES} 2 ({kind}/{name}) = 10 of at most 8.", f"Lower {ways}.")


async def test_keda_s_maximum_counts_too(world: World) -> None:
    world.kube.apply(KEDA)
    path = f"/apis/keda.sh/v1alpha1/namespaces/{world.namespace}/scaledobjects"
    crd = world.kube.path_of(KEDA)
    world.kube.wait_for(
        crd,
        lambda one: any(
            (said["type"], said["status"]) == ("Established", "True") for said in one["status"]["conditions"] or ()
        ),
        "KEDA's kind",
    )
    cases = {"maxReplicaCount": 6, "": 100}  # what KEDA takes where nothing is said
    for entry, most in cases.items():
        name = busy(world, pods=1, each="2")
        said = {entry: most} if entry else {}
        body = {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": {"name": name}}
        world.kube.create(path, body | {"spec": {"scaleTargetRef": {"name": name}, **said}})
        found = await world.row(LOAD, targets=targets(name))
        hint = f"maxReplicaCount of ScaledObject {name} to 4"
        expect(
            found, "Fail", "Inspected", f"{most} pods {TIMES} 2 (Deployment/{name}) = {most * 2} of at most 8.", hint
        )


async def test_a_daemon_set_counts_a_pod_for_each_node(world: World) -> None:
    name = busy(world, pods=0, each="9", kind="DaemonSet")
    seen = world.kube.wait_for(
        world.gallery.shop.path("DaemonSet", name),
        lambda one: bool(one["status"].get("desiredNumberScheduled")),
        "nodes for the DaemonSet",
    )
    nodes = seen["status"]["desiredNumberScheduled"]
    pods = f"{nodes} pod" if nodes == 1 else f"{nodes} pods"
    found = await world.row(LOAD, targets=targets(name, kind="DaemonSet"))
    says = f"{pods} {TIMES} 9 (DaemonSet/{name}) = {nodes * 9} of at most 8."
    expect(found, "Fail", "Inspected", says, "Lower")
    assert "replicas" not in found.hint


async def test_a_cron_job_counts_its_parallel_pods(world: World) -> None:
    name = world.workload("CronJob", containers=[world.container(IDEOGRAM_CONCURRENCY="5")], suspend=True)
    found = await world.row(LOAD, targets=targets(name, kind="CronJob"))
    expect(found, "Pass", "Inspected", f"1 pod {TIMES} 5 (CronJob/{name}) = 5 of at most 8.")


async def test_integrations_with_one_key_are_summed_over_namespaces(world: World) -> None:
    own = busy(world, pods=2, each="2")
    theirs = world.name("theirs")
    settings = [{"name": "IDEOGRAM_CONCURRENCY", "value": "3"}]
    template = {
        "metadata": {"labels": {"app": theirs}},
        "spec": {"containers": [{"name": "web", "image": "shop:1", "env": settings}]},
    }
    spec = {"replicas": 2, "paused": True, "selector": {"matchLabels": {"app": theirs}}, "template": template}
    path = f"/apis/apps/v1/namespaces/{world.elsewhere}/deployments"
    world.kube.create(path, {"metadata": {"name": theirs}, "spec": spec})
    world.put_key(world.elsewhere, "shared", world.simulator.key)
    shared = world.api(keySecretRef={"name": "shared"})
    with world.integration(namespace=world.elsewhere, api=shared, targets=targets(theirs)):
        found = await world.row(LOAD, targets=targets(own))
    terms = f"2 pods {TIMES} 3 ({world.elsewhere}/Deployment/{theirs}) + 2 pods {TIMES} 2 (Deployment/{own})"
    hint = f"Lower IDEOGRAM_CONCURRENCY of Deployment/{own} to 1, or the replicas of Deployment/{own} to 1."
    expect(found, "Fail", "Inspected", f"{terms} = 10 of at most 8.", hint)


async def test_a_target_of_two_integrations_counts_once_and_another_key_s_not_at_all(world: World) -> None:
    own, other = busy(world, pods=4, each="2"), busy(world, pods=4, each="2")
    with (
        world.integration(targets=targets(own)),
        world.integration(api=world.key(OTHER_KEY), targets=targets(other)),
    ):
        found = await world.row(LOAD, targets=targets(own))
    expect(found, "Pass", "Inspected", f"4 pods {TIMES} 2 (Deployment/{own}) = 8 of at most 8.")


@pytest.mark.parametrize("each", ["0", "two", "-1", "1.5", ""])
async def test_a_concurrency_that_is_no_whole_number_from_one_fails(world: World, each: str) -> None:
    name = busy(world, pods=0, each=each)
    found = await world.row(LOAD, targets=targets(name))
    says = f"IDEOGRAM_CONCURRENCY is not a whole number from 1 in Deployment/{name}."
    expect(found, "Fail", "Inspected", says, f"to a whole number from 1 on Deployment/{name}.")


async def test_what_cannot_be_counted_is_unknown_and_what_is_known_is_told(world: World) -> None:
    unset = world.workload(containers=[world.container(without=["IDEOGRAM_CONCURRENCY"])], replicas=1, paused=True)
    found = await world.row(LOAD, targets=targets("web", unset))
    says = f"Deployment/{unset} cannot be counted: IDEOGRAM_CONCURRENCY is not set where it can be seen; "
    hint = f"Set IDEOGRAM_CONCURRENCY on Deployment/{unset} as a plain value"
    expect(found, "Unknown", "", f"{says}the others make 4 of at most 8.", hint)
    found = await world.row(LOAD, targets=targets("web", "gone"))
    assert (found.result, "there is no Deployment gone" in found.message) == ("Unknown", True), found


async def test_too_much_is_too_much_whatever_else_there_may_be(world: World) -> None:
    name = busy(world, pods=3, each="3")
    found = await world.row(LOAD, targets=targets(name, "gone"))
    says = f"3 pods {TIMES} 3 (Deployment/{name}) = at least 9 of at most 8."
    expect(found, "Fail", "Inspected", says, "Lower IDEOGRAM_CONCURRENCY")


async def test_a_config_map_that_nobody_is_seen_to_read_cannot_be_counted(world: World) -> None:
    settings = world.config_map(IDEOGRAM_CONCURRENCY="2")
    found = await world.row(LOAD, targets=targets(settings, kind="ConfigMap"))
    says = f"ConfigMap/{settings} cannot be counted: no target takes its IDEOGRAM_CONCURRENCY from it."
    expect(found, "Unknown", "", says, f"Name the workloads that read ConfigMap/{settings} in spec.targets")
    reader = world.container(without=["IDEOGRAM_CONCURRENCY"]) | {"envFrom": [{"configMapRef": {"name": settings}}]}
    name = world.workload(containers=[reader], replicas=3, paused=True)
    both = [*targets(settings, kind="ConfigMap"), *targets(name)]
    found = await world.row(LOAD, targets=both)
    expect(found, "Pass", "Inspected", f"3 pods {TIMES} 2 (Deployment/{name}) = 6 of at most 8.")
