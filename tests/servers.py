"""Fixtures for real servers, shared by all workers of a run; each test gets a database or a bucket of its own.

Import them into the conftest of the tests that use them.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from lab.servers.bucket_server import BucketAccess
from lab.servers.mariadb import mariadb_do, new_mariadb_database
from lab.servers.postgres import DatabaseServer, new_postgres_database, postgres_do
from lab.servers.shared import SharedServers


@dataclass(frozen=True, kw_only=True)
class TestDatabase:
    """An empty database of the test's own."""

    __test__ = False

    server: DatabaseServer
    name: str
    carry_out: Callable[..., None]

    def do(self, *statements: str) -> None:
        self.carry_out(self.server, self.name, *statements)

    def url(self, **more: str) -> str:
        return self.server.url(self.name, **more)


@pytest.fixture(scope="session")
def shared_servers(request: pytest.FixtureRequest) -> Iterator[SharedServers]:
    workerinput = getattr(request.config, "workerinput", {})
    with SharedServers(workerinput.get("testrunuid") or f"{os.getpid()}") as servers:
        yield servers


@pytest.fixture(scope="session")
def postgres_server(shared_servers: SharedServers) -> DatabaseServer:
    return shared_servers.postgres()


@pytest.fixture(scope="session")
def mariadb_server(shared_servers: SharedServers) -> DatabaseServer:
    return shared_servers.mariadb()


@pytest.fixture(scope="session")
def bucket_server(shared_servers: SharedServers) -> BucketAccess:
    """Its ``new_bucket`` makes a bucket of the test's own."""
    return shared_servers.buckets()


@pytest.fixture
def postgres(postgres_server: DatabaseServer) -> TestDatabase:
    name = new_postgres_database(postgres_server)
    return TestDatabase(server=postgres_server, name=name, carry_out=postgres_do)


@pytest.fixture
def mariadb(mariadb_server: DatabaseServer) -> TestDatabase:
    name = new_mariadb_database(mariadb_server)
    return TestDatabase(server=mariadb_server, name=name, carry_out=mariadb_do)
