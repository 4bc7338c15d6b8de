"""Databases, looked at on a real PostgreSQL and a real MariaDB, and on servers that hang."""

import asyncio
import contextlib
import os
import secrets
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from ideogram_operator.cluster.secrets import SecretValue
from ideogram_operator.ideogram.hosts import AllowedHosts
from ideogram_operator.services.databases import ANSWER_LIMIT, AT_ONCE, MOST_ADDRESSES, Databases
from ideogram_operator.services.guard import Guard
from ideogram_operator.services.results import ServiceError, Table
from lab.cluster import REPOSITORY
from lab.servers import MariaDB, Postgres
from lab.waiting import wait_until
from tests.servers import TestDatabase

TABLE = "CREATE TABLE generations (id int, prompt text, Seed bigint, MODEL text, style text)"
COLUMNS = frozenset({"id", "prompt", "seed", "model", "style"})
Open = Callable[..., Databases]


@pytest.fixture
def open_databases() -> Iterator[Open]:
    """Databases that may call the ports, at any of localhost's names."""
    opened: list[Databases] = []

    def opener(*ports: int, ca_file: Path | None = None) -> Databases:
        hosts = [f"{host}:{port}" for port in ports for host in ("127.0.0.1", "localhost")]
        opened.append(Databases(guard=Guard(allowed=AllowedHosts.parse(hosts)), ca_file=ca_file))
        return opened[-1]

    yield opener
    for databases in opened:
        databases.close()


@pytest.fixture(params=["postgres", "mariadb"])
def database(request: pytest.FixtureRequest) -> TestDatabase:
    """An empty database of either server."""
    found: TestDatabase = request.getfixturevalue(request.param)
    return found


async def look(databases: Databases, url: str, table: str = "generations", *, timeout: float = 20) -> Table:  # noqa: ASYNC109 - what is tested
    return await databases.find_table(url, table, namespace="shop", timeout=timeout)


async def failure(databases: Databases, url: str, table: str = "generations", *, timeout: float = 20) -> ServiceError:  # noqa: ASYNC109 - what is tested
    with pytest.raises(ServiceError) as caught:
        await look(databases, url, table, timeout=timeout)
    assert caught.value.hint
    return caught.value


async def test_the_table_and_its_columns_are_found(database: TestDatabase, open_databases: Open) -> None:
    database.do(TABLE)
    databases = open_databases(database.server.port)
    found = await databases.find_table(SecretValue(database.url()), "generations", namespace="shop", timeout=20)
    assert (found.name, found.columns) == ("generations", COLUMNS)


async def test_the_server_says_what_it_is(postgres: TestDatabase, mariadb: TestDatabase, open_databases: Open) -> None:
    for database, name in ((postgres, "PostgreSQL "), (mariadb, "MariaDB ")):
        database.do(TABLE)
        found = await look(open_databases(database.server.port), database.url())
        server, _, version = found.server.rpartition(" ")
        assert f"{server} " == name
        assert all(part.isdigit() for part in version.split("."))


async def test_a_view_counts(database: TestDatabase, open_databases: Open) -> None:
    database.do(TABLE, "CREATE VIEW latest AS SELECT prompt, seed FROM generations")
    found = await look(open_databases(database.server.port), database.url(), "latest")
    assert found.columns == {"prompt", "seed"}


async def test_a_table_of_another_schema_is_found_by_its_full_name(
    database: TestDatabase, open_databases: Open
) -> None:
    schema = f"gallery_{secrets.token_hex(4)}"
    database.do(f"CREATE SCHEMA {schema}", f"CREATE TABLE {schema}.pictures (prompt text)")
    found = await look(open_databases(database.server.port), database.url(), f"{schema}.pictures")
    assert (found.name, found.columns) == (f"{schema}.pictures", frozenset({"prompt"}))


@pytest.mark.parametrize("driver", ["asyncpg", "aiomysql"])
async def test_the_application_s_own_driver_does_not_matter(
    driver: str, postgres: TestDatabase, mariadb: TestDatabase, open_databases: Open
) -> None:
    database = postgres if driver == "asyncpg" else mariadb
    database.do(TABLE)
    url = database.url().replace("://", f"+{driver}://", 1)
    assert (await look(open_databases(database.server.port), url)).columns == COLUMNS


