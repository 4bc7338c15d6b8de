"""One world per worker, in which every check passes; cases spoil what is their own."""

from collections.abc import Iterator

import pytest

from lab.cluster import Cluster
from lab.operator import grant_rights
from lab.servers.bucket_server import BucketAccess
from lab.servers.mariadb import mariadb_do, new_mariadb_database
from lab.servers.postgres import DatabaseServer, new_postgres_database, postgres_do
from tests.e2e.gallery import Gallery, gallery
from tests.preflight.world import LIMITED, QUIET, World, new_namespace, tended
from tests.servers import (
    TestDatabase,
    bucket_server,
    mariadb_server,
    postgres_server,
    shared_servers,
)

__all__ = ["bucket_server", "mariadb_server", "postgres_server", "shared_servers"]


@pytest.fixture(scope="session")
def world(
    cluster: Cluster,
    tmp_path_factory: pytest.TempPathFactory,
    bucket_server: BucketAccess,
    postgres_server: DatabaseServer,
) -> Iterator[World]:
    """The shop of this worker."""
    folder = tmp_path_factory.mktemp("preflight")
    namespace, elsewhere = new_namespace(cluster.kube), new_namespace(cluster.kube)
    name = new_postgres_database(postgres_server)
    database = TestDatabase(server=postgres_server, name=name, carry_out=postgres_do)
    with gallery(cluster, namespace, folder, buckets=bucket_server, database=database) as made:
        kubeconfig = cluster.access.write(folder / "admin.yaml")
        found = World(gallery=made, folder=folder, kubeconfig=kubeconfig, elsewhere=elsewhere)
        _furnish(found)
        yield found
    for one in (namespace, elsewhere):
        cluster.kube.delete(f"/api/v1/namespaces/{one}")


def _furnish(world: World) -> None:
    """What an operator at work and an application with a past would have left behind."""
    made, shop = world.gallery, world.gallery.shop
    made.build()
    grant_rights(shop.cluster, world.namespace)
    shop.integrate("shop", environment="Production")
    made.stage()
    for name in ("shop", "staging"):
        shop.kube.patch(f"{shop.at(name)}/status", {"status": tended().to_wire()})
    _past(made)


def _past(made: Gallery) -> None:
    """Metrics of models with which all is not well. What is there at the first look counts for nothing."""
    limited = f'ideogram_generations_total{{model="{LIMITED}",status="rate_limited"}}'
    for wanted in ("", " > 3"):
        made.exporter.generated(model=LIMITED, times=30)
        made.exporter.generated("rate_limited", model=LIMITED, times=3)
        made.exporter.generated(model=QUIET, times=5)
        made.prometheus.wait_for(limited + wanted)


@pytest.fixture
def mariadb(mariadb_server: DatabaseServer) -> TestDatabase:
    """An empty database of the case's own."""
    name = new_mariadb_database(mariadb_server)
    return TestDatabase(server=mariadb_server, name=name, carry_out=mariadb_do)


@pytest.fixture
def postgres(postgres_server: DatabaseServer) -> TestDatabase:
    """An empty database of the case's own."""
    name = new_postgres_database(postgres_server)
    return TestDatabase(server=postgres_server, name=name, carry_out=postgres_do)
