"""A MariaDB of its own: Debian's programs, a fresh data folder, TLS, passwords, no durability."""

import subprocess
import uuid
from contextlib import ExitStack, closing
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pymysql

from lab.controlplane.certificates import issue
from lab.folders import run_folder
from lab.processes import Child
from lab.servers.accounts import Account, data_folder
from lab.servers.packages import program
from lab.servers.postgres import PASSWORD, DatabaseServer
from lab.servers.starting import start_on_free_port

ADMIN: Final = "laboratory"
_SETTINGS: Final = (
    "--bind-address=127.0.0.1",
    "--skip-log-bin",
    "--skip-name-resolve",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=0",
    "--innodb-use-native-aio=0",
    "--innodb-buffer-pool-size=32M",
    "--innodb-log-file-size=8M",
    "--max-connections=200",
    "--performance-schema=OFF",
)


class MariaDB:
    """A MariaDB server; running inside its ``with`` block.

    Attributes:
        server: where it is.
        child: its process, to be frozen or killed by a test.
    """

    def __enter__(self) -> Self:
        """Starts it (about 3 s).

        Raises:
            PackageMissingError: Debian's package ``mariadb-server`` is not installed.
            ChildDiedError: it ended while starting.
        """
        with ExitStack() as undo:
            run = undo.enter_context(run_folder("mariadb"))
            account = Account.of("mysql")
            data = undo.enter_context(data_folder(account, run))
            certificates = issue(run)
            tables = _prepare(account, data)
            account.give(certificates, data)
            command: list[str | Path] = [
                *(program("mariadbd"), "--no-defaults", f"--datadir={tables}", f"--socket={data / 'm.sock'}"),
                *(f"--ssl-cert={data / 'server.crt'}", f"--ssl-key={data / 'server.key'}"),
                *(
                    f"--init-file={_first_statements(account, data)}",
                    f"--pid-file={data / 'm.pid'}",
                    f"--tmpdir={data}",
                ),
                *_SETTINGS,
            ]
            self.child, port = start_on_free_port(
                lambda port: Child("mariadb", account.command([*command, f"--port={port}"]), folder=run), _answers
            )
            undo.callback(self.child.kill)
            self.server = DatabaseServer(scheme="mysql", port=port, user=ADMIN, password=PASSWORD, ca=certificates.ca)
            self._ends = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends.close()


def new_mariadb_database(server: DatabaseServer) -> str:
    """A database of nobody else's on a server that others use too; its name."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    mariadb_do(server, "mysql", f"CREATE DATABASE {name}")
    return name


def mariadb_do(server: DatabaseServer, database: str, *statements: str) -> None:
    """Carries out ``statements`` in ``database`` as administrator."""
    with closing(_connect(server.port, database)) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _prepare(account: Account, data: Path) -> Path:
    tables = data / "tables"
    command: list[str | Path] = [
        *(program("mariadb-install-db"), "--no-defaults", f"--datadir={tables}", "--skip-test-db"),
        *("--auth-root-authentication-method=normal", "--innodb-log-file-size=8M"),
    ]
    done = subprocess.run(account.command(command), cwd=data, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"mariadb-install-db failed: {done.stdout.strip()} {done.stderr.strip()}")
    return tables


def _first_statements(account: Account, data: Path) -> Path:
    file = data / "first.sql"
    file.write_text(
        f"CREATE USER IF NOT EXISTS '{ADMIN}'@'%' IDENTIFIED BY '{PASSWORD}';\n"
        f"GRANT ALL ON *.* TO '{ADMIN}'@'%' WITH GRANT OPTION;\n"
    )
    account.own(file)
    return file


def _connect(port: int, database: str) -> "pymysql.connections.Connection[pymysql.cursors.Cursor]":
    return pymysql.connect(
        host="127.0.0.1",
        port=port,
        user=ADMIN,
        password=PASSWORD,
        database=database,
        connect_timeout=2,
        autocommit=True,
    )


def _answers(port: int) -> bool:
    try:
        _connect(port, "mysql").close()
    except pymysql.OperationalError:
        return False
    return True