async def test_a_table_that_is_not_there_is_named_with_how_to_name_another(
    database: TestDatabase, open_databases: Open
) -> None:
    databases = open_databases(database.server.port)
    for table in ("generations", "gallery.generations"):
        error = await failure(databases, database.url(), table)
        assert error.message == f"the database has no table {table} that the URL's user can see"
        assert "spec.database.table" in error.hint


async def test_a_wrong_password_is_told_and_not_repeated(database: TestDatabase, open_databases: Open) -> None:
    error = await failure(open_databases(database.server.port), database.url(password="c4n4ry"))
    assert error.message.endswith("does not accept the user and password of the URL")
    assert "c4n4ry" not in f"{error.message} {error.hint} {error!r}"


@pytest.mark.parametrize("change", [{"user": "nobody"}, {"password": "%E2%82%AC"}])
async def test_an_unknown_user_and_an_odd_password_are_refused_alike(
    database: TestDatabase, open_databases: Open, change: dict[str, str]
) -> None:
    error = await failure(open_databases(database.server.port), database.url(**change))
    assert error.message.endswith("does not accept the user and password of the URL")


async def test_an_unknown_database_is_told(database: TestDatabase, open_databases: Open) -> None:
    error = await failure(open_databases(database.server.port), database.server.url("nowhere"))
    assert error.message.endswith("has no database of the URL's name for this user")


async def test_a_user_without_rights_on_the_table_is_told(
    postgres: TestDatabase, mariadb: TestDatabase, open_databases: Open
) -> None:
    user = f"guest_{secrets.token_hex(4)}"
    postgres.do(TABLE, f"CREATE USER {user} PASSWORD 'guest'")
    error = await failure(open_databases(postgres.server.port), postgres.url(user=user, password="guest"))
    assert error.message == "the URL's user has no rights on table generations"
    assert error.hint == "Grant it SELECT and INSERT on generations."
    other = f"CREATE TABLE other (id int); CREATE USER {user} IDENTIFIED BY 'guest'".split("; ")
    mariadb.do(TABLE, *other, f"GRANT SELECT ON {mariadb.name}.other TO {user}")
    error = await failure(open_databases(mariadb.server.port), mariadb.url(user=user, password="guest"))
    assert "table" in error.message


async def test_what_the_url_asks_of_tls_is_honoured(database: TestDatabase, open_databases: Open) -> None:
    database.do(TABLE)
    trusting = open_databases(database.server.port, ca_file=database.server.ca)
    for mode in ("disable", "prefer", "require", "verify-ca", "verify-full"):
        assert (await look(trusting, database.url(query=f"?sslmode={mode}"))).columns == COLUMNS
    by_name = database.url(query="?sslmode=verify-full").replace("127.0.0.1", "localhost")
    assert (await look(trusting, by_name)).columns == COLUMNS


async def test_a_certificate_of_an_unknown_authority_is_refused_where_it_is_to_be_verified(
    database: TestDatabase, open_databases: Open
) -> None:
    error = await failure(open_databases(database.server.port), database.url(query="?sslmode=verify-full"))
    assert error.message.endswith("has a certificate that is not trusted")
    assert "--ca-file" in error.hint


async def test_a_host_that_is_not_allowed_is_not_called(database: TestDatabase, open_databases: Open) -> None:
    error = await failure(open_databases(), database.url())
    assert error.untried
    assert "--allow-host" in error.hint


async def test_what_is_connected_to_is_the_address_that_was_checked(database: TestDatabase) -> None:
    """The name is one that only the guard can resolve."""
    database.do(TABLE)

    async def resolve(host: str, port: int) -> list[str]:
        return [addresses[host]]

    addresses = {"db.shop.svc": "127.0.0.1", "meta.shop.svc": "169.254.169.254"}
    allowed = AllowedHosts.parse([f"db.shop.svc:{database.server.port}"])
    databases = Databases(guard=Guard(allowed=allowed, resolve=resolve))
    url = database.url().replace("127.0.0.1", "db.shop.svc")
    try:
        assert (await look(databases, url)).columns == COLUMNS
        error = await failure(databases, url.replace("db.", "meta."))
        assert "which the operator does not call" in error.message
        assert error.untried
    finally:
        databases.close()


