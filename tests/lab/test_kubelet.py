"""Pods behave as their annotation says, on the real control plane."""

import pytest

from lab.cluster import Cluster
from lab.kube import Json
from lab.kubelet import BEHAVIOUR, DELAY
from lab.waiting import wait_until

pytestmark = pytest.mark.cluster


def template(annotations: dict[str, str], **spec: object) -> Json:
    return {
        "metadata": {"labels": {"app": "a"}, "annotations": annotations},
        "spec": {"containers": [{"name": "web", "image": "web:1"}], **spec},
    }


def deployment(namespace: str, annotations: dict[str, str], *, replicas: int = 3, **spec: object) -> Json:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "a", "namespace": namespace},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "a"}},
            "template": template(annotations),
            **spec,
        },
    }


def job(namespace: str, annotations: dict[str, str]) -> Json:
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "a", "namespace": namespace},
        "spec": {"backoffLimit": 0, "template": template(annotations, restartPolicy="Never")},
    }


def condition(item: Json, kind: str) -> Json:
    conditions = item.get("status", {}).get("conditions", [])
    return next((entry for entry in conditions if entry["type"] == kind), {})


def pods(cluster: Cluster, namespace: str) -> list[Json]:
    found: list[Json] = cluster.kube.get(f"/api/v1/namespaces/{namespace}/pods")["items"]
    return found


def told(found: list[Json]) -> tuple[set[str], set[str | None]]:
    """All phases, and all that containers wait for."""
    states = [status["state"] for pod in found for status in pod["status"].get("containerStatuses", [])]
    return {pod["status"]["phase"] for pod in found}, {state.get("waiting", {}).get("reason") for state in states}


def test_a_deployment_gets_available_and_rolls(cluster: Cluster, namespace: str) -> None:
    kube, wanted = cluster.kube, deployment(namespace, {})
    kube.apply(wanted)
    path = kube.path_of(wanted)
    kube.wait_for(path, lambda item: item["status"].get("availableReplicas") == 3, "three pods")
    before = {pod["metadata"]["uid"] for pod in pods(cluster, namespace)}
    wanted["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "IDEOGRAM_ENABLED", "value": "false"}]
    generation = kube.apply(wanted)[0]["metadata"]["generation"]
    kube.wait_for(
        path,
        lambda item: (
            item["status"].get("observedGeneration") == generation
            and item["status"].get("updatedReplicas") == item["status"].get("replicas") == 3
            and item["status"].get("availableReplicas") == 3
        ),
        "the rollout",
    )
    running = [pod for pod in pods(cluster, namespace) if "deletionTimestamp" not in pod["metadata"]]
    assert len(running) == 3
    assert before.isdisjoint(pod["metadata"]["uid"] for pod in running)
    assert all(pod["status"]["podIP"].startswith("10.1.") for pod in running)


def test_a_late_pod_gets_ready_after_its_delay(cluster: Cluster, namespace: str) -> None:
    kube, wanted = cluster.kube, deployment(namespace, {BEHAVIOUR: "late", DELAY: "3s"}, replicas=1)
    kube.apply(wanted)
    path = f"/api/v1/namespaces/{namespace}/pods"
    kube.wait_for(path, lambda all_: any(p["status"]["phase"] == "Running" for p in all_["items"]), "a pod")
    assert condition(pods(cluster, namespace)[0], "Ready")["status"] == "False"
    kube.wait_for(path, lambda all_: condition(all_["items"][0], "Ready")["status"] == "True", "readiness")
    pod = pods(cluster, namespace)[0]
    started, ready = pod["status"]["startTime"], condition(pod, "Ready")["lastTransitionTime"]
    assert int(ready[-3:-1]) - int(started[-3:-1]) % 60 in {3, 4, 3 - 60, 4 - 60}


@pytest.mark.parametrize("behaviour", ["crash", "hang"])
def test_a_rollout_that_never_gets_ready_is_stuck(cluster: Cluster, namespace: str, behaviour: str) -> None:
    kube = cluster.kube
    wanted = deployment(namespace, {BEHAVIOUR: behaviour}, progressDeadlineSeconds=1)
    kube.apply(wanted)
    stuck = kube.wait_for(
        kube.path_of(wanted),
        lambda item: condition(item, "Progressing").get("reason") == "ProgressDeadlineExceeded",
        "the deadline",
    )
    assert "availableReplicas" not in stuck["status"]
    expected = ({"Running"}, {"CrashLoopBackOff"} if behaviour == "crash" else {None})
    wait_until(lambda: told(pods(cluster, namespace)) == expected, f"pods that {behaviour}")


@pytest.mark.parametrize(("behaviour", "end"), [("ready", "Complete"), ("crash", "Failed")])
def test_a_job_ends(cluster: Cluster, namespace: str, behaviour: str, end: str) -> None:
    kube, wanted = cluster.kube, job(namespace, {BEHAVIOUR: behaviour})
    kube.apply(wanted)
    kube.wait_for(kube.path_of(wanted), lambda item: condition(item, end).get("status") == "True", f"the job's {end}")


def test_a_deleted_pod_goes(cluster: Cluster, namespace: str) -> None:
    kube, wanted = cluster.kube, {"apiVersion": "v1", "kind": "Pod", **template({})}
    wanted["metadata"] |= {"name": "a", "namespace": namespace}
    kube.apply(wanted)
    path = kube.path_of(wanted)
    kube.wait_for(path, lambda pod: condition(pod, "Ready").get("status") == "True", "the pod")
    kube.delete(path)
    kube.wait_gone(path)


def test_a_node_takes_hundreds_of_pods(cluster: Cluster, namespace: str) -> None:
    kube, wanted = cluster.kube, deployment(namespace, {}, replicas=300)
    kube.apply(wanted)
    kube.wait_for(
        kube.path_of(wanted), lambda item: item["status"].get("availableReplicas") == 300, "300 pods", timeout=60
    )
    addresses = {pod["status"]["podIP"] for pod in pods(cluster, namespace)}
    assert len(addresses) == 300
