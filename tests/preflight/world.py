"""A shop in which all 28 checks pass, on real servers: each case spoils one thing of its own and looks at one row.

The checks are those that the operator carries out, run in this process by the command line's course. Nothing here is
put back by itself but what a ``with`` block holds: whatever a case makes besides has a name of its own.
"""

import base64
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from itertools import count
from pathlib import Path
from typing import Any, Final

from ideogram_operator.cli.preflight_course import Wishes, carry_out
from ideogram_operator.cli.preflight_files import Document
from ideogram_operator.cli.preflight_progress import PlainProgress
from ideogram_operator.cli.reports import Row
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.resource.checklist import CheckId, DrillResult
from ideogram_operator.resource.conditions import Condition
from ideogram_operator.resource.observations import DrillStatus, TargetStatus
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.spec import IntegrationSpec
from ideogram_operator.resource.status import IntegrationStatus
from ideogram_operator.resource.words import ConditionStatus, ConditionType, Health, State, TargetKind
from lab.kube import Json, Kube
from lab.simulator import Simulator
from lab.tokens import service_account_kubeconfig
from lab.waiting import wait_until
from tests.e2e.gallery import SETTINGS, Gallery
from tests.e2e.shop import SECRET, env, manifest, target

QUIET: Final = "QUIET"
"""A model of which the metrics tell too few generations to say anything."""
LIMITED: Final = "LIMITED"
"""A model of which the metrics tell that users saw rate limits."""
OPERATOR: Final = "ideogram-operator"
_RBAC: Final = "rbac.authorization.k8s.io"
_REVIEWS: Final = "/apis/authorization.k8s.io/v1/subjectaccessreviews"


