"""When a rollout is over, by table; and that a real one is seen to go through."""

import asyncio
from typing import Any

import pytest

from ideogram_operator.cluster import kinds
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.cluster.rollout import Phase, rollout
from ideogram_operator.cluster.targets import release, switch
from ideogram_operator.resource.words import TargetKind
from tests.cluster.conftest import Make, now
from tests.cluster.shapes import ROLLING, claim

D, S, N = TargetKind.DEPLOYMENT, TargetKind.STATEFUL_SET, TargetKind.DAEMON_SET
EXCEEDED = {"conditions": [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]}
QUOTA = "exceeded quota: full, requested: pods=1, used: pods=4, limited: pods=4"
REFUSED = {"conditions": [{"type": "ReplicaFailure", "status": "True", "message": QUOTA}]}
MENDED = {"conditions": [{"type": "ReplicaFailure", "status": "False", "message": QUOTA}]}
COMPLETE, PROGRESSING, STUCK, NOT_ROLLING = Phase.COMPLETE, Phase.PROGRESSING, Phase.STUCK, Phase.NOT_ROLLING


def deployed(updated: int, total: int, available: int) -> dict[str, Any]:
    return {"updatedReplicas": updated, "replicas": total, "availableReplicas": available}


def sets(updated: int, ready: int, *, moved: bool = False) -> dict[str, Any]:
    revisions = {"currentRevision": "b" if moved else "a", "updateRevision": "b"}
    return {"updatedReplicas": updated, "replicas": 3, "readyReplicas": ready} | revisions


def daemons(updated: int, available: int) -> dict[str, Any]:
    return {"desiredNumberScheduled": 3, "updatedNumberScheduled": updated, "numberAvailable": available}


@pytest.mark.parametrize(
    ("kind", "spec", "status", "phase", "ready", "message"),
    [
        (D, {}, deployed(3, 3, 3), COMPLETE, True, "3 of 3 pods ready"),
        (D, {}, deployed(2, 4, 3), PROGRESSING, True, "2 of 3 pods updated"),
        (D, {}, deployed(3, 4, 3), PROGRESSING, True, "1 old pods still there"),
        (D, {}, deployed(3, 3, 2), PROGRESSING, False, "2 of 3 pods ready"),
        (D, {}, deployed(1, 4, 3) | EXCEEDED, STUCK, True, "the progress deadline is exceeded; 1 of 3 pods updated"),
        (
            D,
            {},
            deployed(0, 2, 2) | REFUSED,
            PROGRESSING,
            False,
            "0 of 3 pods updated; no new pod can be made: exceeded",
        ),
        (D, {}, deployed(0, 2, 2) | MENDED, PROGRESSING, False, "0 of 3 pods updated"),
        (
            D,
            {"paused": True},
            deployed(0, 3, 3),
            NOT_ROLLING,
            True,
            "pods of Deployment shop will not follow: it is paused",
        ),
        (D, {"paused": True}, deployed(3, 3, 3), COMPLETE, True, ""),
        (D, {"replicas": 0}, {}, COMPLETE, True, ""),
        (D, {}, {"observedGeneration": 1} | deployed(3, 3, 3), PROGRESSING, False, "waiting for its controller"),
        (S, {}, sets(3, 3, moved=True), COMPLETE, True, ""),
        (S, {}, sets(3, 3), PROGRESSING, True, ""),
        (S, {}, sets(1, 2), PROGRESSING, False, "1 of 3 pods updated"),
        (S, {"updateStrategy": {"rollingUpdate": {"partition": 2}}}, sets(1, 3), COMPLETE, True, ""),
        (S, {"updateStrategy": {"rollingUpdate": {"partition": 2}}}, sets(0, 3), NOT_ROLLING, True, "partition"),
        (S, {"updateStrategy": {"type": "OnDelete"}}, sets(0, 3), NOT_ROLLING, True, "OnDelete"),
        (S, {"updateStrategy": {"type": "OnDelete"}}, sets(3, 3), COMPLETE, True, ""),
        (N, {}, daemons(3, 3), COMPLETE, True, ""),
        (N, {}, daemons(1, 3), PROGRESSING, True, "1 of 3 pods updated"),
        (N, {}, daemons(3, 1), PROGRESSING, False, "1 of 3 pods ready"),
        (N, {"updateStrategy": {"type": "OnDelete"}}, daemons(0, 3), NOT_ROLLING, True, "OnDelete"),
        (TargetKind.CONFIG_MAP, {}, {}, COMPLETE, True, "no pods"),
        (TargetKind.CRON_JOB, {}, {}, COMPLETE, True, "no pods"),
    ],
)
def test_a_rollout_is_judged_as_kubectl_does(
    *, kind: TargetKind, spec: Any, status: Any, phase: Phase, ready: bool, message: str
) -> None:
    live = {
        "metadata": {"name": "shop", "generation": 2},
        "spec": {"replicas": 3} | spec,
        "status": {"observedGeneration": 2} | status,
    }
    found = rollout(kind, live)
    assert (found.phase, found.ready) == (phase, ready)
    assert message in found.message


@pytest.mark.cluster
@pytest.mark.parametrize("kind", ROLLING)
async def test_a_real_rollout_is_followed_to_its_end_both_ways(gateway: Gateway, make: Make, kind: TargetKind) -> None:
    containers = [{"name": "web", "image": "app:1"}]
    target = await make(kind, containers=containers, spec={} if kind is N else {"replicas": 2})
    where = kinds.address(kind, target.namespace, target.name)

    async def complete() -> None:
        async with asyncio.timeout(60):
            while rollout(kind, await gateway.get(where)).phase is not Phase.COMPLETE:  # noqa: ASYNC110 - on a server
                await asyncio.sleep(0.05)

    await complete()
    switched = await switch(gateway, target, claim(), now=now)
    assert switched.plan.rolls
    await complete()
    assert (await release(gateway, target, "shop", now=now)).plan.rolls
    await complete()
