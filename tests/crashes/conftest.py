"""The shop of the end-to-end tests, its operator behind a proxy that can stop the world."""

from collections.abc import Iterator

import pytest

from lab.api_proxy import ApiProxy
from tests.crashes.stage import Stage
from tests.e2e.conftest import RunOperator, pytest_runtest_makereport, run_operator, shop, simulator
from tests.e2e.shop import Shop

__all__ = ["pytest_runtest_makereport", "run_operator", "shop", "simulator"]


@pytest.fixture
def stage(shop: Shop, run_operator: RunOperator) -> Iterator[Stage]:
    """An operator at work, that reaches its API server through the proxy only."""
    with ApiProxy(shop.cluster.access) as proxy:
        yield Stage(shop=shop, proxy=proxy, operator=run_operator(server=proxy.url, ca=proxy.ca))
