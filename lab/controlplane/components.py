"""The command lines of etcd, kube-apiserver, kube-controller-manager and kube-scheduler: pure functions.

Each flag was needed, or saves start time; `--unsafe-no-fsync` because nothing here has to survive a power cut.
"""

from collections.abc import Sequence
from pathlib import Path

from lab.controlplane.certificates import Certificates

# A policy that notes who asked for what, and no bodies: enough to compare an operator's requests with its role.
AUDIT_POLICY = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules: [{level: Metadata}]
"""

_MEGABYTES = 16_384

# The defaults (20 and 30 a second) make 300 pods take 15 s.
_CLIENT_LIMITS = ("--kube-api-qps=400", "--kube-api-burst=800")


def etcd(binary: Path, *, data: Path, client_port: int, peer_port: int) -> list[str]:
    """Etcd 3.6 refuses to start without the advertise and initial-cluster flags."""
    client, peer = f"http://127.0.0.1:{client_port}", f"http://127.0.0.1:{peer_port}"
    return [
        str(binary),
        f"--data-dir={data}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",
        "--socket-reuse-port",
        "--log-level=warn",
    ]


def apiserver(
    binary: Path, *, etcd_port: int, port: int, certificates: Certificates, audit: Path | None, extra: Sequence[str]
) -> list[str]:
    """``audit``: the folder with ``audit.yaml``, where ``audit.log`` goes; ``extra`` comes last and so wins."""
    flags = [
        f"--etcd-servers=http://127.0.0.1:{etcd_port}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--secure-port={port}",
        "--permit-port-sharing=true",
        f"--tls-cert-file={certificates.server}",
        f"--tls-private-key-file={certificates.server_key}",
        f"--client-ca-file={certificates.ca}",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--authorization-mode=Node,RBAC",
        "--allow-privileged=true",
        "--endpoint-reconciler-type=none",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={certificates.service_account_public_key}",
        f"--service-account-signing-key-file={certificates.service_account_key}",
    ]
    if audit:
        flags += [f"--audit-policy-file={audit / 'audit.yaml'}", f"--audit-log-path={audit / 'audit.log'}"]
        # In one file, however long the run: what is older than 100 MB would be moved out of its reader's sight.
        flags += [f"--audit-log-maxsize={_MEGABYTES}"]
    return [str(binary), *flags, *extra]


def controller_manager(binary: Path, *, kubeconfig: Path, certificates: Certificates) -> list[str]:
    """One identity for all controllers: own credentials for each make the start 4.5 s longer."""
    return [
        str(binary),
        *_client(kubeconfig),
        f"--service-account-private-key-file={certificates.service_account_key}",
        f"--root-ca-file={certificates.ca}",
        "--use-service-account-credentials=false",
    ]


def scheduler(binary: Path, *, kubeconfig: Path) -> list[str]:
    """Without it pods need a ``nodeName``."""
    return [str(binary), *_client(kubeconfig)]


def _client(kubeconfig: Path) -> tuple[str, ...]:
    return (
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        "--leader-elect=false",
        "--secure-port=0",  # nobody asks them anything, so they need no port that somebody else could take
        *_CLIENT_LIMITS,
    )
