"""A shop that draws with Ideogram, and what its owner, its on-call and a curious colleague can see of it.

Everything is read from the API server, as an administrator: what the operator believes is only asked where a person
would ask it, in status.
"""

import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from ideogram_operator.resource.words import FALLBACK_ANNOTATION, RESTORE_FINALIZER
from lab.audit import read_log
from lab.cluster import Cluster
from lab.kube import JSON_PATCH, Json, Kube
from lab.operator import ACCOUNT
from lab.simulator import Simulator
from lab.waiting import NeverHappenedError, wait_until

INTEGRATIONS = "/apis/ideogram-operator.io/v1alpha1/namespaces/{}/ideogramintegrations"
PATHS = {
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "StatefulSet": "/apis/apps/v1/namespaces/{}/statefulsets",
    "DaemonSet": "/apis/apps/v1/namespaces/{}/daemonsets",
    "CronJob": "/apis/batch/v1/namespaces/{}/cronjobs",
    "ConfigMap": "/api/v1/namespaces/{}/configmaps",
}
QUICK_PROBE = {"interval": "1s", "suspectInterval": "500ms", "timeout": "2s", "generate": {"interval": "0s"}}
QUICK_RECOVERY = {"hold": "2s", "successes": 2, "maxFlipsPerHour": 30}
SECRET = "ideogram"


@dataclass
class Timeline:
    """Seconds since a moment, printed so that a run tells its own times."""

    what: str
    began: float = field(default_factory=time.monotonic)
    times: dict[str, float] = field(default_factory=dict)

    def mark(self, name: str) -> float:
        """Seconds until now, kept under a name."""
        return self.times.setdefault(name, time.monotonic() - self.began)

    def tell(self) -> None:
        print(f"{self.what}: " + ", ".join(f"{name} {seconds:.2f} s" for name, seconds in self.times.items()))  # noqa: T201 - a test tells its times


