"""A shop, its Ideogram, and the commands as people type them: the installed scripts, as processes of their own."""

import base64
import json
import os
import subprocess
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.cluster import Cluster
from lab.simulator import Simulator
from lab.tokens import service_account_kubeconfig
from tests.e2e.shop import SECRET, Shop, env, target

Json = dict[str, Any]
ATTESTED = (
    "auto-top-up",
    "safety-log",
    "rate-limit-hidden",
    "pii-sanitisation",
    "server-side-validation",
    "image-safe-flag",
    "moderation-layer",
)
SETTINGS = {
    "IDEOGRAM_TIMEOUT_SECONDS": "60",
    "IDEOGRAM_MAX_RETRIES": "3",
    "IDEOGRAM_CONCURRENCY": "2",
    "IDEOGRAM_MAX_PROMPT_CHARS": "10000",
}


@dataclass(frozen=True, kw_only=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def everything(self) -> str:
        return self.out + self.err

    def json(self) -> list[Json]:
        """The integrations of a report as JSON."""
        found: list[Json] = json.loads(self.out)["integrations"]
        return found


def script(name: str) -> str:
    return str(Path(sysconfig.get_path("scripts")) / name)


def clean() -> dict[str, str]:
    """An environment in which nobody has said anything."""
    hidden = ("IDEOGRAM_OPERATOR_", "KUBECONFIG", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "HTTP", "http")
    return {name: value for name, value in os.environ.items() if not name.startswith(hidden)}


def run_script(name: str, *words: str, stdin: str = "", environment: Mapping[str, str] | None = None) -> Done:
    told = subprocess.run(  # noqa: S603 - our own words
        [script(name), *words],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=clean() | dict(environment or {}),
    )
    return Done(code=told.returncode, out=told.stdout, err=told.stderr)


@dataclass(kw_only=True)
class Desk:
    """Somebody at a shop's desk, with a kubeconfig and files."""

    shop: Shop
    folder: Path
    kubeconfig: Path
    canaries: list[str] = field(default_factory=list)

    def file(self, *documents: Json, name: str = "shop.yaml") -> Path:
        path = self.folder / name
        path.write_text(yaml.safe_dump_all(documents))
        return path

    def preflight(self, *words: str | Path, stdin: str = "", **environment: str) -> Done:
        flags = ["--kubeconfig", str(self.kubeconfig), "--allow-host", self.shop.simulator.url]
        done = run_script(
            "ideogram-operator", "preflight", *map(str, words), *flags, stdin=stdin, environment=environment
        )
        return self._clean(done)

    def kubectl(self, *words: str) -> Done:
        more = ["-n", self.shop.namespace, "--kubeconfig", str(self.kubeconfig)]
        return self._clean(run_script("kubectl-ideogram", *words, *more))

    def integration(self, name: str = "shop", **spec: Any) -> Json:
        """An integration as its owner writes it; None takes a field out."""
        whole: Json = {
            "environment": "Development",
            "api": {"baseURL": self.shop.simulator.url, "keySecretRef": {"name": SECRET}},
            "targets": [target()],
        }
        whole |= spec
        return {
            "apiVersion": "ideogram-operator.io/v1alpha1",
            "kind": "IdeogramIntegration",
            "metadata": {"name": name, "namespace": self.shop.namespace},
            "spec": {part: value for part, value in whole.items() if value is not None},
        }

    def _clean(self, done: Done) -> Done:
        """Whatever was typed, no key was ever printed, and nothing broke."""
        for canary in (self.shop.simulator.key, *self.canaries):
            assert canary not in done.everything
            assert base64.b64encode(canary.encode()).decode().rstrip("=") not in done.everything
        assert "Traceback" not in done.everything
        return done


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator.in_thread() as running:
        yield running


@pytest.fixture
def shop(cluster: Cluster, namespace: str, simulator: Simulator) -> Shop:
    """A namespace with a working key and one application that is set up as it should be."""
    found = Shop(cluster=cluster, namespace=namespace, simulator=simulator)
    found.secret(simulator.key)
    settings = [{"name": name, "value": value} for name, value in SETTINGS.items()]
    found.deploy(containers=[env(*settings)], settle=False)
    return found


@pytest.fixture
def desk(shop: Shop, tmp_path: Path) -> Desk:
    """Somebody who may do everything."""
    return Desk(shop=shop, folder=tmp_path, kubeconfig=shop.cluster.access.write(tmp_path / "admin.yaml"))


As = Callable[..., Path]


@pytest.fixture
def account(shop: Shop, tmp_path: Path) -> As:
    """Makes a ServiceAccount with these rules in the shop's namespace; returns its kubeconfig."""

    def make(name: str, *rules: Json) -> Path:
        group, home = "rbac.authorization.k8s.io", {"name": name, "namespace": shop.namespace}
        shop.kube.apply(
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": home},
            {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": home, "rules": list(rules)},
            {
                "apiVersion": f"{group}/v1",
                "kind": "RoleBinding",
                "metadata": home,
                "roleRef": {"apiGroup": group, "kind": "Role", "name": name},
                "subjects": [{"kind": "ServiceAccount", **home}],
            },
        )
        return service_account_kubeconfig(shop.cluster.access, shop.namespace, name, tmp_path / f"{name}.yaml")

    return make
