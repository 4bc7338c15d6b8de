"""Status is the operator's only memory over a restart: what is written there is what is read back."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ideogram_operator.decisions.decide import Observed, decide
from ideogram_operator.decisions.memory import OVERRIDE, Alert, Memory
from ideogram_operator.decisions.standing import Standing
from ideogram_operator.resource.status import MAX_RECENT_FLIPS, TOKEN_BYTES, IntegrationStatus, recover_token
from ideogram_operator.resource.words import RECOVER_ANNOTATION, Severity, State, Strength, Trigger
from ideogram_operator.runtime.recall import breaker_of, recall
from ideogram_operator.runtime.report import status_of
from tests.decisions.player import DEFAULTS, NOON

TIMES = st.datetimes(
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001 - the time zone is given apart
    max_value=datetime(2040, 1, 1),  # noqa: DTZ001 - likewise
    timezones=st.just(UTC),
)
WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20)
NUMBERS = st.integers(min_value=0, max_value=10_000)
ALERTS = st.builds(
    Alert,
    trigger=st.sampled_from(Trigger),
    severity=st.sampled_from(Severity),
    since=TIMES,
    first=TIMES,
    strength=st.sampled_from(Strength),
    value=NUMBERS,
    threshold=NUMBERS,
    message=WORDS,
)
MEMORIES = st.builds(
    Memory,
    state=st.sampled_from(State),
    since=TIMES,
    cause=st.none() | st.sampled_from([*(trigger.value for trigger in Trigger), OVERRIDE]),
    detected_at=st.none() | TIMES,
    hold_until=st.none() | TIMES,
    relapses=NUMBERS,
    flips=NUMBERS,
    recent_flips=st.lists(TIMES, max_size=MAX_RECENT_FLIPS).map(tuple),
    returned_at=st.none() | TIMES,
    recover_token=WORDS,
    restored=st.integers(min_value=0, max_value=20),
    throttled_since=st.none() | TIMES,
    alerts=st.lists(ALERTS, max_size=7, unique_by=lambda alert: alert.trigger).map(tuple),
)

PATIENT = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


def stored(memory: Memory) -> IntegrationStatus:
    """What the API server keeps of it, and gives back."""
    decision = decide(DEFAULTS, Memory(since=NOON), Observed(), NOON)
    stands = Standing(policy=DEFAULTS, decision=replace(decision, memory=memory), now=NOON)
    status = status_of(stands, before=IntegrationStatus(), generation=1, probe=None, history=())
    return IntegrationStatus.parse(json.loads(json.dumps(status.to_wire())))


@given(MEMORIES)
@PATIENT
def test_what_status_keeps_is_what_was_remembered(memory: Memory) -> None:
    assert recall(stored(memory), NOON) == memory


@given(MEMORIES)
@PATIENT
def test_what_is_recalled_is_written_as_it_was(memory: Memory) -> None:
    """Nothing that a restart does may be news."""
    assert breaker_of(recall(stored(memory), NOON)) == stored(memory).breaker


def test_one_without_a_status_is_live_from_now_on() -> None:
    assert recall(IntegrationStatus(), NOON) == Memory(since=NOON)


@pytest.mark.parametrize(
    "damage",
    [
        {"breaker": {"flips": "many", "relapses": 2}},
        {"breaker": "gone", "state": "Fallback"},
        {"state": "Confused"},
        {"alerts": [{"name": "noSuchTrigger", "severity": "P1", "since": "2026-11-22T12:00:00Z"}]},
        {"alerts": [{"name": "apiUnreachable", "severity": "P1", "since": "2026-11-22T12:00:00Z", "strength": 9}]},
        {"alerts": [{"name": "apiUnreachable", "severity": "P1", "since": "2026-11-22T12:00:00Z", "value": "31.4s"}]},
        {"since": "yesterday"},
    ],
)
def test_a_damaged_status_is_read_as_far_as_it_goes(damage: dict[str, object]) -> None:
    memory = recall(IntegrationStatus.parse(damage), NOON)
    assert decide(DEFAULTS, memory, Observed(), NOON + timedelta(seconds=1)).memory.state in State


def test_a_long_token_is_the_same_before_and_after() -> None:
    """A value that had to be cut must not look like another word from a person after a restart."""
    token = recover_token({RECOVER_ANNOTATION: "x" * (3 * TOKEN_BYTES)})
    assert recall(stored(Memory(since=NOON, recover_token=token)), NOON).recover_token == token
