"""Keys and certificates of one control plane, made by openssl in its run folder.

All live as long as the run folder. They are valid since yesterday: a client whose clock is an hour behind must not be
refused for that. Elliptic curves: four RSA keys would take longer than the API server takes to start.
"""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

_CONFIG: Final = """\
[req]
distinguished_name = dn
[dn]
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, digitalSignature
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = IP:127.0.0.1, DNS:localhost, DNS:kubernetes.default.svc
[client]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = clientAuth
[any_name]
commonName = supplied
organizationName = optional
"""
# `req -x509` dates from now, and only openssl 3.4 can be told otherwise. `ca` can, and wants a database: one for each,
# so that they may be made at the same time.
_DATABASE: Final = """\
[signed_{0}]
database = {0}.index
serial = {0}.serial
new_certs_dir = .
default_md = sha256
policy = any_name
"""
_PROFILES: Final = ("ca", "server", "client")
_CURVE: Final = ("-pkeyopt", "ec_paramgen_curve:P-256")
_NEW_KEY: Final = ("-new", "-newkey", "ec", *_CURVE, "-nodes")
_BEHIND: Final = timedelta(days=1)
_VALID: Final = timedelta(days=3650)


class OpensslMissingError(RuntimeError):
    """There is no openssl on the PATH."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """Paths of PEM files: the authority, the API server's pair, the admin's pair, the pair that signs tokens."""

    ca: Path
    server: Path
    server_key: Path
    admin: Path
    admin_key: Path
    service_account_key: Path
    service_account_public_key: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPair:
    """Paths of PEM files: an authority, and one server's certificate and key by it."""

    ca: Path
    certificate: Path
    key: Path


def issue_server(folder: Path) -> ServerPair:
    """Makes an authority in ``folder`` for one server on 127.0.0.1, and the server's certificate.

    Raises:
        OpensslMissingError: with what to install.
    """
    _authority(folder)
    _pair(folder, "server", "/CN=kube-apiserver")
    return ServerPair(ca=folder / "ca.crt", certificate=folder / "server.crt", key=folder / "server.key")


def issue(folder: Path) -> Certificates:
    """Makes all of them in ``folder``.

    Raises:
        OpensslMissingError: with what to install.
    """
    _authority(folder)
    with ThreadPoolExecutor() as pool:
        made = (
            pool.submit(_pair, folder, "server", "/CN=kube-apiserver"),
            # Anything less than system:masters, and the Deployment controller is silently forbidden.
            pool.submit(_pair, folder, "client", "/O=system:masters/CN=admin"),
            pool.submit(_openssl, folder, "genpkey", "-algorithm", "EC", *_CURVE, "-out", "sa.key"),
        )
        for one in made:
            one.result()
    _openssl(folder, "pkey", "-in", "sa.key", "-pubout", "-out", "sa.pub")
    return Certificates(
        ca=folder / "ca.crt",
        server=folder / "server.crt",
        server_key=folder / "server.key",
        admin=folder / "client.crt",
        admin_key=folder / "client.key",
        service_account_key=folder / "sa.key",
        service_account_public_key=folder / "sa.pub",
    )


def _authority(folder: Path) -> None:
    (folder / "openssl.cnf").write_text(_CONFIG + "".join(map(_DATABASE.format, _PROFILES)))
    _pair(folder, "ca", "/CN=laboratory")


def _pair(folder: Path, profile: str, subject: str) -> None:
    """A key and its certificate: the authority's own, or one that it signs."""
    _openssl(
        *(folder, "req", *_NEW_KEY, "-config", "openssl.cnf", "-subj", subject),
        *("-keyout", f"{profile}.key", "-out", f"{profile}.csr"),
    )
    (folder / f"{profile}.index").touch()
    since = datetime.now(UTC) - _BEHIND
    dates = ("-startdate", f"{since:%Y%m%d%H%M%SZ}", "-enddate", f"{since + _VALID:%Y%m%d%H%M%SZ}")
    by = ("-selfsign",) if profile == "ca" else ("-cert", "ca.crt")
    _openssl(
        *(folder, "ca", "-batch", "-notext", "-create_serial", "-config", "openssl.cnf", "-name", f"signed_{profile}"),
        *("-extensions", profile, *dates, *by, "-keyfile", "ca.key", "-in", f"{profile}.csr", "-out", f"{profile}.crt"),
    )


def _openssl(folder: Path, *arguments: str) -> None:
    try:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, text=True)
    except FileNotFoundError:
        raise OpensslMissingError("openssl is needed to make certificates: apt-get install openssl") from None
    except subprocess.CalledProcessError as error:
        raise RuntimeError(f"openssl {arguments[0]} failed: {error.stderr}") from error
