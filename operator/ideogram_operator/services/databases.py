"""A database, looked at as the application uses it: connect with its URL, find the table, read its columns' names.

The drivers block, so each look has a thread of its own; a look that outlasts its deadline has its connection shut down,
which ends the thread too. Nothing is written, and no row is read.

The drivers also take a message as long as the server says it is, gigabytes too, and any number of them. So what comes
is watched, from the first byte of the login on, and a connection that brings too much is shut down as well.
"""

import asyncio
import contextlib
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
import pymysql
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from ideogram_operator.cluster.secrets import SecretValue
from ideogram_operator.services.authorities import Authorities
from ideogram_operator.services.databases_drivers import connect_mysql, connect_postgresql
from ideogram_operator.services.databases_lifeline import CutError, Lifeline
from ideogram_operator.services.databases_refusals import explain, no_rights
from ideogram_operator.services.databases_url import Dialect, Login, read_login
from ideogram_operator.services.guard import Guard
from ideogram_operator.services.results import ServiceError, Table

AT_ONCE: Final = 128
"""So many looks at a time; a hundred that hang must not keep the next one waiting."""
MOST_ADDRESSES: Final = 3
"""So many of a name's addresses are tried."""
ANSWER_LIMIT: Final = 4 * 1024 * 1024
"""The most bytes that a connection may bring, TLS included; a look at a table of 4096 columns takes less than one."""
_WATCH_SECONDS: Final = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """All that a thread needs."""

    login: Login
    addresses: tuple[str, ...]
    table: str
    timeout: float
    lifeline: Lifeline


class Databases:
    """Looks at databases, many at a time. Open it once, and close it.

    Args:
        guard: tells which hosts may be called.
        ca_file: authorities (PEM) that count besides the system's, where a URL asks to verify.

    Raises:
        OSError: ``ca_file`` cannot be read.
    """

    def __init__(self, *, guard: Guard, ca_file: Path | None = None) -> None:
        self._guard = guard
        self._ca_file = ca_file
        self._authorities = Authorities(ca_file)
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="database")
        self._lifelines: set[Lifeline] = set()

    async def find_table(self, url: SecretValue | str, table: str, *, namespace: str, timeout: float) -> Table:  # noqa: ASYNC109 - it also bounds a thread, which nothing cancels
        """The table and its columns.

        Args:
            url: as the application has it, with any driver of PostgreSQL, MySQL or MariaDB.
            table: ``TABLE`` or ``SCHEMA.TABLE``; a view counts.
            namespace: the integration's.
            timeout: seconds, for all of it.

        Raises:
            ServiceError: it was not found, and the message says why without a part of the URL but host and port, and
                without those where they are not allowed.
        """
        login = read_login(url if isinstance(url, str) else url.reveal())
        self._guard.host(login.host, login.port, namespace=namespace, secret=True)
        lifeline = Lifeline()
        self._lifelines.add(lifeline)
        try:
            async with asyncio.timeout(timeout):
                addresses = tuple(await self._guard.addresses(login.host, login.port))[:MOST_ADDRESSES]
                look = _Look(login=login, addresses=addresses, table=table, timeout=timeout, lifeline=lifeline)
                return await self._watched(look)
        except TimeoutError:
            raise ServiceError(
                f"the database at {login.host}:{login.port} did not answer within {timeout:g} s",
                hint="Look at the server itself, and that a NetworkPolicy lets the operator out.",
            ) from None
        finally:
            lifeline.cut()
            self._lifelines.discard(lifeline)

    async def _watched(self, look: _Look) -> Table:
        """What the look finds, unless it is answered without an end."""
        watching = asyncio.create_task(_watch(look.lifeline))
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._look, look)
        finally:
            watching.cancel()

    def close(self) -> None:
        """Ends all looks and gives the threads back; does not wait for them."""
        for lifeline in tuple(self._lifelines):
            lifeline.cut()
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._authorities.close()

    def _look(self, look: _Look) -> Table:
        try:
            with _bound(look.login.dialect, self._connect(look)) as connection:
                return _found(connection, look)
        except (SQLAlchemyError, psycopg.Error, pymysql.Error, OSError, RuntimeError, CutError) as error:
            if look.lifeline.endless:
                raise _endless(look.login) from None
            raise explain(error, look.login, look.table) from None
        finally:
            look.lifeline.release()

    def _connect(self, look: _Look) -> Any:
        if look.login.dialect is Dialect.POSTGRESQL:
            return connect_postgresql(
                look.login,
                look.addresses,
                authorities=self._authorities.path,
                timeout=look.timeout,
                lifeline=look.lifeline,
            )
        return connect_mysql(
            look.login, look.addresses, ca_file=self._ca_file, timeout=look.timeout, lifeline=look.lifeline
        )


async def _watch(lifeline: Lifeline) -> None:
    while True:
        await asyncio.sleep(_WATCH_SECONDS)
        if lifeline.received() > ANSWER_LIMIT:
            lifeline.endless = True
            lifeline.cut()


def _endless(login: Login) -> ServiceError:
    return ServiceError(
        f"the database at {login.host}:{login.port} answers with more than {ANSWER_LIMIT // 1024 // 1024} MiB",
        hint="Check that host and port of the URL are the database's.",
    )


_ENGINES: Final[dict[Dialect, tuple[str, dict[str, Any]]]] = {
    # hstore would be one more question to the server, about a type that no column here needs.
    Dialect.POSTGRESQL: ("postgresql+psycopg://", {"use_native_hstore": False}),
    Dialect.MYSQL: ("mysql+pymysql://", {}),
}


@contextlib.contextmanager
def _bound(dialect: Dialect, raw: Any) -> Iterator[Connection]:
    name, options = _ENGINES[dialect]
    engine = create_engine(name, creator=lambda: raw, poolclass=NullPool, hide_parameters=True, **options)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        # The engine has closed it, unless it could not begin; PyMySQL takes offence at a second time.
        with contextlib.suppress(psycopg.Error, pymysql.Error):
            raw.close()


def _found(connection: Connection, look: _Look) -> Table:
    schema, _, name = look.table.rpartition(".")
    if look.login.dialect is Dialect.POSTGRESQL:
        connection.execute(text(f"SET LOCAL statement_timeout = {int(look.timeout * 1000)}"))
    columns = inspect(connection).get_columns(name, schema=schema or None)
    if look.login.dialect is Dialect.POSTGRESQL and not _has_rights(connection, look.table):
        raise no_rights(look.table)
    return Table(
        server=_server(connection, look.login.dialect),
        name=look.table,
        columns=frozenset(str(column["name"]).lower() for column in columns),
    )


def _has_rights(connection: Connection, table: str) -> bool:
    """PostgreSQL tells everybody the columns of every table; MySQL only those who may use it."""
    quoted = ".".join(f'"{part}"' for part in table.split("."))
    question = text("SELECT has_table_privilege(:table, 'SELECT, INSERT, UPDATE')")
    return bool(connection.execute(question, {"table": quoted}).scalar())


def _server(connection: Connection, dialect: Dialect) -> str:
    if dialect is Dialect.POSTGRESQL:
        version = str(connection.execute(text("SHOW server_version")).scalar())
        return f"PostgreSQL {_number(version)}"
    version = str(connection.execute(text("SELECT VERSION()")).scalar())
    return f"{'MariaDB' if 'mariadb' in version.lower() else 'MySQL'} {_number(version)}"


def _number(version: str) -> str:
    """The number that ``version`` begins with: what a server calls itself is not repeated as a whole."""
    match = re.match(r"[0-9.]{1,16}", version)
    return match[0] if match else ""
