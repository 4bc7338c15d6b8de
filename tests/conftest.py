"""What all tests share: one cluster per run, a namespace per test, and no silent skips where it counts."""

import contextlib
import os
import uuid
from collections.abc import Generator, Iterator

import pytest
from hypothesis import HealthCheck, settings
from xdist.workermanage import WorkerController  # type: ignore[import-untyped] # xdist has no types

from lab.cluster import Cluster
from lab.keeper import ClusterUnavailableError, Keeper, ask
from tests.privilege import Privilege

KEEPER = pytest.StashKey[Keeper]()
ADDRESS = "keeper_address"


# How long an example takes says nothing on a machine that others use as well. All else as it is, in CI and elsewhere.
settings.register_profile("patient", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Privilege(_started), "privilege")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: WorkerController) -> None:
    """In the controller, once per worker: they all get the address of the same keeper."""
    node.workerinput[ADDRESS] = _keeper(node.config).address


def pytest_collection_finish(session: pytest.Session) -> None:
    """Starts the cluster (the first time ever: builds it) before the first test's clock runs."""
    wanted = any("cluster" in getattr(item, "fixturenames", ()) for item in session.items)
    if wanted and not session.config.option.collectonly:
        # A failure is told by each test that needs it.
        with contextlib.suppress(ClusterUnavailableError):
            ask(_address(session.config))


def pytest_unconfigure(config: pytest.Config) -> None:
    if keeper := config.stash.get(KEEPER, None):
        keeper.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        _fail_in_ci(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if report.skipped:
        _fail_in_ci(report)
    return report


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """The run's cluster, shared by all workers, with the CRD installed. Never stop or freeze it: make your own."""
    return ask(_address(request.config))


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A fresh namespace that pods can be made in; deleted after the test."""
    name = f"test-{uuid.uuid4().hex[:10]}"
    path = f"/api/v1/namespaces/{name}"
    cluster.kube.create("/api/v1/namespaces", {"metadata": {"name": name}})
    cluster.kube.wait_for(f"{path}/serviceaccounts/default", lambda _: True, "the namespace's ServiceAccount")
    yield name
    cluster.kube.delete(path)


def _keeper(config: pytest.Config) -> Keeper:
    if KEEPER not in config.stash:
        capture = config.pluginmanager.getplugin("capturemanager")
        # Its stderr is ours: the progress of a build must reach the person who waits for it.
        with capture.global_and_fixture_disabled():
            config.stash[KEEPER] = Keeper.spawn()
    return config.stash[KEEPER]


def _started(config: pytest.Config) -> Cluster | None:
    """The shared cluster; None if it could not be started."""
    with contextlib.suppress(ClusterUnavailableError):
        return ask(_address(config))
    return None


def _address(config: pytest.Config) -> str:
    shared = getattr(config, "workerinput", {}).get(ADDRESS)
    return shared or _keeper(config).address


def _fail_in_ci(report: pytest.TestReport | pytest.CollectReport) -> None:
    if os.environ.get("CI", "") not in {"", "0", "false"}:
        report.outcome = "failed"
        report.longrepr = f"skipped, and in CI nothing may be: {report.longrepr}"
