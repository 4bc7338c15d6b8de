"""An S3 store of its own: versitygw over a folder, with an owner and a tenant whom bucket policies let in."""

import json
import uuid
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import httpx

from lab.controlplane.binaries import binary
from lab.controlplane.certificates import issue
from lab.folders import run_folder
from lab.processes import Child
from lab.servers.s3_requests import s3_request
from lab.servers.starting import start_on_free_port

OWNER: Final = ("LABORATORYOWNER", "the-owner-s-secret-key")
TENANT: Final = ("LABORATORYTENANT", "the-tenant-s-secret-key")
REGION: Final = "us-east-1"
ALL: Final = ("s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:ListBucket")


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketAccess:
    """Where the store is: enough for other processes to use it.

    Attributes:
        endpoint: its URL.
        ca: the authority of its certificate, a PEM file; None if it speaks plain http.
    """

    endpoint: str
    ca: Path | None = None

    @property
    def credentials(self) -> dict[str, str]:
        """The tenant's, as a Secret would hold them."""
        return {"AWS_ACCESS_KEY_ID": TENANT[0], "AWS_SECRET_ACCESS_KEY": TENANT[1], "AWS_REGION": REGION}

    def new_bucket(self, *, allow: Iterable[str] = ALL) -> str:
        """A bucket of nobody else's, in which the tenant may do what ``allow`` says; its name."""
        name = f"images-{uuid.uuid4().hex[:12]}"
        self._do("PUT", f"/{name}")
        self.allow(name, allow)
        return name

    def allow(self, bucket: str, actions: Iterable[str]) -> None:
        """Lets the tenant do ``actions`` in ``bucket``, and nothing else."""
        resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
        statements = [
            {
                "Effect": "Allow",
                "Principal": {"AWS": [TENANT[0]]},
                "Action": action,
                "Resource": resources[0] if action == "s3:ListBucket" else resources[1],
            }
            for action in actions
        ]
        # A policy without a statement is refused: then there is none, and the tenant may do nothing.
        if statements:
            self._do("PUT", f"/{bucket}", query="policy", body=json.dumps({"Statement": statements}).encode())
        else:
            self._do("DELETE", f"/{bucket}", query="policy")

    def put(self, bucket: str, name: str, content: bytes = b"an image") -> None:
        """Puts an object, as owner."""
        self._do("PUT", f"/{bucket}/{name}", body=content)

    def has(self, bucket: str, name: str) -> bool:
        """Whether the object is there."""
        return self._ask("GET", f"/{bucket}/{name}").status_code == httpx.codes.OK

    def _do(self, verb: str, path: str, *, query: str = "", body: bytes = b"") -> None:
        self._ask(verb, path, query=query, body=body).raise_for_status()

    def _ask(self, verb: str, path: str, *, query: str = "", body: bytes = b"") -> httpx.Response:
        return s3_request(
            *(verb, f"{self.endpoint}{path}"),
            query=query,
            body=body,
            access_key=OWNER[0],
            secret_key=OWNER[1],
            region=REGION,
        )


class BucketServer:
    """versitygw; running inside its ``with`` block.

    Attributes:
        access: where it is.
        child: its process, to be frozen or killed by a test.
    """

    def __init__(self, *, tls: bool = False) -> None:
        """``tls``: https, with a certificate of the laboratory's own authority; buckets are then made by no method."""
        self._tls = tls

    def __enter__(self) -> Self:
        """Starts it (about 0.2 s).

        Raises:
            BuildFailedError: versitygw is missing and could not be built.
            ChildDiedError: it ended while starting.
        """
        gateway = binary("versitygw")
        with ExitStack() as undo:
            run = undo.enter_context(run_folder("buckets"))
            (run / "buckets").mkdir()
            _write_accounts(run / "accounts")
            command: list[str | Path] = [
                gateway,
                "--quiet",
                "--health=/health",
                f"--access={OWNER[0]}",
                f"--secret={OWNER[1]}",
            ]
            command += [f"--region={REGION}", f"--iam-dir={run / 'accounts'}", "--keep-alive"]
            certificates = issue(run) if self._tls else None
            if certificates:
                command += [f"--cert={certificates.server}", f"--key={certificates.server_key}"]
            scheme = "https" if self._tls else "http"
            self.child, port = start_on_free_port(
                lambda port: Child(
                    "versitygw", [*command, f"--port=127.0.0.1:{port}", "posix", run / "buckets"], folder=run
                ),
                lambda port: _answers(f"{scheme}://127.0.0.1:{port}/health"),
            )
            undo.callback(self.child.kill)
            self.access = BucketAccess(
                endpoint=f"{scheme}://127.0.0.1:{port}", ca=certificates.ca if certificates else None
            )
            self._ends = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends.close()


def _write_accounts(folder: Path) -> None:
    folder.mkdir()
    account = {"access": TENANT[0], "secret": TENANT[1], "role": "user", "userID": 0, "groupID": 0, "projectID": 0}
    (folder / "users.json").write_text(json.dumps({"accessAccounts": {TENANT[0]: account}}))


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, verify=False, trust_env=False, timeout=2).is_success  # noqa: S501 - only whether it is up
    except httpx.TransportError:
        return False
