"""The laboratory's real servers: they start, are what they say, and leave nothing behind."""

import secrets
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pymysql
import pytest

from lab.cluster import REPOSITORY
from lab.folders import runs_folder
from lab.processes import Child, ChildDiedError
from lab.servers import BucketServer, MariaDB, Postgres
from lab.servers.mariadb import mariadb_do, new_mariadb_database
from lab.servers.packages import PACKAGES, PackageMissingError, advice, missing_packages, program
from lab.servers.postgres import new_postgres_database, postgres_do
from lab.servers.shared import ServersUnavailableError, SharedServers
from lab.servers.starting import start_on_free_port
from lab.waiting import wait_until


def test_postgres_keeps_what_it_is_told_and_asks_for_a_password() -> None:
    with Postgres() as postgres:
        name = new_postgres_database(postgres.server)
        postgres_do(
            postgres.server, name, "CREATE TABLE generations (seed bigint)", "INSERT INTO generations VALUES (7)"
        )
        with psycopg.connect(postgres.server.url(name)) as connection:
            assert connection.execute("SELECT seed FROM generations").fetchall() == [(7,)]
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(postgres.server.url(name, password="wrong"))


def test_mariadb_keeps_what_it_is_told_and_asks_for_a_password() -> None:
    with MariaDB() as mariadb:
        name = new_mariadb_database(mariadb.server)
        mariadb_do(mariadb.server, name, "CREATE TABLE generations (seed bigint)", "INSERT INTO generations VALUES (7)")
        with pytest.raises(pymysql.OperationalError):
            pymysql.connect(host="127.0.0.1", port=mariadb.server.port, user=mariadb.server.user, password="wrong")


def test_the_store_lets_the_tenant_do_what_the_policy_says() -> None:
    with BucketServer() as buckets:
        name = buckets.access.new_bucket()
        assert not buckets.access.has(name, "a.png")
        buckets.access.put(name, "a.png")
        assert buckets.access.has(name, "a.png")
        buckets.access.allow(name, [])


@pytest.mark.parametrize("server", [Postgres, MariaDB, BucketServer])
def test_a_server_leaves_neither_process_nor_folder(server: Callable[[], Any]) -> None:
    with server() as running:
        pid = running.child.pid
        folder = running.child.log.parent
        data = list(Path(tempfile.gettempdir()).glob(f"ideogram-data-*-{folder.name}-*"))
        assert psutil.pid_exists(pid)
    assert not psutil.pid_exists(pid)
    assert not folder.exists()
    assert not any(path.exists() for path in data)


@pytest.mark.parametrize("server", ["Postgres", "MariaDB", "BucketServer"])
def test_a_server_dies_with_the_process_that_started_it(server: str) -> None:
    code = f"import lab.servers, time\nwith lab.servers.{server}() as s:\n print(s.child.pid, flush=True)\n time.sleep(600)"
    starter = _python(code)
    pid = int(_first_line(starter))
    starter.kill()
    starter.communicate()
    wait_until(lambda: not _runs(pid), "the server to die")


def test_an_orphan_s_data_is_swept_by_the_next_one() -> None:
    code = "import lab.servers, time\nwith lab.servers.Postgres() as s:\n print(s.child.log.parent.name, flush=True)\n time.sleep(600)"
    starter = _python(code)
    run = _first_line(starter)
    starter.kill()
    starter.communicate()
    with Postgres():
        assert not (runs_folder() / run).exists()
        assert not list(Path(tempfile.gettempdir()).glob(f"ideogram-data-*-{run}-*"))


def test_processes_of_one_run_share_a_server_that_ends_with_the_last_of_them() -> None:
    run = secrets.token_hex(8)
    with SharedServers(run) as first:
        with SharedServers(run) as second:
            server = first.postgres()
            assert second.postgres() == server
        name = new_postgres_database(server)
        assert psycopg.connect(server.url(name))
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.url(name))


def test_a_run_that_goes_on_after_its_servers_ended_gets_new_ones() -> None:
    run = secrets.token_hex(8)
    with SharedServers(run) as first:
        before = first.buckets()
    with SharedServers(run) as second:
        after = second.buckets()
        assert after.new_bucket()
    assert before != after


def test_a_caller_that_is_killed_takes_its_servers_along() -> None:
    code = (
        "import time\nfrom lab.servers.shared import SharedServers\nfrom pathlib import Path\n"
        f"with SharedServers('{secrets.token_hex(8)}') as s:\n print(s.buckets().endpoint, flush=True)\n time.sleep(600)"
    )
    caller = _python(code)
    port = int(_first_line(caller).rsplit(":", 1)[1])
    caller.kill()
    caller.communicate()
    wait_until(lambda: not _listens(port), "the store to end with its only caller")


def test_every_caller_hears_why_a_server_did_not_start(tmp_path: Path) -> None:
    run = secrets.token_hex(8)
    code = f"from lab.servers.shared import SharedServers\nwith SharedServers('{run}') as s:\n s.postgres()"
    nothing_on_it = f"{tmp_path}"
    done = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env={"PATH": nothing_on_it, "HOME": nothing_on_it},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ServersUnavailableError.__name__ in done.stderr


def test_a_taken_port_is_given_up_for_another(tmp_path: Path) -> None:
    tried: list[int] = []

    def start(port: int) -> Child:
        tried.append(port)
        return Child("server", ["sh", "-c", "exit 1" if len(tried) < 3 else "sleep 60"], folder=tmp_path)

    child, port = start_on_free_port(start, lambda _: len(tried) == 3)
    child.kill()
    assert port == tried[-1]
    assert len(tried) == 3


def test_a_server_that_never_starts_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    with pytest.raises(ChildDiedError, match="no room"):
        start_on_free_port(
            lambda _: Child("server", ["sh", "-c", "echo no room; exit 1"], folder=tmp_path), lambda _: False
        )


def test_what_is_missing_is_told_with_the_command_that_installs_it() -> None:
    assert missing_packages() == []
    assert advice() == "apt-get install --no-install-recommends postgresql mariadb-server prometheus libfaketime"
    assert set(PACKAGES) == {"postgresql", "mariadb-server", "prometheus"}
    with pytest.raises(PackageMissingError, match="apt-get install --no-install-recommends"):
        program("a-server-that-nobody-wrote")


def _python(code: str) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", code], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own


def _first_line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _runs(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_check_says_what_to_install_and_fails() -> None:
    present = subprocess.run([sys.executable, "-m", "lab.servers", "--check"], cwd=REPOSITORY, check=False)
    assert present.returncode == 0
