"""Keys and certificates of one control plane, made by openssl in its run folder.

All live as long as the run folder. Elliptic curves: four RSA keys would take longer than the API server takes to start.
"""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
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
"""
_NEW_KEY: Final = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650")


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
    _make_authority(folder)
    _openssl(folder, *_SERVER)
    return ServerPair(ca=folder / "ca.crt", certificate=folder / "server.crt", key=folder / "server.key")


def issue(folder: Path) -> Certificates:
    """Makes all of them in ``folder``.

    Raises:
        OpensslMissingError: with what to install.
    """
    _make_authority(folder)
    with ThreadPoolExecutor() as pool:
        for _ in pool.map(
            lambda arguments: _openssl(folder, *arguments),
            (
                _SERVER,
                # Anything less than system:masters, and the Deployment controller is silently forbidden.
                ("req", "-x509", *_NEW_KEY, *_BY_CA, *_signed_as("client", "/O=system:masters/CN=admin")),
                ("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "sa.key"),
            ),
        ):
            pass
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


def _make_authority(folder: Path) -> None:
    (folder / "openssl.cnf").write_text(_CONFIG)
    _openssl(folder, "req", "-x509", *_NEW_KEY, *_signed_as("ca", "/CN=laboratory"))


def _signed_as(profile: str, subject: str) -> tuple[str, ...]:
    return (
        *("-config", "openssl.cnf", "-extensions", profile, "-subj", subject),
        *("-keyout", f"{profile}.key", "-out", f"{profile}.crt"),
    )


def _openssl(folder: Path, *arguments: str) -> None:
    try:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, text=True)
    except FileNotFoundError:
        raise OpensslMissingError("openssl is needed to make certificates: apt-get install openssl") from None
    except subprocess.CalledProcessError as error:
        raise RuntimeError(f"openssl {arguments[0]} failed: {error.stderr}") from error


_BY_CA: Final = ("-CA", "ca.crt", "-CAkey", "ca.key")
_SERVER: Final = ("req", "-x509", *_NEW_KEY, *_BY_CA, *_signed_as("server", "/CN=kube-apiserver"))
