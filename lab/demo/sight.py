"""What can be seen of an application from outside: its integration, its target, its pods and its own ``/health``."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

from lab.applications.health import of_pods
from lab.demo.stage import SHOP, Stage
from lab.kube import Json, Kube

ASKED: Final = "ideogram-operator.io/fallback"
CORE, APPS, BATCH = (f"/{group}/namespaces/{SHOP}" for group in ("api/v1", "apis/apps/v1", "apis/batch/v1"))
INTEGRATIONS: Final = f"/apis/ideogram-operator.io/v1alpha1/namespaces/{SHOP}/ideogramintegrations"
TARGETS: Final = {
    "storefront": f"{APPS}/deployments/storefront",
    "nightly-render": f"{BATCH}/cronjobs/nightly-render",
    "gallery": f"{CORE}/configmaps/gallery-settings",
}
"""Each application's target, by the application's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """One pod: which one, and what it was told, once it is ready."""

    uid: str
    ready: bool
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One application at one moment.

    Attributes:
        name: the application's and its integration's.
        status: the integration's, as ``kubectl`` shows it.
        target: the object that the operator switches.
        switch: what the target is told, such as ``IDEOGRAM_ENABLED=true``.
        pods: those that are not on their way out.
        says: what the application's ``/health`` says of Ideogram; empty while it does not answer.
    """

    name: str
    status: Json
    target: Json
    switch: str
    pods: tuple[Pod, ...]
    says: str

    @property
    def state(self) -> str:
        """The breaker's state; empty before the first word."""
        return str(self.status.get("state", ""))

    @property
    def health(self) -> str:
        """What the operator believes of the API."""
        return str(self.status.get("health", ""))

    @property
    def reason(self) -> str:
        """Why, in one word."""
        return str(self.status.get("reason", ""))

    @property
    def history(self) -> list[Json]:
        """The flips, the newest last."""
        return list(self.status.get("history", ()))

    @property
    def checks(self) -> Mapping[str, Json]:
        """The checks of the preflight, by id."""
        return {check["id"]: check for check in self.status.get("preflight", {}).get("checks", ())}

    @property
    def drill(self) -> Json:
        """The rehearsal of the fallback, as status tells it."""
        return dict(self.status.get("drill", {}))

    @property
    def told(self) -> Json:
        """What of the target decides how the application runs: spec or data, whole."""
        content = self.target["data"] if self.target["kind"] == "ConfigMap" else self.target["spec"]
        return dict(content)

    @property
    def claimed(self) -> bool:
        """Whether the operator's note with the baseline is on the target."""
        return ASKED in self.target["metadata"].get("annotations", {})

    @property
    def pods_agree(self) -> bool:
        """Whether every pod is ready and says what the application says."""
        return all(pod.ready and pod.says == self.says for pod in self.pods)


class Lookout:
    """Looks at all three applications, as an administrator. One thread at a time."""

    def __init__(self, stage: Stage) -> None:
        self._kube = Kube(stage.cluster.access, timeout=5)
        self._health = stage.health
        self._http = httpx.Client(trust_env=False, timeout=5)

    def close(self) -> None:
        """Closes its connections."""
        self._kube.close()
        self._http.close()

    def look(self) -> dict[str, Sight]:
        """The applications by name, in the order of the example.

        Raises:
            KubeError: the API server refused.
            httpx.TransportError: it did not answer.
        """
        statuses = {item["metadata"]["name"]: item.get("status", {}) for item in self._kube.get(INTEGRATIONS)["items"]}
        pods = self._kube.get(f"{CORE}/pods")["items"]
        return {name: self._sight(name, statuses.get(name, {}), pods) for name in TARGETS}

    def _sight(self, name: str, status: Json, pods: Iterable[Json]) -> Sight:
        target = self._kube.get(TARGETS[name])
        mine = [pod for pod in pods if pod["metadata"].get("labels", {}).get("app") == name]
        settings = target if target["kind"] == "ConfigMap" else None
        return Sight(
            name=name,
            status=status,
            target=target,
            switch=switch_of(target),
            pods=tuple(_pod(pod, settings) for pod in mine if "deletionTimestamp" not in pod["metadata"]),
            says=self._says(name),
        )

    def _says(self, name: str) -> str:
        answer = self._http.get(self._health.health_url(SHOP, name))
        services: Mapping[str, Any] = answer.json().get("services", {}) if answer.is_success else {}
        return str(services.get("ideogram", ""))


def switch_of(target: Json) -> str:
    """What the target is told, in a few words."""
    if "data" in target:
        return f"IDEOGRAM_ENABLED={target['data'].get('IDEOGRAM_ENABLED', '')}"
    if "schedule" in target["spec"]:
        return f"suspend={str(bool(target['spec'].get('suspend'))).lower()}"
    containers = target["spec"]["template"]["spec"]["containers"]
    entries = [entry for container in containers for entry in container.get("env", [])]
    told = [entry.get("value", "") for entry in entries if entry["name"] == "IDEOGRAM_ENABLED"]
    return f"IDEOGRAM_ENABLED={told[-1] if told else ''}"


def _pod(pod: Json, settings: Json | None) -> Pod:
    says = of_pods([pod], lambda _: settings)
    return Pod(uid=pod["metadata"]["uid"], ready=says is not None, says=says.value if says else "")
