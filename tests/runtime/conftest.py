"""The run's cluster for what is better tried there than told."""

from collections.abc import AsyncIterator

import pytest

from ideogram_operator.cluster.gateway import Gateway
from lab.cluster import Cluster


@pytest.fixture
async def gateway(cluster: Cluster) -> AsyncIterator[Gateway]:
    async with await Gateway.open(cluster.kubeconfig) as opened:
        yield opened
