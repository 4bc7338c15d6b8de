"""A fresh namespace, its own Ideogram and its own operator for every test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from lab.cluster import Cluster
from lab.kube import Kube
from lab.operator import Flags, Operator, grant_rights, operator_kubeconfig
from lab.processes import Child
from lab.simulator import Simulator
from lab.warm import WarmChild
from tests.e2e.rights import Rights
from tests.e2e.shop import Shop
from tests.servers import bucket_server, mariadb, mariadb_server, postgres, postgres_server, shared_servers

__all__ = ["bucket_server", "mariadb", "mariadb_server", "postgres", "postgres_server", "shared_servers"]

RunOperator = Callable[..., Operator]


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator.in_thread() as running:
        yield running


@pytest.fixture
def shop(cluster: Cluster, namespace: str, simulator: Simulator) -> Shop:
    """A namespace with a working key in its Secret."""
    found = Shop(cluster=cluster, namespace=namespace, simulator=simulator)
    found.secret(simulator.key)
    return found


@pytest.fixture
def account(shop: Shop, tmp_path: Path) -> Kube:
    """A client with the operator's own rights; using it makes sure that they have been granted."""
    grant_rights(shop.cluster, shop.namespace)
    return Kube.from_kubeconfig(operator_kubeconfig(shop.cluster.access, shop.namespace, tmp_path / "account.yaml"))


@pytest.fixture
def rights(shop: Shop, account: Kube) -> Rights:
    """The operator's rights, to be taken away and given back."""
    return Rights(shop, account)


@pytest.fixture
def ops(shop: Shop) -> Iterator[str]:
    """A namespace of the operator's own, from which it may work in all others: its rights outlive the shop's."""
    name = f"{shop.namespace}-ops"
    shop.kube.create("/api/v1/namespaces", {"metadata": {"name": name}})
    yield name
    for kind in ("clusterrolebindings", "clusterroles"):
        shop.kube.delete(f"/apis/rbac.authorization.k8s.io/v1/{kind}/{name}-ideogram-operator")
    shop.kube.delete(f"/api/v1/namespaces/{name}")


@pytest.fixture
def run_operator(shop: Shop, tmp_path: Path) -> Iterator[RunOperator]:
    """Starts the operator for the shop; whatever happens to it, it is gone after the test."""
    with ExitStack() as ends:

        def run(
            *more: str,
            hosts: tuple[str, ...] = (),
            control_url: str | None = None,
            values: dict[str, Any] | None = None,
            server: str | None = None,
            ca: str | None = None,
            log_level: str = "info",
            grant: bool = True,
            home: str | None = None,
            environment: dict[str, str] | None = None,
            output: Path | int | None = None,
            process: type[Child] | None = None,
        ) -> Operator:
            home = home or shop.namespace
            if grant:
                grant_rights(shop.cluster, home, values=values)
            path = tmp_path / "operator.yaml"
            flags = Flags(
                kubeconfig=operator_kubeconfig(shop.cluster.access, home, path, server=server, ca=ca),
                namespaces=(shop.namespace,),
                allow_hosts=hosts or (shop.simulator.url,),
                control_url=shop.simulator.control_url if control_url is None else control_url,
                log_level=log_level,
                more=more,
            )
            folder = tmp_path / "operator"
            folder.mkdir(exist_ok=True)
            # Variables of the loader, and an output that breaks, are for a process that is begun from nothing.
            usual = WarmChild if environment is None and output is None else Child
            made = Operator(flags, folder=folder, environment=environment, output=output, process=process or usual)
            return ends.enter_context(made)

        yield run


@pytest.fixture
def operator(run_operator: RunOperator) -> Operator:
    """The operator at work, as most tests want it."""
    return run_operator()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """A failed test shows what the operator said."""
    report = yield
    folder = getattr(item, "funcargs", {}).get("tmp_path")
    log = folder / "operator" / "operator.log" if folder else None
    if report.when == "call" and report.failed and log is not None and log.exists():
        report.sections.append(("operator log", "\n".join(log.read_text(errors="replace").splitlines()[-60:])))
    return report
