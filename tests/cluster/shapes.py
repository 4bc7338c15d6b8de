"""Random targets, and the API server's own rules as far as a patch can notice them."""

import copy
import random
from typing import Any

import jsonpatch
from hypothesis import strategies as st

from ideogram_operator.cluster.claims import Claim, Overrides
from ideogram_operator.resource.words import TargetKind

SWITCHES = ("IDEOGRAM_ENABLED", "IDEOGRAM_CONCURRENCY")
OTHERS = ("PATH", "LOG_LEVEL", "A.B-c", "IDEOGRAM_ENABLED_TOO", "x~y")
ROLLING = (TargetKind.DEPLOYMENT, TargetKind.STATEFUL_SET, TargetKind.DAEMON_SET)

Object = dict[str, Any]


def sources(name: str) -> st.SearchStrategy[Object]:
    """An env entry of that name, in every form that Kubernetes stores."""
    return st.one_of(
        st.sampled_from(["true", "false", "0", "2", "ünï", "$(PATH)", " "]).map(lambda v: {"name": name, "value": v}),
        st.just({"name": name}),
        st.just({"name": name, "valueFrom": {"secretKeyRef": {"name": "s", "key": "k", "optional": True}}}),
        st.just({"name": name, "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}}),
        st.just({"name": name, "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}}}),
        st.just({"name": name, "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "0"}}}),
    )


ENVS = st.lists(st.sampled_from(SWITCHES + OTHERS).flatmap(sources), max_size=7)


@st.composite
def container_lists(draw: st.DrawFn) -> list[Object]:
    found = []
    for name in draw(st.lists(st.sampled_from(["web", "side", "worker"]), unique=True, min_size=1, max_size=3)):
        env = draw(st.none() | ENVS.filter(bool))
        found.append({"name": name, "image": "app:1"} | ({} if env is None else {"env": env}))
    return found


def workload(
    containers: list[Object], *, annotations: Object | None = None, init: list[Object] | None = None
) -> Object:
    metadata: Object = {"name": "shop", "namespace": "n", "resourceVersion": "1", "generation": 1}
    if annotations is not None:
        metadata["annotations"] = annotations
    template: Object = {"containers": containers} | ({"initContainers": init} if init else {})
    return {
        "metadata": metadata,
        "spec": {"replicas": 2, "template": {"metadata": {"labels": {"a": "b"}}, "spec": template}},
    }


@st.composite
def workloads(draw: st.DrawFn) -> Object:
    annotations = draw(
        st.sampled_from([None, {}, {"a": "b"}, {"kubectl.kubernetes.io/last-applied-configuration": "{}"}])
    )
    init = draw(st.sampled_from([[], [{"name": "init", "env": [{"name": SWITCHES[0], "value": "true"}]}]]))
    return workload(draw(container_lists()), annotations=annotations, init=init)


def claim(
    integration: str = "shop",
    *,
    flip: int = 1,
    uid: str = "u",
    containers: tuple[str, ...] | None = None,
    **values: Any,
) -> Claim:
    return Claim(
        integration=integration,
        uid=uid,
        flip=flip,
        since="2026-11-22T03:00:00Z",
        trigger="apiUnreachable",
        message="3 consecutive failures",
        overrides=Overrides(values=values or {SWITCHES[0]: "false"}, containers=containers),
    )


def served(live: Object, operations: Any) -> Object:
    """What the API server would have after this patch: one generation more if and only if the spec changed."""
    if not operations:
        return live
    after: Object = jsonpatch.apply_patch(copy.deepcopy(live), list(operations), in_place=False)
    after["metadata"]["resourceVersion"] = str(int(live["metadata"]["resourceVersion"]) + 1)
    if "generation" in live["metadata"] and after.get("spec") != live.get("spec"):
        after["metadata"]["generation"] = live["metadata"]["generation"] + 1
    return after


def values(live: Object, container: str, name: str) -> list[Any]:
    """Every value that a container has under a name."""
    found = next(one for one in live["spec"]["template"]["spec"]["containers"] if one["name"] == container)
    return [entry.get("value") for entry in found.get("env") or [] if entry["name"] == name]


def random_workload(rng: random.Random) -> Object:
    """A random target, much faster than hypothesis draws one; the same for the same seed."""
    containers: list[Object] = []
    for name in rng.sample(["web", "side", "worker"], rng.randint(1, 3)):
        env = [_random_entry(rng) for _ in range(rng.randint(0, 7))]
        containers.append({"name": name, "image": "app:1"} | ({"env": env} if env else {}))
    annotations = rng.choice([None, {"a": "b"}, {"some/other": "{}"}])
    return workload(containers, annotations=annotations)


def _random_entry(rng: random.Random) -> Object:
    name = rng.choice((*SWITCHES, *SWITCHES, *OTHERS))
    text = rng.choice(["true", "false", "0", "2", "ünï", "$(PATH)", " "])
    form = rng.choice(
        [
            {"value": text},
            {"value": text},
            {},
            {"valueFrom": {"secretKeyRef": {"name": "s", "key": "k", "optional": True}}},
            {"valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}},
            {"valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}}},
            {"valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "0"}}},
        ]
    )
    return {"name": name, **copy.deepcopy(form)}
