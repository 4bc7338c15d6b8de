"""The row that a test measures: kept when the test has passed, and only then."""

from collections.abc import Iterator
from typing import Any

import pytest

from lab.cluster import Cluster
from tests.e2e.conftest import account, operator, ops, rights, run_operator, shop, simulator
from tests.e2e.conftest import pytest_runtest_makereport as shows_the_operators_log
from tests.e2e.shop import Shop
from tests.faults.detour import Detour, Road, detour, road
from tests.faults.measuring import Measuring
from tests.faults.standing import Stall, market, stall

__all__ = ["account", "operator", "ops", "rights", "run_operator", "shop", "simulator"]

PASSED = pytest.StashKey[bool]()


@pytest.fixture
def row(request: pytest.FixtureRequest) -> Iterator[Measuring]:
    marker = request.node.get_closest_marker("row")
    assert marker is not None, "say which row it measures"
    measuring = Measuring(marker.args[0])
    yield measuring
    if request.node.stash.get(PASSED, False):
        measuring.keep()


@pytest.fixture(scope="session")
def standing_market(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with market(cluster, tmp_path_factory.mktemp("market")) as found:
        yield found


@pytest.fixture(name="stall")
def a_stall(standing_market: Shop) -> Iterator[Stall]:
    with stall(standing_market) as found:
        yield found


@pytest.fixture(scope="session", name="road")
def a_road(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    with road(cluster, tmp_path_factory.mktemp("road")) as found:
        yield found


@pytest.fixture(name="detour")
def a_detour(road: Road) -> Iterator[Detour]:
    with detour(road) as found:
        yield found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report = yield from shows_the_operators_log(item, call)
    if report.when == "call":
        item.stash[PASSED] = report.passed
    return report
