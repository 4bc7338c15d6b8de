"""Connections of psycopg and PyMySQL that take nothing from the operator's own surroundings.

Both drivers look into the environment and into files of the home folder for what they were not told (``PGPASSWORD``,
``~/.pgpass``, client certificates): a tenant's URL would be lent the operator's. So everything is told. Both are made
to connect to an address that was checked, with the name kept for the certificate.
"""

import contextlib
import math
import socket
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import psycopg
import pymysql

from ideogram_operator.services.databases_lifeline import Lifeline
from ideogram_operator.services.databases_url import Encryption, Login

_NOWHERE: Final = "/nonexistent/ideogram-operator"
VERIFYING: Final = frozenset({Encryption.VERIFY_CA, Encryption.VERIFY_FULL})
_NAME: Final = "ideogram-operator"


def connect_postgresql(
    login: Login, addresses: Sequence[str], *, authorities: Path, timeout: float, lifeline: Lifeline
) -> "psycopg.Connection[Any]":
    """A connection whose transactions are read-only.

    Args:
        login: where and as whom.
        addresses: checked ones, to be tried in this order.
        authorities: certificates, a PEM file; what ``verify-*`` trusts.
        timeout: seconds, for connecting.
        lifeline: given the socket as soon as there is one.

    Raises:
        psycopg.Error: no.
    """
    count = len(addresses)
    connection = psycopg.connect(
        host=",".join([login.host] * count),
        hostaddr=",".join(addresses),
        port=",".join([str(login.port)] * count),
        dbname=login.database,
        user=login.user,
        password=login.password,
        sslmode=login.encryption.value,
        # Where there is such a file, "require" checks the certificate too: more than was asked for.
        sslrootcert=str(authorities) if login.encryption in VERIFYING else _NOWHERE,
        connect_timeout=math.ceil(timeout),
        prepare_threshold=None,  # not through pools that do not keep prepared statements
        **_UNLENT,
    )
    lifeline.hold(connection.fileno())
    connection.read_only = True
    return connection


_UNLENT: Final[dict[str, Any]] = {
    "passfile": _NOWHERE,
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
        timeout: seconds, for connecting and for each answer.
        lifeline: given the socket as soon as there is one.

    Raises:
        pymysql.Error: no.
        OSError: there is no connection.
    """
    with contextlib.ExitStack() as undo:
        reached = undo.enter_context(_reach(login, addresses, timeout))
        lifeline.hold(reached.fileno())
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


def _reach(login: Login, addresses: Sequence[str], timeout: float) -> socket.socket:
    last: OSError = ConnectionRefusedError()
    for address in addresses:
        try:
            return socket.create_connection((address, login.port), timeout)
        except OSError as error:
            last = error
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
