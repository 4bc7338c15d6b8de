"""A database's URL as a tenant wrote it, and the little of it that is used. Pure.

Drivers take far more from a URL than a database: files to read, sockets, other hosts, commands for the server. So the
connection is made from the parts listed here, and everything else is refused by its name, or ignored where it only
tunes an application's own pool.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from ideogram_operator.services.results import ServiceError


class Dialect(StrEnum):
    """The database servers that can be asked."""

    POSTGRESQL = "postgresql"
    MYSQL = "mysql"


class Encryption(StrEnum):
    """What is asked of TLS, in libpq's words, which MySQL's say as well."""

    DISABLE = "disable"
    ALLOW = "allow"
    PREFER = "prefer"
    REQUIRE = "require"
    VERIFY_CA = "verify-ca"
    VERIFY_FULL = "verify-full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Where to go and as whom. Its repr shows neither user nor password."""

    dialect: Dialect
    host: str
    port: int
    database: str
    encryption: Encryption
    user: str = field(repr=False)
    password: str = field(repr=False)


_DIALECTS: Final = {
    "postgresql": Dialect.POSTGRESQL,
    "postgres": Dialect.POSTGRESQL,
    "mysql": Dialect.MYSQL,
    "mariadb": Dialect.MYSQL,
}
_PORTS: Final = {Dialect.POSTGRESQL: 5432, Dialect.MYSQL: 3306}
_IGNORED: Final = frozenset(
    {
        *("application_name", "fallback_application_name", "charset", "client_encoding", "collation"),
        *("connect_timeout", "command_timeout", "read_timeout", "write_timeout", "timeout", "autocommit"),
        *("keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"),
        *("pool_size", "max_overflow", "pool_timeout", "pool_recycle", "connection_limit", "pgbouncer"),
        *("prepare_threshold", "prepared_statement_cache_size", "statement_cache_size", "channel_binding"),
        *("target_session_attrs", "gssencmode", "use_unicode"),
    }
)
_REFUSED: Final = frozenset(
    {
        *("sslrootcert", "sslcert", "sslkey", "sslcrl", "sslpassword", "ssl_ca", "ssl_cert", "ssl_key", "ssl_capath"),
        *("host", "hostaddr", "port", "user", "password", "passfile", "dbname", "service", "servicefile", "options"),
        *("unix_socket", "init_command", "local_infile", "read_default_file", "read_default_group", "allowpublickey"),
        *("requiressl", "require_auth", "gsslib", "krbsrvname", "load_balance_hosts", "schema", "currentschema"),
        *("usessl", "verifyservercertificate", "allowmultiqueries", "serverrsapublickeyfile", "plugin_dir"),
        *("server_settings", "requirepeer", "sslkeylogfile"),
    }
)
"""Parameters that are refused by their name; one that is not known is refused without it."""
_OTHERS: Final = frozenset(
    {
        *(
            "cockroachdb",
            "sqlite",
            "oracle",
            "mssql",
            "sqlserver",
            "redis",
            "rediss",
            "mongodb",
            "clickhouse",
            "duckdb",
        ),
        *("snowflake", "redshift", "bigquery", "db2", "cassandra", "jdbc", "http", "https", "file", "amqp", "kafka"),
    }
)
"""Schemes that people have in such a Secret, and that the operator cannot ask."""
_ENCRYPTION: Final = {
    **{mode.value: mode for mode in Encryption},
    "disabled": Encryption.DISABLE,
    "preferred": Encryption.PREFER,
    "required": Encryption.REQUIRE,
    "verify_ca": Encryption.VERIFY_CA,
    "verify_identity": Encryption.VERIFY_FULL,
    "false": Encryption.DISABLE,
    "true": Encryption.REQUIRE,
}
_ENCRYPTION_NAMES: Final = frozenset({"sslmode", "ssl-mode", "ssl_mode", "ssl"})


def read_login(url: str) -> Login:
    """The parts of ``url`` that are used, whatever driver it names.

    Raises:
        ServiceError: it is no URL of PostgreSQL, MySQL or MariaDB that could be tried. No part of it is repeated but
            a scheme and the name of a parameter that are known: the Secret may be another one than was meant.
    """
    parts = _parsed(url)
    dialect = _DIALECTS.get(parts.get_backend_name())
    if dialect is None:
        raise ServiceError(
            f"the database's URL begins with {_scheme(parts)}, which the operator cannot ask",
            hint="Supported are postgresql:// and mysql:// (or mariadb://), with any driver.",
        )
    host = parts.host or ""
    if not host or "," in host or host.startswith(("/", "%2F")):
        raise ServiceError(
            "the database's URL names no single host", hint=f"Write it as {dialect}://USER:PASSWORD@HOST:PORT/DATABASE."
        )
    if not parts.username or not parts.database:
        missing = "user" if not parts.username else "database"
        raise ServiceError(
            f"the database's URL names no {missing}", hint=f"Write it as {dialect}://USER:PASSWORD@HOST:PORT/DATABASE."
        )
    return Login(
        dialect=dialect,
        host=host.lower(),
        port=parts.port or _PORTS[dialect],
        database=parts.database,
        encryption=_encryption(parts.query),
        user=parts.username,
        password=str(parts.password or ""),
    )


def _parsed(url: str) -> URL:
    try:
        return make_url(url.strip())
    except (ArgumentError, ValueError):
        # The error's own text is the URL, password and all.
        raise ServiceError(
            "the database's URL cannot be read",
            hint="Write it as postgresql://USER:PASSWORD@HOST:PORT/DATABASE; special characters percent-encoded.",
        ) from None


def _scheme(parts: URL) -> str:
    name = parts.get_backend_name()
    return f"{name}://" if name in _OTHERS else "another scheme"


def _encryption(query: Mapping[str, str | tuple[str, ...]]) -> Encryption:
    found = Encryption.PREFER
    for name, value in query.items():
        if name.lower() in _ENCRYPTION_NAMES:
            found = _mode(name, value)
        elif name.lower() not in _IGNORED:
            raise ServiceError(
                f"the database's URL has {_shown(name)}, which the operator does not follow",
                hint="Give the operator a URL without it; sslmode is understood, and --ca-file names authorities.",
            )
    return found


def _mode(name: str, value: str | tuple[str, ...]) -> Encryption:
    mode = _ENCRYPTION.get(value.lower()) if isinstance(value, str) else None
    if mode is None:
        raise ServiceError(
            f"the database's URL has a {name} that is not known",
            hint=f"Use one of {', '.join(Encryption)}.",
        )
    return mode


def _shown(name: str) -> str:
    return f"the parameter {name}" if name.lower() in _REFUSED else "a parameter that is not known"
