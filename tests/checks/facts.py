"""Facts to judge: those of an integration that is perfect, and ways to change one thing about it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from ideogram_operator.checks.facts import (
    ApiFacts,
    BreakerFacts,
    ContainerFacts,
    Facts,
    GenerationFacts,
    Inquiry,
    KeyFacts,
    Lack,
    PeerFacts,
    PodCount,
    PredecessorFacts,
    ReceiverFacts,
    Setting,
    TargetFacts,
    TrafficFacts,
)
from ideogram_operator.resource.checklist import CheckId, CheckResult, DrillResult
from ideogram_operator.resource.spec import IntegrationSpec
from ideogram_operator.resource.words import Environment, Health, ProbeMethod, Severity, TargetKind
from ideogram_operator.services.results import Bucket, ObjectNames, Picture, Table

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ATTESTED = (
    CheckId.AUTO_TOP_UP,
    CheckId.SAFETY_LOG,
    CheckId.PII_SANITISATION,
    CheckId.SERVER_SIDE_VALIDATION,
    CheckId.IMAGE_SAFE_FLAG,
    CheckId.MODERATION_LAYER,
)
BY_WORD = "Attested by dana@example.com on 2026-11-01, until 2027-11-01: https://wiki.example.com/ideogram."
EXPIRED = "The attestation of dana@example.com expired on 2026-11-02."
FUTURE = "The attestation of dana@example.com counts from 2026-12-01 only."
AGAIN = "kubectl -n shop annotate idi storefront ideogram-operator.io/preflight=$(date +%s) --overwrite"
DRILL = "kubectl -n shop annotate idi storefront ideogram-operator.io/drill=$(date +%s) --overwrite"


def attestation(check: CheckId, *, at: str = "2026-11-01", expires: str = "2027-11-01") -> dict[str, str]:
    return {
        "check": check,
        "by": "dana@example.com",
        "at": f"{at}T00:00:00Z",
        "evidence": "https://wiki.example.com/ideogram",
        "expires": f"{expires}T00:00:00Z",
    }


WRITTEN: dict[str, Any] = {
    "environment": "Production",
    "api": {"keySecretRef": {"name": "ideogram", "key": "api-key"}},
    "targets": [
        {
            "kind": "Deployment",
            "name": "storefront",
            "switch": {},
            "verify": {"url": "http://storefront.shop.svc/health", "path": "ideogram", "fallbackValue": "disabled"},
        }
    ],
    "traffic": {"prometheus": {"url": "http://prometheus.monitoring.svc:9090"}},
    "storage": {"url": "s3://images/storefront"},
    "database": {"urlSecretRef": {"name": "images-db"}},
    "notify": [{"severities": ["P1"], "urlSecretRef": {"name": "oncall"}}],
    "preflight": {"predecessor": {"name": "storefront-staging"}},
    "attestations": [attestation(check) for check in ATTESTED],
    "drill": {},
}
"""The spec of the perfect integration."""


def spec(**changes: Any) -> IntegrationSpec:
    """The perfect spec with some of its parts replaced; None takes one away."""
    written = {name: value for name, value in (WRITTEN | changes).items() if value is not None}
    return IntegrationSpec.parse(written)


def settings(**values: str | None) -> Mapping[str, Setting]:
    """Variables of a container; None for one that comes from a Secret."""
    return {
        f"IDEOGRAM_{name}": Setting(value=value, source="env" if value is not None else "Secret shop-settings")
        for name, value in values.items()
    }


def container(name: str = "web", *, init: bool = False, told: bool = True, **values: Any) -> ContainerFacts:
    """A container with some settings and nothing wrong."""
    return ContainerFacts(name=name, init=init, told=told, settings=settings(**values))


GOOD: dict[str, Any] = {"TIMEOUT_SECONDS": "90", "MAX_RETRIES": "5", "CONCURRENCY": "2", "MAX_PROMPT_CHARS": "10000"}
STOREFRONT = TargetFacts(
    kind=TargetKind.DEPLOYMENT,
    name="Deployment/storefront",
    containers=(container(**GOOD),),
    pods=PodCount(most=2, source="spec.replicas"),
)


def target(name: str = "Deployment/storefront", *containers: ContainerFacts, **changes: Any) -> TargetFacts:
    """A target as the perfect one, with these containers if any are given."""
    given: dict[str, Any] = {"kind": TargetKind(name.partition("/")[0]), "name": name}
    given |= {"containers": containers} if containers else {}
    return replace(STOREFRONT, **given | changes)


def config_map(name: str = "settings", **values: str | None) -> TargetFacts:
    """A ConfigMap that is a target."""
    told = ContainerFacts(name="", settings=settings(**values))
    return TargetFacts(kind=TargetKind.CONFIG_MAP, name=f"ConfigMap/{name}", containers=(told,))


def pods(most: int, source: str = "spec.replicas") -> PodCount:
    return PodCount(most=most, source=source)


def peer(name: str = "shop/gallery", *targets: TargetFacts, environment: str = "Production") -> PeerFacts:
    return PeerFacts(name=name, environment=Environment(environment), targets=targets)


PICTURE = Picture(
    media_type="image/png", size=1_234_567, format="PNG", width=1024, height=1024, expires_at=NOON + timedelta(hours=1)
)
API = ApiFacts(
    method=ProbeMethod.DRY_RUN,
    health=Health.HEALTHY,
    cause=None,
    message="HTTP 200 in 120 ms",
    http_status=200,
    quote=Decimal("0.05"),
    subject="ideogram-2",
)
GENERATION = GenerationFacts(
    at=NOON, health=Health.HEALTHY, message="HTTP 200 in 8.4 s", flags=(True,), picture=PICTURE
)
BUCKET = Bucket(place="s3://images/storefront", names=ObjectNames(seen=20, seeded=20))
TABLE = Table(
    server="PostgreSQL 15.18", name="generations", columns=frozenset({"id", "prompt", "seed", "model", "style"})
)
TRAFFIC = TrafficFacts(source="Prometheus at prometheus.monitoring.svc:9090", generations=1200.0, rate_limited=0.0)
RECEIVER = ReceiverFacts(name="notify[0] (slack)", severities=(Severity.P1,))
PREDECESSOR = PredecessorFacts(name="shop/storefront-staging", ready=True)
BREAKER = BreakerFacts(
    last_drill=NOON - timedelta(days=21),
    last_drill_result=DrillResult.SUCCEEDED,
    last_success=NOON - timedelta(days=21),
)
PERFECT = Facts(
    now=NOON,
    namespace="shop",
    name="storefront",
    spec=spec(),
    key=KeyFacts(place="Secret shop/ideogram, key api-key", manager="ExternalSecret/ideogram"),
    targets=(STOREFRONT,),
    peers=(),
    api=API,
    generation=GENERATION,
    storage=BUCKET,
    database=TABLE,
    traffic=TRAFFIC,
    receivers=(RECEIVER,),
    permissions=(),
    predecessor=PREDECESSOR,
    breaker=BREAKER,
)


def facts(**changes: Any) -> Facts:
    """The perfect facts with some replaced."""
    return replace(PERFECT, **changes)


def lack(result: CheckResult, inquiry: Inquiry | str = "it") -> Lack:
    """A lack as gathering tells it."""
    return Lack(result=result, message=f"{inquiry} is wanting", hint=f"Mend {inquiry}.")


def unattested(*checks: CheckId, **changes: Any) -> IntegrationSpec:
    """The perfect spec without these attestations."""
    return spec(attestations=[attestation(check) for check in ATTESTED if check not in checks], **changes)


def said(check: CheckId, **dates: str) -> IntegrationSpec:
    """The perfect spec with an attestation of the check beside the others, or with other dates in its place."""
    others = [attestation(other) for other in ATTESTED if other is not check]
    return spec(attestations=[*others, attestation(check, **dates)])


OVER = {"at": "2026-10-01", "expires": "2026-11-02"}
EARLY = {"at": "2026-12-01"}
