"""A PostgreSQL of its own: Debian's programs, a fresh data folder, TLS, passwords, no durability."""

import contextlib
import signal
import subprocess
import uuid
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import psycopg
from psycopg import sql

from lab.controlplane.certificates import issue
from lab.folders import run_folder
from lab.processes import Child
from lab.servers.accounts import Account, data_folder
from lab.servers.packages import program
from lab.servers.starting import start_on_free_port
from lab.waiting import NeverHappenedError, wait_until

ADMIN: Final = "postgres"
PASSWORD: Final = "the-laboratory-s-own"  # noqa: S105 - of a server on localhost that lives for minutes
_SETTINGS: Final = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "16MB",
    "autovacuum": "off",
    "ssl": "on",
    "ssl_cert_file": "server.crt",
    "ssl_key_file": "server.key",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseServer:
    """Where a database server is, and its administrator: enough for other processes to use it.

    Attributes:
        ca: the authority of its certificate, a PEM file; the certificate is good for ``localhost`` and ``127.0.0.1``.
    """

    scheme: str
    port: int
    user: str
    password: str
    ca: Path

    def url(self, database: str, *, user: str | None = None, password: str | None = None, query: str = "") -> str:
        """The URL of ``database`` as an application would have it; the administrator's, unless another is named."""
        login = f"{user or self.user}:{password or self.password}"
        return f"{self.scheme}://{login}@127.0.0.1:{self.port}/{database}{query}"


class Postgres:
    """A PostgreSQL server; running inside its ``with`` block.

    Attributes:
        server: where it is.
        child: its process, to be frozen or killed by a test.
    """

    def __enter__(self) -> Self:
        """Starts it (about 2 s).

        Raises:
            PackageMissingError: Debian's package ``postgresql`` is not installed.
            ChildDiedError: it ended while starting.
        """
        with ExitStack() as undo:
            run = undo.enter_context(run_folder("postgres"))
            account = Account.of("postgres")
            data = undo.enter_context(data_folder(account, run))
            certificates = issue(run)
            cluster = _prepare(account, data)
            account.give(certificates, cluster)
            command: list[str | Path] = [
                program("postgres"),
                "-D",
                cluster,
                *(f"-c{name}={value}" for name, value in _SETTINGS.items()),
            ]
            self.child, port = start_on_free_port(
                lambda port: Child("postgres", account.command([*command, f"-cport={port}"]), folder=run), _answers
            )
            undo.callback(_end, self.child)
            self.server = DatabaseServer(
                scheme="postgresql", port=port, user=ADMIN, password=PASSWORD, ca=certificates.ca
            )
            self._ends = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends.close()


def new_postgres_database(server: DatabaseServer) -> str:
    """A database of nobody else's on a server that others use too; its name."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    return name


def postgres_do(server: DatabaseServer, database: str, *statements: str) -> None:
    """Carries out ``statements`` in ``database`` as administrator."""
    with psycopg.connect(server.url(database), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def _prepare(account: Account, data: Path) -> Path:
    password_file = data / "password"
    password_file.write_text(PASSWORD)
    account.own(password_file)
    folder = data / "cluster"
    command: list[str | Path] = [
        *(program("initdb"), "--no-sync", "--encoding=UTF8", "--locale=C", f"--username={ADMIN}"),
        *("--auth=scram-sha-256", f"--pwfile={password_file}", "-D", folder),
    ]
    done = subprocess.run(account.command(command), cwd=data, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"initdb failed: {done.stderr.strip()}")
    return folder


def _end(child: Child) -> None:
    # Immediate shutdown: it collects its own children, which nobody does in a container after a SIGKILL.
    child.thaw()
    child.signal(signal.SIGQUIT)
    with contextlib.suppress(NeverHappenedError):
        wait_until(lambda: not child.alive(), "PostgreSQL to end", timeout=3)
    child.kill()


def _answers(port: int) -> bool:
    try:
        psycopg.connect(f"postgresql://{ADMIN}:{PASSWORD}@127.0.0.1:{port}/postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
