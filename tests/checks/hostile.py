"""Any facts at all: whatever gathering may hand over, and worse."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from ideogram_operator.checks.facts import (
    NOT_ASKED,
    ApiFacts,
    BreakerFacts,
    ContainerFacts,
    Facts,
    GenerationFacts,
    KeyFacts,
    Lack,
    PeerFacts,
    PodCount,
    PredecessorFacts,
    ReceiverFacts,
    Refusal,
    Setting,
    TargetFacts,
    TrafficFacts,
)
from ideogram_operator.resource.checklist import CheckId, CheckResult, DrillResult
from ideogram_operator.resource.words import Cause, Environment, Health, ProbeMethod, Severity, TargetKind
from ideogram_operator.services.results import Bucket, ObjectNames, Picture, ServiceError, Table
from tests.checks.facts import ATTESTED, NOON, WRITTEN, attestation, spec

TEXTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["", ".", "web", "Deployment/web", "ConfigMap/settings", "a/b", "x" * 300, 'a "quoted" text.']),
)
HINTS = st.sampled_from(["", "Mend it.", "Do something. " * 40])
TUPLES = st.lists(TEXTS, max_size=4).map(tuple)
MOMENTS = st.one_of(
    st.timedeltas(timedelta(days=-400), timedelta(days=400)).map(lambda span: NOON + span),
    st.datetimes(timezones=st.just(UTC)),
    st.sampled_from([datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]),
)
NUMBERS = st.one_of(st.none(), st.floats())
LACKS = st.one_of(st.just(NOT_ASKED), st.builds(Lack, result=st.sampled_from(CheckResult), message=TEXTS, hint=HINTS))
VALUES = st.one_of(st.none(), TEXTS, st.sampled_from(["0", "1", "8", "60", "1.5", "-1", "9" * 400, "NaN", "１"]))  # noqa: RUF001 - a digit that is none
NAMES = st.sampled_from(
    [f"IDEOGRAM_{name}" for name in ("TIMEOUT_SECONDS", "MAX_RETRIES", "CONCURRENCY", "MAX_PROMPT_CHARS", "BASE_URL")]
)
SOURCES = st.sampled_from(["env", "ConfigMap settings", "Secret settings", "a field", ""])
CONTAINERS = st.builds(
    ContainerFacts,
    name=TEXTS,
    init=st.booleans(),
    told=st.booleans(),
    settings=st.dictionaries(NAMES, st.builds(Setting, value=VALUES, source=SOURCES), max_size=3),
    exposed=TUPLES,
    other_keys=TUPLES,
    bearers=TUPLES,
    hiding=st.booleans(),
    foreign_key=TEXTS,
)
PODS = st.builds(
    PodCount,
    most=st.one_of(st.integers(-2, 30), st.just(10**12)),
    source=st.sampled_from(["spec.replicas", "HorizontalPodAutoscaler web", "ScaledObject web", "nodes", ""]),
)
TARGETS = st.builds(
    TargetFacts,
    kind=st.sampled_from(TargetKind),
    name=TEXTS,
    trouble=st.one_of(st.just(""), TEXTS),
    remedy=HINTS,
    unread=st.dictionaries(NAMES, LACKS, max_size=2),
    missing_containers=TUPLES,
    hindrances=TUPLES,
    rivals=TUPLES,
    containers=st.lists(CONTAINERS, max_size=3).map(tuple),
    pods=st.one_of(st.none(), PODS, LACKS),
)
MANY_TARGETS = st.lists(TARGETS, max_size=4).map(tuple)
PEERS = st.builds(
    PeerFacts, name=TEXTS, environment=st.sampled_from(Environment), targets=st.one_of(LACKS, MANY_TARGETS)
)
PICTURES = st.builds(
    Picture,
    media_type=TEXTS,
    size=st.integers(0, 10**9),
    format=TEXTS,
    width=st.integers(),
    height=st.integers(),
    expires_at=st.one_of(st.none(), MOMENTS),
)
ERRORS = st.builds(lambda message, hint: ServiceError(message, hint=hint), TEXTS, HINTS)
OBJECTS = st.builds(ObjectNames, seen=st.integers(-1, 30), seeded=st.integers(-1, 30))
SPECS: st.SearchStrategy[Any] = st.builds(
    lambda said, past, **parts: spec(
        attestations=[
            attestation(check, **({"at": "2025-01-01", "expires": "2025-02-01"} if past else {})) for check in said
        ],
        **parts,
    ),
    said=st.sets(st.sampled_from([*ATTESTED, *CheckId]), max_size=28),
    past=st.booleans(),
    environment=st.sampled_from(Environment),
    mode=st.sampled_from(["Enforce", "Observe"]),
    drill=st.sampled_from([None, {}]),
    preflight=st.sampled_from([{}, WRITTEN["preflight"]]),
    traffic=st.sampled_from([None, WRITTEN["traffic"], {"pods": {"port": 9090}}]),
    triggers=st.sampled_from([{}, {"creditsExhausted": {"action": "Alert"}}, {"apiUnreachable": {"action": "Alert"}}]),
    api=st.sampled_from([WRITTEN["api"], WRITTEN["api"] | {"baseURL": "http://127.0.0.1:8080", "model": "V_1"}]),
    override=st.sampled_from([None, {"mode": "Freeze", "reason": "because", "until": "2026-12-01T06:00:00Z"}]),
)


def perhaps(found: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(LACKS, found, found)


ANY_FACTS = st.builds(
    Facts,
    now=MOMENTS,
    namespace=TEXTS,
    name=TEXTS,
    spec=SPECS,
    host_problem=st.one_of(st.just(""), TEXTS),
    key=perhaps(st.builds(KeyFacts, place=TEXTS, spaced=st.booleans(), manager=TEXTS)),
    targets=perhaps(MANY_TARGETS),
    peers=perhaps(st.lists(PEERS, max_size=3).map(tuple)),
    api=perhaps(
        st.builds(
            ApiFacts,
            method=st.sampled_from(ProbeMethod),
            health=st.sampled_from(Health),
            cause=st.one_of(st.none(), st.sampled_from(Cause)),
            message=TEXTS,
            http_status=st.one_of(st.none(), st.integers(100, 599)),
            quote=st.one_of(st.none(), st.sampled_from([Decimal("0.05"), Decimal("1E+400"), Decimal("NaN")])),
            subject=TEXTS,
        )
    ),
    generation=perhaps(
        st.builds(
            GenerationFacts,
            at=MOMENTS,
            health=st.sampled_from(Health),
            message=TEXTS,
            flags=st.lists(st.booleans(), max_size=3).map(tuple),
            picture=perhaps(PICTURES),
        )
    ),
    storage=perhaps(st.builds(Bucket, place=TEXTS, names=st.one_of(ERRORS, OBJECTS))),
    database=perhaps(
        st.builds(
            Table,
            server=TEXTS,
            name=TEXTS,
            columns=st.frozensets(st.sampled_from(["prompt", "seed", "model", "style", "id"])),
        )
    ),
    traffic=perhaps(st.builds(TrafficFacts, source=TEXTS, missing=TUPLES, generations=NUMBERS, rate_limited=NUMBERS)),
    receivers=perhaps(
        st.lists(
            st.builds(
                ReceiverFacts,
                name=TEXTS,
                severities=st.lists(st.sampled_from(Severity), max_size=3).map(tuple),
                failure=st.one_of(st.none(), LACKS),
            ),
            max_size=3,
        ).map(tuple)
    ),
    permissions=perhaps(st.lists(st.builds(Refusal, what=TEXTS, rule=TEXTS), max_size=4).map(tuple)),
    predecessor=perhaps(st.builds(PredecessorFacts, name=TEXTS, ready=st.booleans(), shortfall=TEXTS)),
    breaker=perhaps(
        st.builds(
            BreakerFacts,
            hindrance=st.one_of(st.just(""), TEXTS),
            out_of_sync=TUPLES,
            last_drill=st.one_of(st.none(), MOMENTS),
            last_drill_result=st.one_of(st.none(), st.sampled_from(DrillResult)),
            last_success=st.one_of(st.none(), MOMENTS),
            drill_message=TEXTS,
        )
    ),
)
