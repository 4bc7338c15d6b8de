"""A shop that is ready for production: everything that the preflight looks at is there, on real servers.

Each part can be broken and mended by itself, as its owner would do it.
"""

import base64
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ideogram_operator.resource.words import DRILL_ANNOTATION, PREFLIGHT_ANNOTATION
from lab.applications import HealthServer
from lab.applications.exporter import Exporter
from lab.cluster import Cluster
from lab.controlplane.certificates import Certificates, issue
from lab.kube import Json
from lab.operator import Flags, Operator, grant_rights, operator_kubeconfig
from lab.processes import NamelessChild
from lab.receiver import Receiver
from lab.servers.bucket_server import BucketAccess
from lab.servers.prometheus import Prometheus
from lab.simulator import Config, Simulator
from tests.e2e.shop import QUICK_RECOVERY, SECRET, Shop, env, target
from tests.servers import TestDatabase

TABLE = "CREATE TABLE generations (id int PRIMARY KEY, prompt text, seed bigint, model text, style text)"
ATTESTED = (
    "auto-top-up",
    "safety-log",
    "pii-sanitisation",
    "server-side-validation",
    "image-safe-flag",
    "moderation-layer",
)
SETTINGS = {
    "IDEOGRAM_ENABLED": "true",
    "IDEOGRAM_TIMEOUT_SECONDS": "90",
    "IDEOGRAM_MAX_RETRIES": "5",
    "IDEOGRAM_MAX_PROMPT_CHARS": "5000",
    "IDEOGRAM_CONCURRENCY": "2",
}
PROBE = {"interval": "1s", "suspectInterval": "500ms", "timeout": "5s"}
OTHER_KEY = "ideo-staging-0123456789abcdef"


@dataclass(frozen=True, kw_only=True)
class Gallery:
    """The shop and all that stands around it."""

    shop: Shop
    certificates: Certificates
    health: HealthServer
    receiver: Receiver
    exporter: Exporter
    prometheus: Prometheus
    buckets: BucketAccess
    bucket: str
    database: TestDatabase

    # -- what its owner does -------------------------------------------------------------------------------------------

    def build(self, *, planted: dict[str, str] | None = None, replicas: int = 2, **settings: str) -> Json:
        """The application; ``planted`` are variables that should not be there."""
        entries = [{"name": name, "value": value} for name, value in (SETTINGS | settings | (planted or {})).items()]
        if "IDEOGRAM_API_KEY" not in (planted or {}):
            secret = {"secretKeyRef": {"name": SECRET, "key": "api-key"}}
            entries.append({"name": "IDEOGRAM_API_KEY", "valueFrom": secret})  # type: ignore[dict-item] # an entry of env
        return self.shop.deploy("web", containers=[env(*entries)], replicas=replicas)

    def secrets(self) -> None:
        """The credentials of everything, each in a Secret of its own."""
        self.put_secret("images", **self.buckets.credentials)
        self.put_secret("images-db", url=self.database.url())
        self.put_secret("oncall", url=self.receiver.url)

    def put_secret(self, name: str, **entries: str) -> None:
        data = {key: base64.b64encode(value.encode()).decode() for key, value in entries.items()}
        metadata = {"name": name, "namespace": self.shop.namespace}
        self.shop.kube.apply({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data})

    def images(self, count: int = 3) -> None:
        """Images in the bucket, named as they should be."""
        for number in range(count):
            self.buckets.put(self.bucket, f"gallery/dawn-seed-{123456 + number}.png")

    def stage(self) -> None:
        """The Staging integration in which it was tried before, with a key of its own."""
        self.shop.simulator.admin.add_key(OTHER_KEY)
        self.shop.secret(OTHER_KEY, name="staging")
        self.shop.integrate(
            "staging",
            environment="Staging",
            api={"baseURL": self.shop.simulator.url, "keySecretRef": {"name": "staging"}},
            targets=[target("staged", kind="ConfigMap")],
            probe={**PROBE, "generate": {"interval": "0s"}},
            preflight={"required": ["targets-exist", "api-key-header"]},
        )

    def spec(self, *, expired: tuple[str, ...] = (), **parts: Any) -> Json:
        """The spec of an integration that is ready for production."""
        namespace = self.shop.namespace
        verify = {
            "url": self.health.health_url(namespace, "web"),
            "path": "services.ideogram",
            "fallbackValue": "disabled",
        }
        whole: Json = {
            "environment": "Production",
            "targets": [target("web", verify=verify)],
            "probe": PROBE,
            "recovery": QUICK_RECOVERY,
            "traffic": {"prometheus": {"url": self.prometheus.url, "matchers": f'namespace="{namespace}"'}},
            "storage": {
                "url": f"s3://{self.bucket}/gallery",
                "endpoint": self.buckets.endpoint,
                "secretRef": {"name": "images"},
            },
            "database": {"urlSecretRef": {"name": "images-db"}},
            "notify": [{"severities": ["P1"], "urlSecretRef": {"name": "oncall"}}],
            "preflight": {"predecessor": {"name": "staging"}},
            "attestations": [attestation(check, expired=check in expired) for check in ATTESTED],
            "drill": {"duration": "1s"},
        }
        return whole | parts

    def operator(self, folder: Path, *more: str) -> Operator:
        """The operator, allowed to talk to everything here; not started yet."""
        grant_rights(self.shop.cluster, self.shop.namespace)
        origins = (self.health.url, self.receiver.origin, self.prometheus.url, self.buckets.endpoint)
        database = f"127.0.0.1:{self.database.server.port}"
        hosts = (self.shop.simulator.url.removeprefix("https://"), *origins, database)
        flags = Flags(
            kubeconfig=operator_kubeconfig(self.shop.cluster.access, self.shop.namespace, folder / "operator.yaml"),
            namespaces=(self.shop.namespace,),
            allow_hosts=hosts,
            control_url="",
            more=("--ca-file", str(self.certificates.ca), *more),
        )
        (folder / "operator").mkdir(exist_ok=True)
        return Operator(flags, folder=folder / "operator", process=NamelessChild)

    # -- what anybody sees ---------------------------------------------------------------------------------------------

    def ask(self, name: str = "shop", *, annotation: str = PREFLIGHT_ANNOTATION) -> Json:
        """Asks for a preflight now; the status once it is there."""
        token = datetime.now(UTC).isoformat()
        self.shop.annotate(annotation, token, name)
        return self.shop.until(
            lambda status: status.get("preflight", {}).get("lastHandledRequest") == token,
            "the preflight asked for",
            name=name,
            timeout=60,
        )

    def drill(self, name: str = "shop") -> Json:
        """Asks for a drill; the status once it is over."""
        token = datetime.now(UTC).isoformat()
        self.shop.annotate(DRILL_ANNOTATION, token, name)
        return self.shop.until(
            lambda status: (
                status.get("drill", {}).get("lastHandledRequest") == token and "phase" not in status["drill"]
            ),
            "the drill asked for",
            name=name,
            timeout=60,
        )


