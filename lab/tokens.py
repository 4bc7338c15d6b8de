"""Being a ServiceAccount: its token by TokenRequest, as a kubeconfig, so that RBAC is tested for real."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from lab.kube import Kube
from lab.kubeconfig import Access

SHORTEST: Final = 600  # seconds; the API server refuses less


def service_account_token(admin: Access, namespace: str, name: str, *, seconds: int = 3600) -> str:
    """A bearer token of the ServiceAccount, valid for ``seconds`` (600 at least).

    Raises:
        KubeError: there is no such ServiceAccount.
    """
    body = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {"expirationSeconds": max(seconds, SHORTEST)},
    }
    with Kube(admin) as kube:
        answer = kube.create(f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token", body)
    token: str = answer["status"]["token"]
    return token


def service_account_kubeconfig(
    admin: Access,
    namespace: str,
    name: str,
    path: Path,
    *,
    server: str | None = None,
    ca: str | None = None,
    seconds: int = 3600,
) -> Path:
    """Writes a kubeconfig of the ServiceAccount to ``path`` and returns it.

    Args:
        admin: who asks for the token.
        namespace: of the ServiceAccount.
        name: of the ServiceAccount.
        path: the file.
        server: another URL for the same API server, a `lab.tcp_proxy.TcpProxy` on 127.0.0.1 say.
        ca: the authority to trust instead of the API server's own: of a `lab.api_proxy.ApiProxy`.
        seconds: how long the token is valid.
    """
    token = service_account_token(admin, namespace, name, seconds=seconds)
    return replace(admin, server=server or admin.server, ca=ca or admin.ca, certificate=None, token=token).write(path)