async def test_closing_ends_a_look_that_hangs(open_databases: Open) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        databases = open_databases(port)
        hanging = asyncio.create_task(look(databases, f"mysql://u:p@127.0.0.1:{port}/images", timeout=60))
        connection, _ = await asyncio.to_thread(mute.accept)
        databases.close()
        with connection, pytest.raises(ServiceError, match="broke off"):
            await asyncio.wait_for(hanging, 10)


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
async def test_a_port_that_nobody_listens_on_refuses(scheme: str, open_databases: Open) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        error = await failure(open_databases(port), f"{scheme}://u:p@127.0.0.1:{port}/images")
    assert error.message == f"the database at 127.0.0.1:{port} refuses connections"


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
async def test_a_server_that_speaks_another_protocol_is_told(scheme: str, open_databases: Open) -> None:
    with socket.create_server(("127.0.0.1", 0)) as web:
        port = web.getsockname()[1]

        def answer() -> None:
            connection, _ = web.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        error = await failure(open_databases(port), f"{scheme}://u:p@127.0.0.1:{port}/images")
        thread.join()
    assert "broke off, or speaks another protocol" in error.message


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
async def test_a_hundred_servers_that_never_speak_cost_one_timeout_and_keep_no_thread(
    scheme: str, open_databases: Open
) -> None:
    assert AT_ONCE >= 100
    with socket.create_server(("127.0.0.1", 0), backlog=256) as mute:
        port = mute.getsockname()[1]
        databases = open_databases(port)
        began = time.monotonic()
        url = f"{scheme}://u:p@127.0.0.1:{port}/images"
        errors = await asyncio.gather(*(failure(databases, url, timeout=2) for _ in range(100)))
        assert time.monotonic() - began < 8
        assert {error.message for error in errors} == {f"the database at 127.0.0.1:{port} did not answer within 2 s"}
        await asyncio.to_thread(wait_until, lambda: idle(databases), "the threads to be free", timeout=10)


@pytest.mark.parametrize("server", [Postgres, MariaDB])
async def test_a_server_that_freezes_costs_its_timeout(
    server: type[Postgres] | type[MariaDB], open_databases: Open
) -> None:
    with server() as running:
        databases = open_databases(running.server.port)
        url = running.server.url("postgres" if server is Postgres else "mysql")
        running.child.freeze()
        began = time.monotonic()
        error = await failure(databases, url, timeout=1)
        assert time.monotonic() - began < 4
        assert "did not answer within 1 s" in error.message
        await asyncio.to_thread(wait_until, lambda: idle(databases), "the thread to be free", timeout=10)
        running.child.thaw()


async def test_a_question_that_never_ends_is_cut_off(postgres: TestDatabase, open_databases: Open) -> None:
    """A lock on the catalogue makes the connection good and every question hang."""
    postgres.do(TABLE)
    databases = open_databases(postgres.server.port)
    with psycopg.connect(postgres.url()) as blocker:
        blocker.execute("LOCK TABLE pg_catalog.pg_class IN ACCESS EXCLUSIVE MODE")
        error = await failure(databases, postgres.url(), timeout=1)
        assert "did not answer within 1 s" in error.message or "in time" in error.message
        await asyncio.to_thread(wait_until, lambda: idle(databases), "the thread to be free", timeout=10)
    assert (await look(databases, postgres.url())).columns == COLUMNS


async def test_nothing_can_be_written_even_by_the_server_s_own_doing(
    postgres: TestDatabase, open_databases: Open
) -> None:
    """A function that stands in for a built-in one is called by the questions, and its insert is refused."""
    postgres.do(
        TABLE,
        "CREATE FUNCTION public.has_table_privilege(text, text) RETURNS boolean LANGUAGE sql AS "
        "$$ INSERT INTO generations VALUES (1); SELECT true $$",
        f"ALTER DATABASE {postgres.name} SET search_path = public, pg_catalog",
    )
    await failure(open_databases(postgres.server.port), postgres.url())
    with psycopg.connect(postgres.url()) as connection:
        assert connection.execute("SELECT count(*) FROM generations").fetchone() == (0,)


def _pg(kind: bytes, body: bytes, *, length: int | None = None) -> bytes:
    """A message of PostgreSQL, which may be said to be longer than it is."""
    return kind + struct.pack("!I", (length or len(body)) + 4) + body


def _mysql(number: int, body: bytes) -> bytes:
    return struct.pack("<I", len(body))[:3] + bytes([number]) + body


