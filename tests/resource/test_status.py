"""Status: always writable, always readable, whatever happened to it."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideogram_operator.resource.bounded import clip
from ideogram_operator.resource.conditions import Condition
from ideogram_operator.resource.crd import crd
from ideogram_operator.resource.observations import AlertStatus, ProbeStatus, TargetStatus
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.salvage import without
from ideogram_operator.resource.status import BreakerStatus, Flip, IntegrationStatus, firing, recover_token
from ideogram_operator.resource.words import (
    RECOVER_ANNOTATION,
    ConditionStatus,
    ConditionType,
    Health,
    ProbeMethod,
    Severity,
    State,
    TargetKind,
    Trigger,
)
from tests.resource.schemas import nodes

NOW = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
STATUS = crd()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"]
NAMES = sorted({path[-1] for path, _ in nodes(STATUS) if path})
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.sampled_from(["Live", "10s", "2026-01-01T00:00:00Z"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=30,
)

FULL = IntegrationStatus(
    observed_generation=2**40,
    state=State.FALLBACK,
    health=Health.DOWN,
    reason=Reason.API_UNREACHABLE,
    message="In fallback.",
    since=NOW,
    balance_usd=Decimal("12.34"),
    conditions=(
        Condition(
            type=ConditionType.READY,
            status=ConditionStatus.TRUE,
            reason=Reason.ALL_GOOD,
            message="All there.",
            last_transition_time=NOW,
            observed_generation=3,
        ),
    ),
    breaker=BreakerStatus(
        trigger="apiUnreachable",
        detected_at=NOW,
        hold_until=NOW + timedelta(minutes=5),
        relapses=1,
        flips=7,
        recent_flips=(NOW, NOW + timedelta(microseconds=1)),
        recover_token="again",
    ),
    probe=ProbeStatus(
        method=ProbeMethod.DRY_RUN, last_time=NOW, latency=timedelta(milliseconds=412), spent_on="2026-11-22"
    ),
    targets=(TargetStatus(kind=TargetKind.DEPLOYMENT, name="storefront", in_sync=True),),
    alerts=(AlertStatus(name=Trigger.API_UNREACHABLE, severity=Severity.P1, since=NOW, strength=2, value="3"),),
    history=(Flip(from_=State.SUSPECT, to=State.FALLBACK, at=NOW),),
)


def test_what_is_written_is_read_back_exactly() -> None:
    wire = json.loads(json.dumps(FULL.to_wire()))
    assert IntegrationStatus.parse(wire) == FULL
    assert wire["breaker"]["recentFlips"] == ["2026-11-22T12:00:00.123456Z", "2026-11-22T12:00:00.123457Z"]
    assert wire["history"][0]["from"] == "Suspect"
    assert wire["balanceUSD"] == "12.34"
    assert wire["probe"]["latency"] == "412ms"


def test_conditions_have_whole_seconds() -> None:
    assert FULL.to_wire()["conditions"][0]["lastTransitionTime"] == "2026-11-22T12:00:00Z"


@pytest.mark.parametrize("nothing", [None, {}, [], "status", 3])
def test_no_status_is_an_empty_one(nothing: Any) -> None:
    assert IntegrationStatus.parse(nothing) == IntegrationStatus()


def test_what_a_newer_operator_added_is_ignored() -> None:
    wire = FULL.to_wire() | {"weather": "fine"}
    wire["breaker"]["weather"] = "fine"
    assert IntegrationStatus.parse(wire) == FULL


def test_one_damaged_part_does_not_take_the_others_along() -> None:
    wire = FULL.to_wire()
    wire["state"] = "Levitating"
    wire["breaker"]["recentFlips"].append("yesterday")
    wire["breaker"]["relapses"] = "many"
    wire["alerts"].append({"name": "apiUnreachable"})
    wire["targets"] = "none"
    read = IntegrationStatus.parse(wire)
    assert read.breaker is not None
    assert FULL.breaker is not None
    assert (read.state, read.breaker.relapses, read.targets) == (None, None, ())
    assert read.breaker.recent_flips == FULL.breaker.recent_flips
    assert read.breaker.flips == 7
    assert read.alerts == FULL.alerts


@given(st.dictionaries(st.sampled_from(NAMES), JSON, max_size=8))
def test_reading_never_fails_and_is_stable(raw: dict[str, Any]) -> None:
    read = IntegrationStatus.parse(raw)
    assert IntegrationStatus.parse(read.to_wire()) == read


@given(JSON, st.lists(st.lists(st.sampled_from(NAMES) | st.integers(0, 3), max_size=4).map(tuple), max_size=4))
def test_removing_leaves_the_original_alone(document: Any, places: list[tuple[int | str, ...]]) -> None:
    before = json.dumps(document)
    left = without(document, places)
    assert json.dumps(document) == before
    if not places:
        assert left == document


def test_lists_keep_what_matters_within_their_bounds() -> None:
    flips = tuple(NOW + timedelta(minutes=n) for n in range(40))
    assert BreakerStatus(recent_flips=flips).recent_flips == flips[-32:]
    history = tuple(Flip(at=flip) for flip in flips)
    targets = tuple(TargetStatus(kind=TargetKind.DEPLOYMENT, name=f"web-{n}") for n in range(50))
    status = IntegrationStatus(history=history, targets=targets)
    assert status.history == history[-10:]
    assert status.targets == targets[:20]


@given(st.text(max_size=300), st.integers(min_value=8, max_value=200))
def test_a_clipped_text_fits_on_the_wire_in_one_line(text: str, limit: int) -> None:
    short = clip(text, limit)
    assert len(json.dumps(short, ensure_ascii=False).encode(errors="replace")) - 2 <= limit
    assert len(short.splitlines()) <= 1
    assert clip(short, limit) == short


def test_short_texts_are_left_alone_and_long_ones_end_in_an_ellipsis() -> None:
    assert clip("HTTP 503 from api.ideogram.ai", 64) == "HTTP 503 from api.ideogram.ai"
    assert clip("one\n\ttwo ", 64) == "one two"
    assert clip("a" * 20, 10) == "a" * 7 + "…"
    assert IntegrationStatus(message="ü" * 1000).message == "ü" * 254 + "…"


def test_alerts_firing_names_the_most_urgent_first() -> None:
    late = AlertStatus(name=Trigger.AUTH_FAILURE, severity=Severity.P1, since=NOW + timedelta(seconds=1))
    early = AlertStatus(name=Trigger.API_UNREACHABLE, severity=Severity.P1, since=NOW)
    minor = AlertStatus(name=Trigger.RATE_LIMITED, severity=Severity.P2, since=NOW - timedelta(hours=1))
    assert firing((minor, late, early)) == "apiUnreachable,authFailure,rateLimited"
    assert firing(()) is None


def test_a_recover_annotation_too_long_for_status_is_the_same_word_after_a_restart() -> None:
    token = recover_token({RECOVER_ANNOTATION: "again and " * 50})
    stored = IntegrationStatus(breaker=BreakerStatus(recover_token=token)).to_wire()
    read = IntegrationStatus.parse(stored)
    assert read.breaker is not None
    assert read.breaker.recover_token == token
    assert recover_token({}) == ""


def test_every_reason_is_a_word_with_a_meaning_and_fits() -> None:
    for reason in Reason:
        assert Reason(reason.value) is reason
        assert reason.value.isalpha()
        assert reason.value[0].isupper()
        assert len(reason.value) <= 24
        assert reason.meaning.endswith(".")
    assert len({reason.value for reason in Reason}) == len(Reason)