@dataclass(frozen=True, kw_only=True)
class Shop:
    """One namespace with its applications and its own Ideogram."""

    cluster: Cluster
    namespace: str
    simulator: Simulator

    @property
    def kube(self) -> Kube:
        return self.cluster.kube

    # -- making --------------------------------------------------------------------------------------------------------

    def secret(self, key: str | None, *, name: str = SECRET, entry: str = "api-key") -> None:
        """Sets the key; None takes the Secret away."""
        path = f"/api/v1/namespaces/{self.namespace}/secrets"
        if key is None:
            self.kube.delete(f"{path}/{name}")
            return
        encoded = base64.b64encode(key.encode()).decode()
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": self.namespace}}
        self.kube.apply(body | {"data": {entry: encoded}})

    def make(self, kind: str, name: str, **parts: Any) -> Json:
        """A target of the kind; `parts` are its containers, or fields of its spec."""
        return self.kube.create(PATHS[kind].format(self.namespace), manifest(kind, name, **parts))

    def deploy(self, name: str = "web", *, settle: bool = True, **parts: Any) -> Json:
        """A Deployment; returned when its pods run, unless told not to wait."""
        made = self.make("Deployment", name, **parts)
        return self.settled(name) if settle else made

    def integrate(self, name: str = "shop", *, targets: list[Json] | None = None, **spec: Any) -> Json:
        """An integration, quick in all things unless ``spec`` says otherwise; None takes a field out."""
        whole: Json = {
            "api": {"baseURL": self.simulator.url, "keySecretRef": {"name": SECRET, "key": "api-key"}},
            "targets": targets or [target()],
            "probe": QUICK_PROBE,
            "recovery": QUICK_RECOVERY,
        }
        whole |= spec
        body = {
            "apiVersion": "ideogram-operator.io/v1alpha1",
            "kind": "IdeogramIntegration",
            "metadata": {"name": name},
            "spec": {field: value for field, value in whole.items() if value is not None},
        }
        return self.kube.create(INTEGRATIONS.format(self.namespace), body)

    def edit(self, name: str = "shop", **spec: Any) -> Json:
        """A merge patch of the integration's spec."""
        return self.kube.patch(self.at(name), {"spec": spec})

    def annotate(self, annotation: str, value: str, name: str = "shop") -> None:
        self.kube.patch(self.at(name), {"metadata": {"annotations": {annotation: value}}})

    # -- looking -------------------------------------------------------------------------------------------------------

    def at(self, name: str = "shop") -> str:
        return f"{INTEGRATIONS.format(self.namespace)}/{name}"

    def path(self, kind: str, name: str) -> str:
        return f"{PATHS[kind].format(self.namespace)}/{name}"

    def get(self, kind: str, name: str) -> Json:
        found: Json = self.kube.get(self.path(kind, name))
        return found

    def status(self, name: str = "shop") -> Json:
        found: Json = self.kube.get(self.at(name)).get("status", {})
        return found

    def events(self) -> list[Json]:
        """The events on integrations."""
        listed = self.kube.get(f"/apis/events.k8s.io/v1/namespaces/{self.namespace}/events")["items"]
        return [event for event in listed if event["regarding"]["kind"] == "IdeogramIntegration"]

    def told(self, kind: str = "Deployment", name: str = "web", *, container: str | None = None) -> str | None:
        """The value that a target has under IDEOGRAM_ENABLED now; None without one."""
        return value_of(self.get(kind, name), container=container)

    def generation(self, name: str = "web", kind: str = "Deployment") -> int:
        found: int = self.get(kind, name)["metadata"]["generation"]
        return found

    def replica_sets(self) -> int:
        return len(self.kube.get(f"/apis/apps/v1/namespaces/{self.namespace}/replicasets")["items"])

    def patches(self, resource: str, name: str, *, subresource: str | None = None) -> list[Json]:
        """The PATCHes that the operator sent to an object and that were taken, from the API server's audit log."""
        if self.cluster.audit_log is None:
            raise LookupError("this cluster keeps no audit log")
        user = f"system:serviceaccount:{self.namespace}:ideogram-operator"
        found = []
        for line in self.cluster.audit_log.read_text().splitlines():
            if self.namespace not in line or '"verb":"patch"' not in line:
                continue
            entry = json.loads(line)
            about = entry.get("objectRef", {})
            fits = about.get("resource") == resource and about.get("name") == name
            if fits and entry["user"]["username"] == user and about.get("subresource") == subresource:
                found.extend([entry] if entry["responseStatus"]["code"] < 300 else [])
        return found

    def writes(self) -> set[str]:
        """The resources, or subresources, to which the operator has sent anything but a read, from the audit log."""
        if self.cluster.audit_log is None:
            raise LookupError("this cluster keeps no audit log")
        with self.cluster.audit_log.open() as lines:
            log = read_log((line for line in lines if self.namespace in line), account=ACCOUNT)
        mine = (one.right for one in log.asked if one.home == self.namespace)
        return {right.resource for right in mine if right.verb not in {"get", "list", "watch"}}

    # -- waiting -------------------------------------------------------------------------------------------------------

    def until(self, condition: Callable[[Json], Any], what: str, *, name: str = "shop", timeout: float = 30.0) -> Json:
        """The status, once the condition holds for it; a failure shows the status as it was last."""
        last: Json = {}

        def looked() -> Json | None:
            last.clear()
            last.update(self.status(name))
            return last if condition(last) else None

        try:
            return dict(wait_until(looked, what, timeout=timeout, pause=0.1))
        except NeverHappenedError as error:
            raise NeverHappenedError(f"{error}; status: {json.dumps(last, indent=1)}") from error

    def state(self, *states: str, name: str = "shop", timeout: float = 30.0) -> Json:
        """The status, once the state is one of these."""
        wanted = " or ".join(states)
        return self.until(lambda status: status.get("state") in states, wanted, name=name, timeout=timeout)

    def live(self, name: str = "shop", *, timeout: float = 30.0) -> Json:
        """The status, once the integration is Live, the API believed to be healthy and all targets told so."""
        return self.until(
            lambda status: (
                status.get("state") == "Live"
                and status.get("health") == "Healthy"
                and all(one["mode"] == "Live" for one in status.get("targets", []))
                and condition(status, "Ready")["status"] == "True"
            ),
            "Live and Healthy",
            name=name,
            timeout=timeout,
        )

    def fallen_back(self, name: str = "shop", *, timeout: float = 30.0) -> Json:
        """The status, once every target is told to be in fallback."""
        return self.until(
            lambda status: (
                status.get("state") == "Fallback" and all(one["mode"] == "Fallback" for one in status["targets"])
            ),
            "Fallback, everywhere",
            name=name,
            timeout=timeout,
        )

    def reads(self, value: str | None, kind: str = "Deployment", name: str = "web", *, timeout: float = 30.0) -> None:
        """Returns once the target is told this value."""
        try:
            wait_until(
                lambda: self.told(kind, name) == value, f"{kind} {name} to read {value!r}", timeout=timeout, pause=0.1
            )
        except NeverHappenedError as error:
            statuses = self.kube.get(INTEGRATIONS.format(self.namespace))["items"]
            shown = {one["metadata"]["name"]: one.get("status") for one in statuses}
            raise NeverHappenedError(f"{error}; status: {json.dumps(shown, indent=1)}") from error

    def settled(self, name: str = "web", kind: str = "Deployment", *, timeout: float = 60.0) -> Json:
        """The workload, once all its pods run its template."""
        return self.kube.wait_for(self.path(kind, name), _rolled_out, f"{kind} {name} rolled out", timeout=timeout)

    def probed(self, count: int = 2, *, timeout: float = 30.0) -> None:
        """Returns after so many further requests to the API."""
        seen = len(self.simulator.admin.requests(host="api"))
        self.simulator.admin.wait_for_count(seen + count, host="api", timeout=timeout)