PG_WELCOME = _pg(b"R", struct.pack("!I", 0))
PG_READY = _pg(b"S", b"client_encoding\0UTF8\0") + _pg(b"K", struct.pack("!II", 1, 1)) + _pg(b"Z", b"I")
MYSQL_GREETING = _mysql(
    0,
    b"\x0a5.5.5-10.11.6-MariaDB\0\1\0\0\0" + b"12345678\0" + struct.pack("<HBHH", 0xF7FF & ~0x0800, 33, 2, 0x8000)
    + b"\x15" + b"\0" * 10 + b"123456789012\0mysql_native_password\0",
)  # fmt: skip
MYSQL_WELCOME = _mysql(2, b"\0\0\0\2\0\0\0")
MYSQL_PART = b"\xff" * 3
LONGEST = 0x40000000
FLOODS = {
    # The scheme, what is answered to each message of the client, and what follows then, again and again.
    "PostgreSQL, parameters before it is ready": (
        "postgresql",
        (b"N", PG_WELCOME),
        lambda at: b"".join(_pg(b"S", b"%012d\0" % (64 * at + one) + b"v" * 1000 + b"\0") for one in range(64)),
    ),
    "PostgreSQL, a notice before it is ready": (
        "postgresql",
        (b"N", PG_WELCOME + _pg(b"N", b"", length=LONGEST)),
        lambda _: b"x" * 65536,
    ),
    "PostgreSQL, an answer": (
        "postgresql",
        (b"N", PG_WELCOME + PG_READY, _pg(b"T", b"", length=LONGEST)),
        lambda _: b"\0\1" * 32768,
    ),
    "MySQL, a greeting": ("mysql", (), lambda at: MYSQL_PART + bytes([at % 256]) + b"A" * 0xFFFFFF),
    "MySQL, an answer": (
        "mysql",
        (MYSQL_GREETING, MYSQL_WELCOME, b""),
        lambda at: MYSQL_PART + bytes([(at + 1) % 256]) + b"A" * 0xFFFFFF,
    ),
}


@pytest.mark.parametrize("flood", FLOODS)
async def test_a_database_that_answers_without_an_end_is_hung_up_on(flood: str, open_databases: Open) -> None:
    scheme, said, more = FLOODS[flood]
    sent = 0

    def serve(server: socket.socket) -> None:
        nonlocal sent
        connection, _ = server.accept()
        connection.settimeout(10)
        with connection, contextlib.suppress(OSError):
            for number, answer in enumerate(said):
                if scheme == "postgresql" or number:
                    connection.recv(65536)
                connection.sendall(answer)
            at = 0
            while sent < 1024**3:
                chunk = memoryview(more(at))
                at += 1
                while chunk:
                    size = connection.send(chunk)
                    sent += size
                    chunk = chunk[size:]

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        serving = threading.Thread(target=serve, args=(server,), daemon=True)
        serving.start()
        databases = open_databases(port)
        began = time.monotonic()
        error = await failure(databases, f"{scheme}://u:p@127.0.0.1:{port}/images")
        assert time.monotonic() - began < 5
        assert error.message == f"the database at 127.0.0.1:{port} answers with more than 4 MiB"
        assert error.hint == "Check that host and port of the URL are the database's."
        await asyncio.to_thread(serving.join, 5)
        assert not serving.is_alive()
        await asyncio.to_thread(wait_until, lambda: idle(databases), "the thread to be free", timeout=10)
    assert ANSWER_LIMIT < sent < 1024**3 / 4


@contextlib.contextmanager
def _silent(*, takes: bool) -> Iterator[tuple[socket.socket, int]]:
    """A server at all of localhost's addresses that says nothing, or does not even take a connection."""
    with contextlib.ExitStack() as ends:
        server = ends.enter_context(socket.create_server(("", 0), backlog=256 if takes else 0))
        port = server.getsockname()[1]
        if not takes:
            for _ in range(4):
                one = ends.enter_context(socket.socket())
                one.setblocking(False)
                one.connect_ex(("127.0.0.1", port))
        yield server, port


