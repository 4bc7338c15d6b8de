"""A namespace with an application, its Ideogram, its operator, and a tenant who may write integrations only."""

import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from lab.cluster import Cluster
from lab.simulator import Simulator
from tests.e2e.conftest import (
    RunOperator,
    account,
    operator,
    pytest_runtest_makereport,
    rights,
    run_operator,
    shop,
    simulator,
)
from tests.e2e.shop import Shop
from tests.tenants.recorder import Recorder
from tests.tenants.tenant import Tenant, make_tenant

__all__ = [
    "RunOperator",
    "account",
    "operator",
    "pytest_runtest_makereport",
    "rights",
    "run_operator",
    "shop",
    "simulator",
]


@pytest.fixture
def tenant(cluster: Cluster, shop: Shop, tmp_path: Path) -> Tenant:
    return make_tenant(cluster, shop, tmp_path)


@pytest.fixture
def elsewhere() -> Iterator[Recorder]:
    """A server of the tenant's, which nobody has allowed."""
    with Recorder() as running:
        yield running


@pytest.fixture
def neighbour(cluster: Cluster) -> Iterator[Shop]:
    """Another namespace with its own Ideogram and key, whose integrations are somebody else's."""
    name = f"test-{uuid.uuid4().hex[:10]}"
    with ExitStack() as ends:
        running = ends.enter_context(Simulator.in_thread())
        cluster.kube.create("/api/v1/namespaces", {"metadata": {"name": name}})
        ends.callback(cluster.kube.delete, f"/api/v1/namespaces/{name}")
        path = f"/api/v1/namespaces/{name}/serviceaccounts/default"
        cluster.kube.wait_for(path, lambda _: True, "the neighbour's ServiceAccount")
        found = Shop(cluster=cluster, namespace=name, simulator=running)
        found.secret(running.key)
        yield found