@dataclass(frozen=True, kw_only=True)
class World:
    """The shop, and how to look at it.

    Attributes:
        kubeconfig: the administrator's.
        elsewhere: another namespace.
    """

    gallery: Gallery
    folder: Path
    kubeconfig: Path
    elsewhere: str
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    # -- names that cases need -----------------------------------------------------------------------------------------

    @property
    def namespace(self) -> str:
        return self.gallery.shop.namespace

    @property
    def kube(self) -> Kube:
        return self.gallery.shop.kube

    @property
    def simulator(self) -> Simulator:
        return self.gallery.shop.simulator

    @property
    def hosts(self) -> tuple[str, ...]:
        """What ``--allow-host`` says."""
        made = self.gallery
        origins = (made.health.url, made.receiver.origin, made.prometheus.url, made.buckets.endpoint)
        return (self.address, *origins, f"127.0.0.1:{made.database.server.port}")

    @property
    def address(self) -> str:
        """Host and port of the API."""
        return self.simulator.url.removeprefix("https://")

    def name(self, stem: str) -> str:
        """A name that no other case has."""
        return f"{stem}-{next(self._numbers)}"

    # -- looking -------------------------------------------------------------------------------------------------------

    def document(self, name: str, **spec: Any) -> Document:
        """The integration as its owner would write it; None takes a part out."""
        prometheus = {"url": self.gallery.prometheus.url, "matchers": 'model="V_2_TURBO"'}
        usual = {"api": self.api(), "traffic": {"prometheus": prometheus}}
        whole = {part: value for part, value in self.gallery.spec(**(usual | spec)).items() if value is not None}
        return Document(place="shop.yaml", namespace=self.namespace, name=name, spec=IntegrationSpec.parse(whole))

    def api(self, **parts: Any) -> Json:
        return {"baseURL": self.simulator.url, "keySecretRef": {"name": SECRET}} | parts

    async def look(
        self,
        *checks: str,
        name: str = "shop",
        paid: bool = True,
        send: bool = True,
        account: str = OPERATOR,
        hosts: Sequence[str] = (),
        hidden: Sequence[str] = (),
        as_: Path | None = None,
        **spec: Any,
    ) -> dict[str, Row]:
        """The rows, by id.

        Args:
            checks: only these; none: all.
            name: of the integration.
            paid, send: whether to pay for an image, and to disturb people.
            account: the ServiceAccount that the operator would be; empty: nobody said.
            hosts: allowed besides the usual ones.
            hidden: usual ones that are not allowed.
            as_: the kubeconfig of whoever looks; None: the administrator's.
            spec: parts that differ from what is ready for production.
        """
        allowed = [*(host for host in self.hosts if host not in hidden), *hosts]
        wishes = Wishes(
            paid=paid,
            send_test_messages=send,
            operator_account=account and f"{self.namespace}/{account}",
            only=tuple(CheckId(one) for one in checks),
            allow_hosts=tuple(allowed),
            ca_file=self.gallery.certificates.ca,
        )
        document = self.document(name, **spec)
        async with await Gateway.open(str(as_ or self.kubeconfig)) as gateway:
            progress = PlainProgress(out=StringIO())
            (report,) = await carry_out([document], wishes=wishes, gateway=gateway, progress=progress)
        return {str(row.id): row for row in report.rows}

    async def row(self, check: str, **how: Any) -> Row:
        """One row; ``how`` as for ``look``. Whatever came of it, the key is not in it."""
        found = (await self.look(check, **how))[check]
        assert self.simulator.key not in f"{found.message} {found.hint}"
        return found

    # -- making --------------------------------------------------------------------------------------------------------

    def workload(
        self, kind: str = "Deployment", *, containers: Sequence[Json] = (), replicas: int = 0, **parts: Any
    ) -> str:
        """An application that is as it should be, but for ``parts``; its name. Without pods unless they are counted."""
        name = self.name("app")
        self.gallery.shop.make(kind, name, containers=[*containers] or [self.container()], replicas=replicas, **parts)
        return name

    def deployment(self, name: str, **pod: Any) -> None:
        """A Deployment without pods, with more in its pod template's spec: volumes, init containers, …"""
        body = manifest("Deployment", name, containers=[self.container()], replicas=0)
        body["spec"]["template"]["spec"] |= pod
        self.kube.create(f"/apis/apps/v1/namespaces/{self.namespace}/deployments", body)

    def container(self, *entries: Json, name: str = "web", without: Sequence[str] = (), **settings: str) -> Json:
        """A container with all settings and the key from the Secret; ``entries`` replace those of their name."""
        wanted = {key: {"name": key, "value": value} for key, value in (SETTINGS | settings).items()}
        wanted["IDEOGRAM_API_KEY"] = from_secret("IDEOGRAM_API_KEY", SECRET, "api-key")
        wanted |= {entry["name"]: entry for entry in entries}
        return env(*(entry for key, entry in wanted.items() if key not in without), name=name)

    def config_map(self, **data: str) -> str:
        """A ConfigMap; its name."""
        name = self.name("settings")
        self.gallery.shop.make("ConfigMap", name, data=data)
        return name

    def secret(self, **entries: str) -> str:
        """A Secret; its name."""
        name = self.name("secret")
        self.gallery.put_secret(name, **entries)
        return name

    def put_key(self, namespace: str, name: str, value: str) -> None:
        """A Secret with a key, in whatever namespace."""
        data = {"api-key": base64.b64encode(value.encode()).decode()}
        metadata = {"name": name, "namespace": namespace}
        self.kube.apply({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data})

    def key(self, value: str) -> Json:
        """``spec.api`` with this key, in a Secret of its own."""
        return self.api(keySecretRef={"name": self.secret(**{"api-key": value}), "key": "api-key"})

    @contextmanager
    def integration(
        self, *, namespace: str = "", status: IntegrationStatus | None = None, **spec: Any
    ) -> Iterator[str]:
        """Another integration of the cluster, with a status as an operator would have written it; its name."""
        home, name = namespace or self.namespace, self.name("other")
        usual = {"api": self.api(), "targets": [target("staged", kind="ConfigMap")], "environment": "Production"}
        path = f"/apis/ideogram-operator.io/v1alpha1/namespaces/{home}/ideogramintegrations"
        body = {"apiVersion": "ideogram-operator.io/v1alpha1", "kind": "IdeogramIntegration"}
        self.kube.create(path, body | {"metadata": {"name": name}, "spec": usual | spec})
        try:
            if status is not None:
                self.kube.patch(f"{path}/{name}/status", {"status": status.to_wire()})
            yield name
        finally:
            self.kube.delete(f"{path}/{name}")

    @contextmanager
    def fault(self, kind: str, **how: Any) -> Iterator[None]:
        """Something is wrong with Ideogram."""
        number = self.simulator.admin.fault(kind, **how)
        try:
            yield
        finally:
            self.simulator.admin.heal(number)

    @contextmanager
    def provider(self, *, usual: Mapping[str, Any], **settings: Any) -> Iterator[None]:
        """Ideogram behaves otherwise, and as ``usual`` afterwards."""
        self.simulator.admin.settings(**settings)
        try:
            yield
        finally:
            self.simulator.admin.settings(**usual)

    def account(self, *rules: Json) -> str:
        """A ServiceAccount with these rights in the namespace, once they hold; its name."""
        name = self.name("account")
        home = {"name": name, "namespace": self.namespace}
        self.kube.apply(
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": home},
            {"apiVersion": f"{_RBAC}/v1", "kind": "Role", "metadata": home, "rules": list(rules)},
            {
                "apiVersion": f"{_RBAC}/v1",
                "kind": "RoleBinding",
                "metadata": home,
                "roleRef": {"apiGroup": _RBAC, "kind": "Role", "name": name},
                "subjects": [{"kind": "ServiceAccount", **home}],
            },
        )
        last = rules[-1]
        wait_until(lambda: self.may(name, last["verbs"][0], last["apiGroups"][0], last["resources"][0]), "its rights")
        return name

    def may(self, account: str, verb: str, group: str, resource: str) -> bool:
        """What the API server says of a ServiceAccount's right."""
        asked = {"namespace": self.namespace, "verb": verb, "group": group, "resource": resource}
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview"}
        user = f"system:serviceaccount:{self.namespace}:{account}"
        answer = self.kube.create(_REVIEWS, body | {"spec": {"user": user, "resourceAttributes": asked}})
        return bool(answer["status"]["allowed"])

    def kubeconfig_of(self, account: str) -> Path:
        access = self.gallery.shop.cluster.access
        return service_account_kubeconfig(access, self.namespace, account, self.folder / f"{account}.yaml")