def _many_addresses(port: int) -> Databases:
    async def resolve(_host: str, _port: int) -> list[str]:
        return [f"127.0.1.{number}" for number in range(1, 101)]

    return Databases(guard=Guard(allowed=AllowedHosts.parse([f"db.shop.svc:{port}"]), resolve=resolve))


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
@pytest.mark.parametrize("takes", [True, False])
async def test_a_hundred_silent_addresses_cost_one_timeout_and_keep_no_thread(scheme: str, takes: bool) -> None:
    with _silent(takes=takes) as (server, port), contextlib.closing(_many_addresses(port)) as databases:
        began = time.monotonic()
        await failure(databases, f"{scheme}://u:p@db.shop.svc:{port}/images", timeout=1.5)
        assert time.monotonic() - began < 3
        await asyncio.to_thread(wait_until, lambda: idle(databases), "the thread to be free", timeout=1)
        server.setblocking(False)
        taken = 0
        with contextlib.suppress(BlockingIOError):
            while takes:
                server.accept()[0].close()
                taken += 1
        assert taken <= MOST_ADDRESSES


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
async def test_a_caller_who_goes_away_ends_the_wait_for_a_connection(scheme: str) -> None:
    with _silent(takes=False) as (_, port), contextlib.closing(_many_addresses(port)) as databases:
        looking = asyncio.create_task(look(databases, f"{scheme}://u:p@db.shop.svc:{port}/images", timeout=60))
        await asyncio.sleep(0.3)
        looking.cancel()
        await asyncio.to_thread(wait_until, lambda: idle(databases), "the thread to be free", timeout=1)


async def test_the_third_address_is_tried_in_time_where_two_are_silent(database: TestDatabase) -> None:
    database.do(TABLE)
    port = database.server.port

    async def resolve(_host: str, _port: int) -> list[str]:
        return ["127.0.1.1", "127.0.1.2", "127.0.0.1"]

    with contextlib.ExitStack() as ends:
        for address in ("127.0.1.1", "127.0.1.2"):
            server = ends.enter_context(socket.create_server((address, port), backlog=0))
            for _ in range(4):
                one = ends.enter_context(socket.socket())
                one.setblocking(False)
                one.connect_ex(server.getsockname())
        databases = Databases(guard=Guard(allowed=AllowedHosts.parse([f"db.shop.svc:{port}"]), resolve=resolve))
        ends.callback(databases.close)
        url = database.url().replace("127.0.0.1", "db.shop.svc")
        assert (await look(databases, url, timeout=6)).columns == COLUMNS


def idle(databases: Databases) -> bool:
    """Whether all its threads wait for work."""
    return databases._threads._idle_semaphore._value == len(databases._threads._threads)


LENT = {
    "PGPASSWORD": "{password}",
    "PGPASSFILE": "{passfile}",
    "PGUSER": "postgres",
    "PGHOSTADDR": "192.0.2.1",
    "PGOPTIONS": "-c nonsense=1",
    "PGSSLMODE": "verify-full",
    "PGSSLROOTCERT": "/nonexistent",
    "PGSSLCERT": "/etc/hostname",
    "PGSSLKEY": "/etc/hostname",
    "PGREQUIREPEER": "nobody",
    "PGTARGETSESSIONATTRS": "standby",
    "PGCONNECT_TIMEOUT": "nonsense",
}
SCRIPT = """
import asyncio, sys
from ideogram_operator.ideogram.hosts import AllowedHosts
from ideogram_operator.services.databases import Databases
from ideogram_operator.services.guard import Guard
from ideogram_operator.services.results import ServiceError
url, port = sys.argv[1:]
databases = Databases(guard=Guard(allowed=AllowedHosts.parse([f"127.0.0.1:{port}"])))
try:
    print(sorted(asyncio.run(databases.find_table(url, "generations", namespace="shop", timeout=20)).columns))
except ServiceError as error:
    print(error.message)
finally:
    databases.close()
"""


@pytest.mark.parametrize(("password", "says"), [("right", "['id', 'model'"), ("none", "does not accept the user and")])
def test_the_operator_s_own_environment_lends_nothing_to_a_tenant_s_database(
    postgres: TestDatabase, tmp_path: Path, password: str, says: str
) -> None:
    postgres.do(TABLE)
    passfile = tmp_path / ".pgpass"
    passfile.write_text(f"*:*:*:*:{postgres.server.password}\n")
    passfile.chmod(0o600)
    lent = {name: value.format(password=postgres.server.password, passfile=passfile) for name, value in LENT.items()}
    url = postgres.url() if password == "right" else postgres.url().replace(f":{postgres.server.password}@", "@")
    done = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-c", SCRIPT, url, str(postgres.server.port)],
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{REPOSITORY}/operator", "HOME": str(tmp_path)} | lent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert says in done.stdout, done.stderr
