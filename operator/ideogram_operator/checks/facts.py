"""Everything that a preflight looks at, gathered before anything is judged: one immutable input for all checks.

Each field of ``Facts`` that an ``Inquiry`` names is either what was found, or a ``Lack`` that says why it was not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ideogram_operator.resource.checklist import CheckResult, DrillResult
from ideogram_operator.resource.spec import IntegrationSpec
from ideogram_operator.resource.words import Cause, Environment, Health, ProbeMethod, Severity, TargetKind
from ideogram_operator.services.results import Bucket, Picture, Table


class Inquiry(StrEnum):
    """What can be asked about, each by itself and at the same time; the names are those of the fields of ``Facts``."""

    KEY = "key"
    TARGETS = "targets"
    PEERS = "peers"
    API = "api"
    GENERATION = "generation"
    STORAGE = "storage"
    DATABASE = "database"
    TRAFFIC = "traffic"
    RECEIVERS = "receivers"
    PERMISSIONS = "permissions"
    PREDECESSOR = "predecessor"
    BREAKER = "breaker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """Why a fact is not there, and what a check that rests on it makes of that.

    Attributes:
        result: Fail: it was tried, and it does not work. Unknown: it could not be tried. Skipped: it does not apply,
            or was left out on purpose.
        message: what was seen, a sentence without a full stop.
        hint: what to do, an imperative sentence; empty if nothing is to be done.
    """

    result: CheckResult
    message: str
    hint: str = ""


NOT_ASKED: Final = Lack(result=CheckResult.UNKNOWN, message="not asked")
"""The one lack of what nobody asked for in this run; told by identity. A check that needs it is not judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFacts:
    """The API key in its Secret; itself never here.

    Attributes:
        place: for people: ``Secret shop/ideogram, key api-key``.
        spaced: whether there is white space or a newline around it.
        manager: who owns the Secret, such as ``ExternalSecret/ideogram``; empty if no manager that is known.
        fingerprint: keyed, of the key without white space; worthless outside of this process.
    """

    place: str
    spaced: bool = False
    manager: str = ""
    fingerprint: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One variable of a container, or one entry of a ConfigMap.

    Attributes:
        value: None if it comes from a Secret or a field and so was not read.
        source: where it stands: ``env``, ``ConfigMap shop-settings``, ``Secret ideogram``, ``a field``.
    """

    value: str | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerFacts:
    """One container of a target's pod template, or the data of a ConfigMap that is a target (``name`` empty).

    Attributes:
        init: whether it is an init container.
        told: whether the integration switches it.
        settings: its variables whose names begin with ``IDEOGRAM_``, as the container would see them.
        exposed: places where the API key itself stands in clear: ``env PAINTER_TOKEN``, ``args``,
            ``ConfigMap shop-settings, key token``.
        other_keys: variables that name a key and hold another literal value: ``env IDEOGRAM_API_KEY``.
        bearers: variables that make a Bearer header: ``env IDEOGRAM_AUTHORIZATION``.
        hiding: whether it has variables of whose names nothing is known: a ConfigMap could not be read.
        foreign_key: a Secret from which it takes an API key that is not the integration's, by keyed fingerprint;
            empty if there is none.
    """

    name: str
    init: bool = False
    told: bool = True
    settings: Mapping[str, Setting] = field(default_factory=lambda: MappingProxyType({}))
    exposed: tuple[str, ...] = ()
    other_keys: tuple[str, ...] = ()
    bearers: tuple[str, ...] = ()
    hiding: bool = False
    foreign_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PodCount:
    """The most pods that a workload may have at once.

    Attributes:
        most: how many.
        source: where that stands: ``spec.replicas``, ``HorizontalPodAutoscaler web``, ``ScaledObject web``, ``nodes``.
    """

    most: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetFacts:
    """One target as it is in the cluster.

    Attributes:
        name: as in ``Deployment/storefront``.
        trouble: why it could not be read or found, a sentence without a full stop; then nothing else is known of it.
        remedy: what to do where nobody could look, so that it may well be there; empty where it was looked for.
        unread: the ConfigMaps that its containers read and that could not be read, by name, and why.
        missing_containers: named by the spec and not there.
        hindrances: why its pods will not follow a change: paused, OnDelete, a partition.
        rivals: other integrations that set the same switch to another value: ``shop/gallery sets
            IDEOGRAM_ENABLED=off``.
        containers: all of the pod template; the one entry of a ConfigMap; none of a CronJob without a template.
        pods: how many there may be, or why that is not known; None for a ConfigMap, which has none.
    """

    kind: TargetKind
    name: str
    trouble: str = ""
    remedy: str = ""
    unread: Mapping[str, Lack] = field(default_factory=lambda: MappingProxyType({}))
    missing_containers: tuple[str, ...] = ()
    hindrances: tuple[str, ...] = ()
    rivals: tuple[str, ...] = ()
    containers: tuple[ContainerFacts, ...] = ()
    pods: PodCount | Lack | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerFacts:
    """Another integration that uses the same key.

    Attributes:
        name: ``namespace/name``.
        targets: its targets, those that this integration has too left out.
    """

    name: str
    environment: Environment
    targets: tuple[TargetFacts, ...] | Lack = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiFacts:
    """What a free check found.

    Attributes:
        method: how it asked.
        message: what was seen, without a full stop.
        quote: the price of one image in USD; None if it was not told.
        subject: the model that was asked about, if the method asks about one: a legacy model's family.
    """

    method: ProbeMethod
    health: Health
    cause: Cause | None
    message: str
    http_status: int | None = None
    quote: Decimal | None = None
    subject: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationFacts:
    """What a paid check found.

    Attributes:
        at: when it was answered.
        message: what was seen, without a full stop.
        flags: the ``is_image_safe`` of each image; empty if none was made.
        unflagged: whether one was made without it: then the answer counts as broken.
        picture: the first safe image, downloaded; or why not.
    """

    at: datetime
    health: Health
    message: str
    flags: tuple[bool, ...] = ()
    unflagged: bool = False
    picture: Picture | Lack


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficFacts:
    """What the application's metrics source answered.

    Attributes:
        source: for people: ``Prometheus at prometheus.monitoring.svc:9090``, ``3 pods on port 9090``.
        missing: the expected series that are not there.
        generations: how many there were in the last 24 hours; None if that cannot be told.
        rate_limited: how many generations ended with a rate limit, shown to a user: at least so many in ``window``;
            None if that cannot be told.
        window: the time that ``rate_limited`` is about.
    """

    source: str
    missing: tuple[str, ...] = ()
    generations: float | None = None
    rate_limited: float | None = None
    window: str = "in the last 24 hours"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverFacts:
    """One entry of ``spec.notify`` and the test message to it.

    Attributes:
        name: ``notify[0] (slack)``.
        failure: why the test message did not arrive; None if it did.
    """

    name: str
    severities: tuple[Severity, ...]
    failure: Lack | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Something that the operator needs and the cluster does not allow: ``patch deployments.apps``, and its rule."""

    what: str
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PredecessorFacts:
    """The Staging integration in which this one was tried before.

    Attributes:
        name: ``namespace/name``.
        ready: whether it is of the environment Staging, healthy, and passed its own preflight.
        shortfall: what of that is not so, for a predecessor in the same namespace; empty for others: an integration
            must not be an eye into foreign namespaces.
    """

    name: str
    ready: bool
    shortfall: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerFacts:
    """How the circuit breaker stands.

    Attributes:
        hindrance: why it would not switch: ``mode: Observe``, ``--read-only``, an override; empty if it would.
        out_of_sync: targets that are not told what they should be told.
        last_drill, last_drill_result: when the last rehearsal ended and how; None if there was none.
        last_success: when one last ended well.
        drill_message: what was seen in the last one.
    """

    hindrance: str = ""
    out_of_sync: tuple[str, ...] = ()
    last_drill: datetime | None = None
    last_drill_result: DrillResult | None = None
    last_success: datetime | None = None
    drill_message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that the checks of one integration may look at.

    Attributes:
        now: the time of judging, UTC.
        host_problem: why the operator may not send a key to ``spec.api.baseURL``; empty if it may.
    """

    now: datetime
    namespace: str
    name: str
    spec: IntegrationSpec
    host_problem: str = ""
    key: KeyFacts | Lack = NOT_ASKED
    targets: tuple[TargetFacts, ...] | Lack = NOT_ASKED
    peers: tuple[PeerFacts, ...] | Lack = NOT_ASKED
    api: ApiFacts | Lack = NOT_ASKED
    generation: GenerationFacts | Lack = NOT_ASKED
    storage: Bucket | Lack = NOT_ASKED
    database: Table | Lack = NOT_ASKED
    traffic: TrafficFacts | Lack = NOT_ASKED
    receivers: tuple[ReceiverFacts, ...] | Lack = NOT_ASKED
    permissions: tuple[Refusal, ...] | Lack = NOT_ASKED
    predecessor: PredecessorFacts | Lack = NOT_ASKED
    breaker: BreakerFacts | Lack = NOT_ASKED

    def asked(self, inquiry: Inquiry) -> bool:
        """Whether somebody asked about it, whatever came of it."""
        return getattr(self, inquiry.value) is not NOT_ASKED