def from_secret(variable: str, name: str, key: str) -> Json:
    return {"name": variable, "valueFrom": {"secretKeyRef": {"name": name, "key": key}}}


def from_config_map(variable: str, name: str, key: str) -> Json:
    return {"name": variable, "valueFrom": {"configMapKeyRef": {"name": name, "key": key}}}


def targets(*names: str, kind: str = "Deployment", **parts: Any) -> list[Json]:
    """``spec.targets`` with these alone."""
    return [target(name, kind=kind, **parts) for name in names]


def tended(**parts: Any) -> IntegrationStatus:
    """The status that an operator keeps of an integration with which all is well."""
    now = datetime.now(UTC)
    drilled = now - timedelta(days=1)
    usual: dict[str, Any] = {
        "last_update": now,
        "state": State.LIVE,
        "health": Health.HEALTHY,
        "conditions": (preflight_passed(ConditionStatus.TRUE),),
        "drill": DrillStatus(last_time=drilled, result=DrillResult.SUCCEEDED, last_success_time=drilled),
        "targets": (TargetStatus(kind=TargetKind.DEPLOYMENT, name="web", in_sync=True),),
    }
    return IntegrationStatus(**(usual | parts))


def preflight_passed(status: ConditionStatus) -> Condition:
    reason = Reason.CHECKS_PASSED if status is ConditionStatus.TRUE else Reason.CHECKS_FAILED
    now = datetime.now(UTC)
    return Condition(type=ConditionType.PREFLIGHT_PASSED, status=status, reason=reason, last_transition_time=now)


def new_namespace(kube: Kube) -> str:
    """A namespace that pods can be made in."""
    name = f"preflight-{uuid.uuid4().hex[:8]}"
    kube.create("/api/v1/namespaces", {"metadata": {"name": name}})
    path = f"/api/v1/namespaces/{name}/serviceaccounts/default"
    kube.wait_for(path, lambda _: True, "the namespace's ServiceAccount")
    return name


def expect(row: Row, result: str, evidence: str, says: str, *hints: str) -> None:
    """The row came to this, says just this, and its hint has these words; without any it has no hint at all."""
    assert (str(row.result), row.evidence, row.message) == (result, evidence, says), row
    assert all(hint in row.hint for hint in hints), row.hint
    assert bool(row.hint) is bool(hints), row.hint


@contextmanager
def answering(status: int, body: bytes = b"", *, media_type: str = "text/plain") -> Iterator[str]:
    """A server that has one answer to every GET; its origin."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Requests are not news."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
