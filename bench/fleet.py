"""Many integrations with all that belongs to them, made fast."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bench.raw import JSON_PATCH, Raw, spread

API: Final = "/apis/ideogram-operator.io/v1alpha1"
ALL: Final = f"{API}/ideogramintegrations"
SECRET: Final = "ideogram"  # noqa: S105 - the name of one
SWITCH: Final = {"name": "IDEOGRAM_ENABLED", "fallbackValue": "false"}

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Integrations in a few namespaces, each with one target of its own and of its name.

    Attributes:
        prefix: of the namespaces' names.
        namespaces: how many.
        kind: of the targets: ``Deployment`` or ``ConfigMap``.
        spec: of all integrations, but for targets.
    """

    prefix: str
    namespaces: int
    kind: str
    spec: Mapping[str, Any]

    def place(self, number: int) -> tuple[str, str]:
        """Namespace and name of one."""
        return f"{self.prefix}-{number % self.namespaces}", f"app-{number:05}"

    def target_path(self, number: int) -> str:
        """Where its target is."""
        namespace, name = self.place(number)
        group = "/apis/apps/v1" if self.kind == "Deployment" else "/api/v1"
        return f"{group}/namespaces/{namespace}/{self.kind.lower()}s/{name}"

    def path(self, number: int) -> str:
        """Where it is itself."""
        namespace, name = self.place(number)
        return f"{API}/namespaces/{namespace}/ideogramintegrations/{name}"

    async def prepare(self, raw: Raw, keys: Sequence[str]) -> None:
        """Makes the namespaces, each with a Secret that holds one of the keys, in turn."""
        for number in range(self.namespaces):
            namespace = f"{self.prefix}-{number}"
            await raw.ask("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
            await make_secret(raw, namespace, SECRET, keys[number % len(keys)])

    async def make_targets(self, raw: Raw, numbers: range) -> None:
        """Makes the targets."""
        body = _deployment if self.kind == "Deployment" else _config_map

        async def make(number: int) -> None:
            path = self.target_path(number)
            await raw.ask("POST", path.rpartition("/")[0], body(self.place(number)[1]))

        await spread(numbers, make)

    async def make_integrations(self, raw: Raw, numbers: range) -> None:
        """Makes the integrations."""

        async def make(number: int) -> None:
            body = integration(self.place(number)[1], self.kind, self.spec)
            await raw.ask("POST", self.path(number).rpartition("/")[0], body)

        await spread(numbers, make)

    async def write_status(self, raw: Raw, numbers: range, status: Json | None) -> None:
        """Gives each the status of the first, in its own name; None takes it away."""
        told, (namespace, name) = json.dumps(status or {}), self.place(0)

        async def write(number: int) -> None:
            ours, own = self.place(number)
            value = json.loads(told.replace(name, own).replace(f'"{namespace}"', f'"{ours}"'))
            change = {"op": "add", "path": "/status", "value": value}
            await raw.ask("PATCH", f"{self.path(number)}/status", [change], content_type=JSON_PATCH)

        await spread(numbers, write)


async def make_secret(raw: Raw, namespace: str, name: str, key: str) -> None:
    """A Secret with an API key."""
    data = {"api-key": base64.b64encode(key.encode()).decode()}
    await raw.ask("POST", f"/api/v1/namespaces/{namespace}/secrets", {"metadata": {"name": name}, "data": data})


def integration(name: str, kind: str, spec: Mapping[str, Any], secret: str = SECRET) -> Json:
    """An integration with one target of its name."""
    api = {"keySecretRef": {"name": secret, "key": "api-key"}, **spec["api"]}
    return {
        "apiVersion": "ideogram-operator.io/v1alpha1",
        "kind": "IdeogramIntegration",
        "metadata": {"name": name},
        "spec": {**spec, "api": api, "targets": [{"kind": kind, "name": name, "switch": SWITCH}]},
    }


def _deployment(name: str) -> Json:
    # No pods: what is measured is the operator against the API server, not how fast a kubelet that is none makes pods.
    # The Deployment controller follows each change all the same, with a ReplicaSet and status, as it would anywhere.
    labels = {"app": name}
    container = {"name": "web", "image": "shop:1", "env": [{"name": "LOG_LEVEL", "value": "info"}]}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def _config_map(name: str) -> Json:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"LOG_LEVEL": "info"}}
