"""Serves every application's ``/health`` on one port of localhost, read from the API server at each request.

``/NAMESPACE/NAME/health``, where NAME is a Deployment or a CronJob. 503 while no pod of it is ready, 404 if there is
no such application, 502 while the API server cannot be asked.
"""

import json
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import httpx

from lab.applications.health import Service, document, of_cron_job, of_pods
from lab.kube import Json, Kube, KubeError
from lab.kubeconfig import Access


class HealthServer:
    """Running inside its ``with`` block, in threads of its own.

    Attributes:
        url: ``http://127.0.0.1:PORT``.
    """

    def __init__(self, access: Access) -> None:
        self._kube = Kube(access, timeout=5)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self._kube))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._kube.close()

    def health_url(self, namespace: str, application: str) -> str:
        """Where the application's health is."""
        return f"{self.url}/{namespace}/{application}/health"


def answer(kube: Kube, path: str) -> tuple[HTTPStatus, Json]:
    """Status and body for a request's path."""
    match path.strip("/").split("/"):
        case [namespace, name, "health"]:
            return _health(kube, namespace, name)
    return HTTPStatus.NOT_FOUND, {"error": "ask for /NAMESPACE/NAME/health"}


def _health(kube: Kube, namespace: str, name: str) -> tuple[HTTPStatus, Json]:
    try:
        found, state = _state(kube, namespace, name)
    except (KubeError, httpx.TransportError) as error:
        return HTTPStatus.BAD_GATEWAY, {"error": f"the API server: {error}"}
    if not found:
        return HTTPStatus.NOT_FOUND, {"error": f"no application {name} in {namespace}"}
    if state is None:
        return HTTPStatus.SERVICE_UNAVAILABLE, {"status": "down", "services": {}}
    return HTTPStatus.OK, document(state)


def _state(kube: Kube, namespace: str, name: str) -> tuple[bool, Service | None]:
    core, apps, batch = (f"{group}/namespaces/{namespace}" for group in ("/api/v1", "/apis/apps/v1", "/apis/batch/v1"))
    if deployment := _found(kube, f"{apps}/deployments/{name}"):
        labels = deployment["spec"]["selector"]["matchLabels"]
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        pods = kube.get(f"{core}/pods", labelSelector=selector)["items"]
        return True, of_pods(pods, lambda settings: _found(kube, f"{core}/configmaps/{settings}"))
    cron_job = _found(kube, f"{batch}/cronjobs/{name}")
    return cron_job is not None, of_cron_job(cron_job) if cron_job else None


def _found(kube: Kube, path: str) -> Json | None:
    try:
        item: Json = kube.get(path)
    except KubeError as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return None
        raise
    return item


def _handler(kube: Kube) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answer(kube, self.path.partition("?")[0])
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Requests are not news."""

    return Handler
