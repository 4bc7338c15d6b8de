"""What a database's driver says when it does not work, in words for people: pure, and quoting nothing of it.

Drivers repeat users, hosts and statements, and servers whatever they like; only what is known is told.
"""

import ssl
from collections.abc import Iterator
from typing import Final

import psycopg
import pymysql
from sqlalchemy.exc import DBAPIError, NoSuchTableError

from ideogram_operator.services.databases_url import Login
from ideogram_operator.services.results import ServiceError

_LOGIN: Final = "login"
_DATABASE: Final = "database"
_RIGHTS: Final = "rights"
_ENTRY: Final = "entry"
_CERTIFICATE: Final = "certificate"
_NO_TLS: Final = "no TLS"
_TLS: Final = "TLS"
_REFUSED: Final = "refused"
_SLOW: Final = "slow"
_FULL: Final = "full"
_BROKEN: Final = "broken"

# A failed login has no code in psycopg: the words of the server (in English) and of libpq are all there is.
_WORDS: Final = (
    ("password authentication failed", _LOGIN),
    ("no password supplied", _LOGIN),
    ("authentication failed", _LOGIN),
    ('role "', _LOGIN),
    ("permission denied for database", _DATABASE),
    ("no pg_hba.conf entry", _ENTRY),
    ("does not support ssl", _NO_TLS),
    ("certificate", _CERTIFICATE),
    ("ssl error", _TLS),
    ("refused", _REFUSED),
    ("timeout", _SLOW),
    ("timed out", _SLOW),
    ("too many", _FULL),
    ("connection slots", _FULL),
    ('database "', _DATABASE),
)
_NUMBERS: Final = {
    1044: _DATABASE,
    1045: _LOGIN,
    1698: _LOGIN,
    1049: _DATABASE,
    1040: _FULL,
    1203: _FULL,
    1129: _ENTRY,
    1130: _ENTRY,
    1142: _RIGHTS,
    1143: _RIGHTS,
    1345: _RIGHTS,
    3159: _TLS,
    2026: _NO_TLS,
}
_SAID: Final = {
    _LOGIN: ("does not accept the user and password of the URL", "Correct the URL in the Secret."),
    _DATABASE: ("has no database of the URL's name for this user", "Correct the URL in the Secret, or create it."),
    _RIGHTS: ("lets the URL's user not see the table", "Grant the user SELECT on the table."),
    _ENTRY: (
        "does not let in this user from where the operator is",
        "Allow the operator's address in the server's access rules.",
    ),
    _CERTIFICATE: (
        "has a certificate that is not trusted",
        "Give its authority to the operator with --ca-file (chart value caFile).",
    ),
    _NO_TLS: ("does not speak TLS, which the URL asks for", "Switch TLS on in the server, or correct sslmode."),
    _TLS: ("asks for TLS that did not come about", "Write sslmode=require into the URL."),
    _REFUSED: ("refuses connections", "Check host and port of the URL, and that the server runs."),
    _SLOW: (
        "does not take a connection in time",
        "Check host and port, and that a NetworkPolicy lets the operator out.",
    ),
    _FULL: ("has no connection left", "Look for connections that are not closed, or allow more."),
    _BROKEN: ("broke off, or speaks another protocol", "Check that host and port of the URL are the database's."),
}


def explain(error: BaseException, login: Login, table: str) -> ServiceError:
    """Why the table could not be looked at, and what to do."""
    where = f"the database at {login.host}:{login.port}"
    if any(isinstance(one, NoSuchTableError) for one in _causes(error)):
        return no_table(table)
    said, hint = _SAID[_kind(error)]
    return ServiceError(f"{where} {said}", hint=hint)


def no_table(table: str) -> ServiceError:
    """The table is not there, or not for this user."""
    return ServiceError(
        f"the database has no table {table} that the URL's user can see",
        hint="Create it, or name the one that is used in spec.database.table, as TABLE or SCHEMA.TABLE.",
    )


def no_rights(table: str) -> ServiceError:
    """The table is there, and the user may do nothing with it."""
    return ServiceError(
        f"the URL's user has no rights on table {table}", hint=f"Grant it SELECT and INSERT on {table}."
    )


def _kind(error: BaseException) -> str:
    return next((kind for one in _causes(error) if (kind := _kind_of(one))), _BROKEN)


def _kind_of(error: BaseException) -> str:
    """What one error by itself says; empty if nothing."""
    if isinstance(error, pymysql.err.Error):
        return _NUMBERS.get(error.args[0], "") if error.args else ""
    if isinstance(error, RuntimeError) and "cryptography" in str(error):
        return _TLS  # a password over a plain connection would have to be encrypted by itself
    known = next((kind for one, kind in _TYPES if isinstance(error, one)), "")
    return known or (_by_words(str(error)) if isinstance(error, psycopg.Error) else "")


_TYPES: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (ssl.SSLCertVerificationError, _CERTIFICATE),
    (ConnectionRefusedError, _REFUSED),
    (TimeoutError, _SLOW),
    (psycopg.errors.InsufficientPrivilege, _RIGHTS),
    (psycopg.errors.QueryCanceled, _SLOW),
)


def _by_words(text: str) -> str:
    lower = text.lower()
    return next((kind for words, kind in _WORDS if words in lower), _BROKEN)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """What lies beneath, the deepest last but the driver's own origin of an OSError first."""
    pending: list[BaseException | None] = [error]
    seen: set[int] = set()
    while pending:
        one = pending.pop(0)
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        origin = getattr(one, "original_exception", None)
        if isinstance(origin, BaseException):
            yield origin
        yield one
        pending += [one.orig if isinstance(one, DBAPIError) else None, one.__cause__, one.__context__]