def target(name: str = "web", kind: str = "Deployment", **parts: Any) -> Json:
    """One entry of spec.targets."""
    switch = {} if kind == "CronJob" else {"switch": {"name": "IDEOGRAM_ENABLED", "fallbackValue": "false"}}
    named = {} if "selector" in parts else {"name": name}
    return {"kind": kind, **named, **switch, **parts}


def ordered(mode: str, *, seconds: float = 3600) -> Json:
    """A person's order, for so long."""
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    return {"mode": mode, "reason": "maintenance", "until": f"{until:%Y-%m-%dT%H:%M:%SZ}"}


def env(*entries: Json, name: str = "web") -> Json:
    """A container with these entries; with none it has no ``env`` at all."""
    return {"name": name, "image": "shop:1"} | ({"env": list(entries)} if entries else {})


ON = {"name": "IDEOGRAM_ENABLED", "value": "true"}


def manifest(
    kind: str,
    name: str,
    *,
    containers: list[Json] | None = None,
    labels: dict[str, str] | None = None,
    pod: dict[str, str] | None = None,
    replicas: int = 2,
    **spec: Any,
) -> Json:
    """An application; ``pod`` are annotations by which its pods behave (lab/kubelet/stages.yaml)."""
    metadata: Json = {"name": name, "labels": labels or {}}
    if kind == "ConfigMap":
        return {"metadata": metadata, "data": spec.get("data", {"IDEOGRAM_ENABLED": "true"})}
    template: Json = {
        "metadata": {"labels": {"app": name}, "annotations": pod or {}},
        "spec": {"containers": containers or [env(ON)], "terminationGracePeriodSeconds": 0},
    }
    if kind == "CronJob":
        template["spec"] |= {"restartPolicy": "Never"}
        job = {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": template}}}
        return {"metadata": metadata, "spec": job | spec}
    scale = {} if kind == "DaemonSet" else {"replicas": replicas}
    return {
        "metadata": metadata,
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": template, **scale, **spec},
    }


def value_of(item: Json, *, container: str | None = None) -> str | None:
    """What an object says under IDEOGRAM_ENABLED; of a CronJob, whether it is suspended."""
    if "data" in item:
        found: str | None = item["data"].get("IDEOGRAM_ENABLED")
        return found
    if "jobTemplate" in item["spec"]:
        return str(item["spec"].get("suspend", False)).lower()
    containers = item["spec"]["template"]["spec"]["containers"]
    chosen = next(one for one in containers if container in {None, one["name"]})
    entries = [one for one in chosen.get("env", []) if one["name"] == "IDEOGRAM_ENABLED"]
    return entries[-1].get("value") if entries else None


def claimed(item: Json) -> list[str]:
    """The integrations that hold a target, by its annotation."""
    text = item["metadata"].get("annotations", {}).get(FALLBACK_ANNOTATION)
    return [claim["integration"] for claim in json.loads(text)["claims"]] if text else []


def held_by_finalizer(item: Json) -> bool:
    return RESTORE_FINALIZER in item["metadata"].get("finalizers", [])


def condition(status: Json, kind: str) -> Json:
    """The condition of that type; an empty-handed one if there is none."""
    found = (one for one in status.get("conditions", []) if one["type"] == kind)
    return next(found, {"type": kind, "status": "Missing", "reason": "", "message": ""})


def history(status: Json) -> Json:
    """The last flip; nothing if there was none."""
    flips: list[Json] = status.get("history", [])
    return flips[-1] if flips else {}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def set_env(shop: Shop, name: str, value: str, *, manager: str, kind: str = "Deployment") -> None:
    """Sets the first entry of the first container, as a field manager of that name."""
    path = "/spec/template/spec/containers/0/env/0/value"
    operations = [{"op": "replace", "path": path, "value": value}]
    shop.kube.patch(shop.path(kind, name), operations, content_type=JSON_PATCH, fieldManager=manager)


def _rolled_out(item: Json) -> bool:
    status, spec = item.get("status", {}), item["spec"]
    wanted = spec.get("replicas", status.get("desiredNumberScheduled", 1))
    seen = status.get("observedGeneration", 0) >= item["metadata"]["generation"]
    updated = status.get("updatedReplicas", status.get("updatedNumberScheduled", 0))
    ready = status.get("readyReplicas", status.get("numberReady", 0))
    total = status.get("replicas", status.get("currentNumberScheduled", 0))
    return bool(seen and updated == ready == total == wanted)
