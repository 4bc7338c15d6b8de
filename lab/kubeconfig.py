"""Kubeconfig files: written self-contained, read into what an HTTPS client needs."""

import base64
import os
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


class UnsupportedKubeconfigError(ValueError):
    """The current context authenticates in a way the laboratory's own client does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One way into one API server.

    Attributes:
        server: ``https://HOST:PORT``.
        ca: the authority's certificate, PEM.
        certificate: a client certificate and its key, PEM; None where a token is used.
        token: a bearer token.
        tls_name: the name the server's certificate is checked for, where it is not the URL's (a proxy in between).
    """

    server: str
    ca: str
    certificate: tuple[str, str] | None = None
    token: str | None = None
    tls_name: str | None = None

    def ssl_context(self) -> ssl.SSLContext:
        """Trusts this server's authority only, and shows the client certificate if there is one."""
        context = ssl.create_default_context(cadata=self.ca)
        if self.certificate:
            # The standard library loads key pairs from files only.
            with tempfile.NamedTemporaryFile("w", suffix=".pem") as pair:
                pair.write("\n".join(self.certificate))
                pair.flush()
                context.load_cert_chain(pair.name)
        return context

    def write(self, path: Path) -> Path:
        """Writes a kubeconfig readable by its owner only, whole or not at all; returns ``path``."""
        cluster = {"server": self.server, "certificate-authority-data": _encoded(self.ca)}
        if self.tls_name:
            cluster["tls-server-name"] = self.tls_name
        user: dict[str, str] = {"token": self.token} if self.token else {}
        if self.certificate:
            user["client-certificate-data"], user["client-key-data"] = map(_encoded, self.certificate)
        fresh = path.with_name(path.name + ".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            yaml.safe_dump(_document(cluster, user), file)
        return fresh.rename(path)


def read_kubeconfig(path: Path) -> Access:
    """The current context of the file.

    Raises:
        UnsupportedKubeconfigError: it uses a plugin or a password.
    """
    document = yaml.safe_load(path.read_text())
    context = _named(document["contexts"], document["current-context"])["context"]
    cluster = _named(document["clusters"], context["cluster"])["cluster"]
    user = _named(document["users"], context["user"])["user"]
    certificate = _pem(user, "client-certificate", path), _pem(user, "client-key", path)
    token = user.get("token")
    if not token and None in certificate:
        raise UnsupportedKubeconfigError(f"{path}: only client certificates and tokens are understood, not {[*user]}")
    return Access(
        server=cluster["server"].rstrip("/"),
        ca=_pem(cluster, "certificate-authority", path) or "",
        certificate=None if token else (certificate[0] or "", certificate[1] or ""),
        token=token,
        tls_name=cluster.get("tls-server-name"),
    )


def _document(cluster: dict[str, str], user: dict[str, str]) -> dict[str, Any]:
    context = {"cluster": "lab", "user": "lab"}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "lab", "cluster": cluster}],
        "users": [{"name": "lab", "user": user}],
        "contexts": [{"name": "lab", "context": context}],
        "current-context": "lab",
    }


def _named(entries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(entry for entry in entries if entry["name"] == name)


def _pem(entry: dict[str, str], key: str, path: Path) -> str | None:
    if f"{key}-data" in entry:
        return base64.b64decode(entry[f"{key}-data"]).decode()
    return (path.parent / entry[key]).read_text() if key in entry else None


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
