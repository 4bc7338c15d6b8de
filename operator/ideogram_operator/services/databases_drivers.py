"""Connections of psycopg and PyMySQL that take nothing from the operator's own surroundings.

Both drivers look into the environment and into files of the home folder for what they were not told (``PGPASSWORD``,
``~/.pgpass``, client certificates): a tenant's URL would be lent the operator's. So everything is told. Both are made
to connect to an address that was checked, with the name kept for the certificate.
"""

import contextlib
import socket
import ssl
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import psycopg
import pymysql
from psycopg import generators
from psycopg.abc import PQGenConn
from psycopg.conninfo import make_conninfo
from psycopg.pq.abc import PGconn
from psycopg.waiting import wait_conn

from ideogram_operator.services.databases_lifeline import Lifeline
from ideogram_operator.services.databases_url import Encryption, Login

_NOWHERE: Final = "/nonexistent/ideogram-operator"
VERIFYING: Final = frozenset({Encryption.VERIFY_CA, Encryption.VERIFY_FULL})
_NAME: Final = "ideogram-operator"
_TICK: Final = 0.1  # seconds between looks at the clock while a server is silent


def connect_postgresql(
    login: Login, addresses: Sequence[str], *, authorities: Path, timeout: float, lifeline: Lifeline
) -> "psycopg.Connection[Any]":
    """A connection whose transactions are read-only.

    Args:
        login: where and as whom.
        addresses: checked ones, to be tried in this order.
        authorities: certificates, a PEM file; what ``verify-*`` trusts.
        timeout: seconds, for connecting; each address has an equal share.
        lifeline: given each socket as soon as there is one.

    Raises:
        psycopg.Error: no.
        CutError: the lifeline was cut.
    """
    share = timeout / len(addresses)
    last: psycopg.Error = psycopg.OperationalError()
    for address in addresses:
        target = _postgresql_target(login, address, authorities)
        try:
            reached = wait_conn(_held(generators.connect(target), share, lifeline), interval=_TICK)
        except psycopg.Error as error:
            last = error
        else:
            connection = psycopg.Connection(reached)
            connection.prepare_threshold = None  # not through pools that do not keep prepared statements
            connection.read_only = True
            return connection
    raise last


def _held(attempt: PQGenConn[PGconn], timeout: float, lifeline: Lifeline) -> PQGenConn[PGconn]:
    """The attempt, step by step; before each wait the lifeline is given the socket, which is not always the same one.

    ``psycopg.connect`` shows its socket only once the server has let it in. By then libpq may have taken gigabytes: it
    bounds messages up to the password's acceptance, but behind that, and before it is ready, neither the length of a
    notice or an error nor the number of parameters.
    """
    deadline = time.monotonic() + timeout
    ready: int | None = None
    try:
        wanted = next(attempt)
        while True:
            lifeline.hold(wanted[0])
            ready = yield wanted
            if time.monotonic() > deadline:
                raise psycopg.errors.ConnectionTimeout("timeout expired")
            wanted = attempt.send(ready)
    except StopIteration as end:
        reached: PGconn = end.value
        return reached
    finally:
        attempt.close()  # and with it the socket, which an error's traceback would keep


def _postgresql_target(login: Login, address: str, authorities: Path) -> str:
    return make_conninfo(
        host=login.host,
        hostaddr=address,
        port=login.port,
        dbname=login.database,
        user=login.user,
        password=login.password,
        sslmode=login.encryption.value,
        # Where there is such a file, "require" checks the certificate too: more than was asked for.
        sslrootcert=str(authorities) if login.encryption in VERIFYING else _NOWHERE,
        **_UNLENT,
    )


_UNLENT: Final[dict[str, Any]] = {
    "passfile": _NOWHERE,
    "connect_timeout": "0",  # kept here, see _held
    "options": "",
    "application_name": _NAME,
    "client_encoding": "UTF8",
    "channel_binding": "prefer",
    "sslnegotiation": "postgres",
    "sslcompression": "0",
    "sslcert": _NOWHERE,
    "sslkey": _NOWHERE,
    "sslcertmode": "disable",
    "sslcrl": _NOWHERE,
    "sslcrldir": "",  # a folder that is not there would make every certificate fail
    "sslsni": "1",
    "requirepeer": "",
    # Not Kerberos, whose tickets would be the operator's.
    "require_auth": "none,password,md5,scram-sha-256",
    "ssl_min_protocol_version": "TLSv1.2",
    "ssl_max_protocol_version": "",
    "gssencmode": "disable",
    "krbsrvname": "postgres",
    "gssdelegation": "0",
    "target_session_attrs": "any",
    "load_balance_hosts": "disable",
}


def connect_mysql(
    login: Login, addresses: Sequence[str], *, ca_file: Path | None, timeout: float, lifeline: Lifeline
) -> "pymysql.connections.Connection[pymysql.cursors.Cursor]":
    """A connection whose transactions are read-only; it waits ``timeout`` seconds for each answer.

    Args:
        login: where and as whom.
        addresses: checked ones, to be tried in this order.
        ca_file: authorities (PEM) that ``verify-*`` trusts besides the system's.
        timeout: seconds, for connecting, of which each address has an equal share, and for each answer.
        lifeline: given each socket as soon as there is one.

    Raises:
        pymysql.Error: no.
        CutError: the lifeline was cut.
        OSError: there is no connection.
    """
    with contextlib.ExitStack() as undo:
        reached = undo.enter_context(_reach(login, addresses, timeout, lifeline))
        context = _mysql_context(login.encryption, ca_file)
        connection = pymysql.connect(
            host=login.host,
            port=login.port,
            user=login.user,
            password=login.password.encode(),  # text would be encoded as Latin-1, and quoted where it cannot be
            database=login.database,
            charset="utf8mb4",
            read_timeout=timeout,
            write_timeout=timeout,
            ssl=context,
            ssl_disabled=login.encryption is Encryption.DISABLE,
            local_infile=False,
            init_command="SET SESSION TRANSACTION READ ONLY",
            program_name=_NAME,
            defer_connect=True,
        )
        connection.connect(reached)
        undo.pop_all()
    return connection


def _reach(login: Login, addresses: Sequence[str], timeout: float, lifeline: Lifeline) -> socket.socket:
    """A connection, held before it is made: a cut lifeline ends that wait too, and keeps from trying the next."""
    last: OSError = ConnectionRefusedError()
    for address in addresses:
        with contextlib.ExitStack() as undo:
            one = undo.enter_context(socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET))
            lifeline.hold(one.fileno())
            one.settimeout(timeout / len(addresses))
            try:
                one.connect((address, login.port))
            except OSError as error:
                last = error
                continue
            one.settimeout(timeout)
            undo.pop_all()
            return one
    raise last


def _mysql_context(encryption: Encryption, ca_file: Path | None) -> ssl.SSLContext | None:
    """None where TLS may be left out: PyMySQL then takes it if the server has it, and checks no certificate."""
    if encryption in VERIFYING:
        context = ssl.create_default_context()
        if ca_file is not None:
            context.load_verify_locations(cafile=ca_file)
        context.check_hostname = encryption is Encryption.VERIFY_FULL
        return context
    if encryption is not Encryption.REQUIRE:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
