"""A gateway to the run's cluster, as administrator, and what is soonest made there."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ideogram_operator.cluster import kinds
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.cluster.targets import Target
from ideogram_operator.resource.words import TargetKind
from lab.cluster import Cluster

Make = Callable[..., Awaitable[Target]]


@pytest.fixture
async def gateway(cluster: Cluster) -> AsyncIterator[Gateway]:
    async with await Gateway.open(cluster.kubeconfig) as opened:
        yield opened


@pytest.fixture
def make(gateway: Gateway, namespace: str) -> Make:
    """Make a target of a kind; workloads scaled to 0 unless told, so that they cost no pods."""

    async def _make(kind: TargetKind, name: str = "shop", **parts: Any) -> Target:
        await gateway.post(kinds.address(kind, namespace), manifest(kind, name, **parts))
        return Target(kind=kind, namespace=namespace, name=name)

    return _make


def now() -> datetime:
    return datetime.now(UTC)


def manifest(
    kind: TargetKind,
    name: str,
    *,
    containers: list[dict[str, Any]] | None = None,
    labels: dict[str, str] | None = None,
    spec: dict[str, Any] | None = None,
    **top: Any,
) -> dict[str, Any]:
    base = {"apiVersion": kinds.shape(kind).resource.api_version, "kind": kind.value} | top
    base["metadata"] = {"name": name, "labels": labels or {}}
    pods = containers or [{"name": "web", "image": "app:1", "env": [{"name": "IDEOGRAM_ENABLED", "value": "true"}]}]
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": pods}}
    match kind:
        case TargetKind.CONFIG_MAP:
            return base
        case TargetKind.CRON_JOB:
            template["spec"] |= {"restartPolicy": "Never"}
            job = {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": template}}}
            return base | {"spec": job | (spec or {})}
    scale = {} if kind is TargetKind.DAEMON_SET else {"replicas": 0}
    if kind is TargetKind.DAEMON_SET:
        template["spec"] |= {"nodeSelector": {"no": "such-node"}}
    return base | {"spec": {"selector": {"matchLabels": {"app": name}}, "template": template} | scale | (spec or {})}
