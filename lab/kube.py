"""A small synchronous Kubernetes client for the laboratory and its tests: JSON in, JSON out, nothing hidden.

The operator has its own gateway; this one is deliberately another, so that a test does not judge code by itself.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import httpx
import yaml

from lab.kubeconfig import Access, read_kubeconfig
from lab.waiting import wait_until

Json = dict[str, Any]

MERGE_PATCH: Final = "application/merge-patch+json"
JSON_PATCH: Final = "application/json-patch+json"
APPLY_PATCH: Final = "application/apply-patch+yaml"
USER_AGENT: Final = "ideogram-lab"
"""By which the API server's audit log tells a test's own requests, whoever it claims to be, from the operator's."""


class KubeError(RuntimeError):
    """The API server refused; ``status`` is the HTTP status, the message its own."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


class Kube:
    """A connection to one API server, as one identity."""

    def __init__(self, access: Access, *, timeout: float = 15.0) -> None:
        headers = {"User-Agent": USER_AGENT} | ({"Authorization": f"Bearer {access.token}"} if access.token else {})
        # trust_env=False: REQUESTS_CA_BUNDLE, SSL_CERT_FILE and proxies of the shell are not for this server.
        self._http = httpx.Client(
            base_url=access.server, headers=headers, verify=access.ssl_context(), trust_env=False, timeout=timeout
        )
        self._sni = {"sni_hostname": access.tls_name} if access.tls_name else {}
        self._resources: dict[str, list[Json]] = {}

    @classmethod
    def from_kubeconfig(cls, path: Path) -> Self:
        """A client for the current context of the file."""
        return cls(read_kubeconfig(path))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes its connections."""
        self._http.close()

    def request(self, method: str, path: str, *, body: Any = None, content_type: str = "", **params: str) -> Any:
        """The JSON answer (or text, where it is none).

        Raises:
            KubeError: any answer from 400 up.
            httpx.TransportError: no answer.
        """
        headers = {"Content-Type": content_type} if content_type else {}
        extensions = dict(self._sni)
        answer = self._http.request(method, path, json=body, headers=headers, params=params, extensions=extensions)
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        content: Any = answer.json() if is_json else answer.text
        if answer.is_error:
            raise KubeError(answer.status_code, content.get("message", "") if is_json else content)
        return content

    def get(self, path: str, **params: str) -> Any:
        """GET."""
        return self.request("GET", path, **params)

    def create(self, path: str, body: Json) -> Json:
        """POST to a collection; the object as it was stored."""
        created: Json = self.request("POST", path, body=body)
        return created

    def patch(self, path: str, body: Any, *, content_type: str = MERGE_PATCH, **params: str) -> Json:
        """PATCH; a merge patch unless told otherwise."""
        patched: Json = self.request("PATCH", path, body=body, content_type=content_type, **params)
        return patched

    def delete(self, path: str, **params: str) -> None:
        """DELETE; an object that is gone already is fine."""
        try:
            self.request("DELETE", path, **params)
        except KubeError as error:
            if error.status != httpx.codes.NOT_FOUND:
                raise

    def apply(self, *objects: Json, manager: str = "laboratory") -> list[Json]:
        """Server-side apply of each object; as they were stored."""
        params = {"fieldManager": manager, "force": "true"}
        return [self.patch(self.path_of(item), item, content_type=APPLY_PATCH, **params) for item in objects]

    def path_of(self, item: Json) -> str:
        """The URL path of an object, from what the API server says about its kind."""
        version, kind, metadata = item["apiVersion"], item["kind"], item["metadata"]
        base = f"/apis/{version}" if "/" in version else f"/api/{version}"
        known = self._resources.get(base) or self._resources.setdefault(base, self.get(base)["resources"])
        found = [entry for entry in known if entry["kind"] == kind and "/" not in entry["name"]]
        if not found:
            self._resources.pop(base)
            raise KubeError(404, f"the API server has no {kind} in {version}")
        namespace = f"/namespaces/{metadata.get('namespace', 'default')}" if found[0]["namespaced"] else ""
        return f"{base}{namespace}/{found[0]['name']}/{metadata['name']}"

    def wait_for(self, path: str, condition: Callable[[Json], bool], what: str, *, timeout: float = 30.0) -> Json:
        """The object at ``path`` once it is there and ``condition`` holds.

        Raises:
            NeverHappenedError: after ``timeout`` seconds.
        """
        return wait_until(lambda: self._if(path, condition), what, timeout=timeout)

    def wait_gone(self, path: str, *, timeout: float = 30.0) -> None:
        """Returns once nothing is at ``path``."""
        wait_until(lambda: self._if(path, lambda _: True) is None, f"the end of {path}", timeout=timeout)

    def _if(self, path: str, condition: Callable[[Json], bool]) -> Json | None:
        try:
            found: Json = self.get(path)
        except KubeError as error:
            if error.status == httpx.codes.NOT_FOUND:
                return None
            raise
        return found if condition(found) else None


def read_manifests(*paths: Path) -> Iterable[Json]:
    """Every object of every YAML document in the files, in order."""
    for path in paths:
        yield from (document for document in yaml.safe_load_all(path.read_text()) if document)