def attestation(check: str, *, expired: bool = False) -> Json:
    now = datetime.now(UTC)
    expires = now - timedelta(hours=1) if expired else now + timedelta(days=30)
    return {
        "check": check,
        "by": "dana@example.com",
        "at": f"{now - timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}",
        "evidence": "https://wiki.example.com/ideogram",
        "expires": f"{expires:%Y-%m-%dT%H:%M:%SZ}",
    }


def wrong(status: Json) -> dict[str, Json]:
    """The checks that did not pass, by id; skipped ones do not apply."""
    checks = status["preflight"]["checks"]
    return {check["id"]: check for check in checks if check["result"] not in {"Pass", "Skipped"}}


@contextmanager
def gallery(
    cluster: Cluster, namespace: str, folder: Path, *, buckets: BucketAccess, database: TestDatabase
) -> Iterator[Gallery]:
    """Everything, with the Secrets and the images there and the application not yet."""
    certificates = issue(folder)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificates.server, certificates.server_key)
    with ExitStack() as ends:
        simulator = ends.enter_context(Simulator.in_thread(Config(ssl_context=tls)))
        exporter = ends.enter_context(Exporter())
        made = Gallery(
            shop=Shop(cluster=cluster, namespace=namespace, simulator=simulator),
            certificates=certificates,
            health=ends.enter_context(HealthServer(cluster.access)),
            receiver=ends.enter_context(Receiver()),
            exporter=exporter,
            prometheus=ends.enter_context(Prometheus([exporter.target], labels={"namespace": namespace})),
            buckets=buckets,
            bucket=buckets.new_bucket(),
            database=database,
        )
        made.shop.secret(simulator.key)
        made.secrets()
        made.images()
        made.shop.make("ConfigMap", "staged")
        database.do(TABLE)
        exporter.generated(times=30)
        # A counter that is there when a Prometheus first looks says nothing of the last day; what is added does.
        made.prometheus.wait_for("ideogram_generations_total")
        exporter.generated(times=30)
        made.prometheus.wait_for("ideogram_generations_total > 30")
        yield made
