"""The integration as it is read: a status that somebody edited, a spec that passed by the validation of its CRD."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ideogram_operator.decisions.decide import Observed, decide
from ideogram_operator.decisions.evidence import Evidence
from ideogram_operator.resource.errors import SpecError
from ideogram_operator.resource.spec import IntegrationSpec
from ideogram_operator.resource.status import IntegrationStatus
from ideogram_operator.resource.words import Cause, Health, State, Strength
from ideogram_operator.runtime.recall import alert_of, breaker_of, drill_of, recall, recall_drill
from tests.cluster.shapes import claim
from tests.hostile.policies import SPEC, policy
from tests.hostile.strategies import assert_clear, bounded, examples, grows_linearly, hostile_json, names_in, spoilt

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
STATUS: dict[str, Any] = {
    "observedGeneration": 3,
    "state": "Fallback",
    "health": "Down",
    "reason": "ApiUnreachable",
    "message": "seen",
    "since": "2026-11-22T11:00:00Z",
    "lastUpdate": "2026-11-22T11:59:00Z",
    "balanceUSD": "12.50",
    "conditions": [
        {
            "type": "Ready",
            "status": "True",
            "reason": "Ready",
            "message": "all is there",
            "lastTransitionTime": "2026-11-22T10:00:00Z",
            "observedGeneration": 3,
        }
    ],
    "breaker": {
        "trigger": "apiUnreachable",
        "strength": 2,
        "detectedAt": "2026-11-22T10:59:00Z",
        "holdUntil": "2026-11-22T11:05:00Z",
        "relapses": 1,
        "flips": 7,
        "recentFlips": ["2026-11-22T11:00:00Z"],
        "recoverToken": "one",
        "restoredTargets": 1,
        "message": "HTTP 503",
    },
    "probe": {
        "method": "DryRun",
        "httpStatus": 503,
        "latency": "412ms",
        "spentTodayUSD": "0.05",
        "spentOn": "2026-11-22",
    },
    "targets": [
        {"kind": "Deployment", "name": "web", "mode": "Fallback", "inSync": True, "since": "2026-11-22T11:00:01Z"}
    ],
    "alerts": [
        {
            "name": "apiUnreachable",
            "severity": "P1",
            "action": "Fallback",
            "since": "2026-11-22T11:00:00Z",
            "first": "2026-11-22T10:59:50Z",
            "strength": 2,
            "value": "3",
            "threshold": "3",
            "message": "3 consecutive failures",
        }
    ],
    "preflight": {"lastTime": "2026-11-22T10:00:00Z", "passed": 1, "checks": [{"id": "api-key", "result": "Passed"}]},
    "drill": {"phase": "Holding", "startedAt": "2026-11-22T11:00:00Z", "lastHandledRequest": "x"},
    "history": [{"from": "Live", "to": "Fallback", "at": "2026-11-22T11:00:00Z", "trigger": "apiUnreachable"}],
}
FULL_SPEC: dict[str, Any] = {
    **SPEC,
    "mode": "Enforce",
    "override": {"mode": "Freeze", "reason": "maintenance", "until": "2026-12-01T06:00:00Z"},
    "probe": {"method": "DryRun", "interval": "10s", "generate": {"interval": "6h", "dailyBudgetUSD": "1.00"}},
    "traffic": {"prometheus": {"url": "http://prometheus.shop.svc:9090", "queries": {}}},
    "triggers": {"apiUnreachable": {"consecutive": 3, "action": "Fallback"}},
    "recovery": {"successes": 3, "hold": "5m"},
    "billing": {"balance": {"amountUSD": "100", "asOf": "2026-11-22T00:00:00Z"}},
    "notify": [{"severities": ["P1"], "urlSecretRef": {"name": "oncall", "key": "url"}}],
    "attestations": [{"check": "moderation-layer", "by": "dana@example.com", "at": "2026-11-22T00:00:00Z"}],
    "drill": {"interval": "720h", "duration": "60s"},
}


def with_value(document: dict[str, Any], value: Any, *place: Any) -> dict[str, Any]:
    changed: dict[str, Any] = json.loads(json.dumps(document))
    at: Any = changed
    for step in place[:-1]:
        at = at[step]
    at[place[-1]] = value
    return changed


def goes_on(raw: Any) -> None:
    """What a restart does with a status: read, remembered, decided with, claimed with and written again."""
    status = IntegrationStatus.parse(raw)
    for moment in (NOW, datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        memory = recall(status, moment)
        down = Evidence(
            at=moment,
            health=Health.DOWN,
            cause=Cause.CREDENTIALS,
            strength=Strength.GENERATE,
            message="HTTP 401",
            fresh_for=timedelta(minutes=1),
        )
        for observed in (Observed(), Observed(evidence=(down, down), recover_token="x")):
            decision = decide(policy(), memory, observed, moment)
            claim(flip=decision.memory.flips)
            written = IntegrationStatus(
                state=decision.memory.state,
                since=decision.memory.since,
                breaker=breaker_of(decision.memory),
                alerts=tuple(alert_of(alert, None) for alert in decision.memory.alerts),
                drill=drill_of(recall_drill(status.drill, moment)),
                probe=status.probe,
                history=status.history,
            ).to_wire()
            json.loads(json.dumps(written), parse_constant=lambda constant: pytest.fail(f"{constant} is no JSON"))
            names = [alert["name"] for alert in written.get("alerts", [])]
            assert len(names) == len(set(names)), "the API server refuses an alert that comes twice"
            assert written["breaker"].get("flips", 0) < 2**53
            assert written["breaker"].get("relapses", 0) < 2**31


@given(raw=spoilt(STATUS) | hostile_json(names_in(STATUS)))
@example(raw=with_value(STATUS, "0001-01-01T00:00:00+14:00", "since"))
@example(raw=with_value(STATUS, "9999-12-31T23:59:59-12:00", "breaker", "holdUntil"))
@example(raw=with_value(STATUS, "2026-99-99", "probe", "spentOn"))
@example(raw=with_value(STATUS, 2**53 + 1, "breaker", "flips"))
@example(raw=with_value(STATUS, 2**31 - 1, "breaker", "relapses"))
@example(raw=with_value(STATUS, STATUS["alerts"] * 3, "alerts"))
@example(raw=with_value(STATUS, None, "conditions"))
@examples(200)
def test_any_status_is_gone_on_from(raw: Any) -> None:
    with bounded():
        goes_on(raw)


@given(raw=spoilt(STATUS))
@examples(150)
def test_no_status_flips_what_nothing_speaks_against(raw: Any) -> None:
    """A status says where we were. With nothing known of the API it moves nothing, and Live stays Live."""
    status = IntegrationStatus.parse(raw)
    memory = recall(status, NOW)
    decision = decide(policy(), memory, Observed(), NOW)
    if memory.cause not in {"drill", "preflight"}:
        assert decision.memory.state is memory.state
        assert decision.memory.flips == memory.flips
    if replace(memory, alerts=()).state is State.LIVE:
        assert not decision.memory.falling_back


@given(raw=spoilt(FULL_SPEC) | hostile_json(names_in(FULL_SPEC)))
@example(raw=with_value(FULL_SPEC, "0001-01-01T00:00:00+14:00", "override", "until"))
@example(raw=with_value(FULL_SPEC, "9999-12-31T23:59:59-12:00", "billing", "balance", "asOf"))
@example(raw=with_value(FULL_SPEC, 5, "\x1b[31m\n" * 1000))
@example(raw=None)
@example(raw=[])
@example(raw=with_value(FULL_SPEC, None, "targets"))
@examples(200)
def test_any_spec_is_used_or_refused_in_clear_words(raw: Any) -> None:
    with bounded():
        try:
            spec = IntegrationSpec.parse(raw)
        except SpecError as error:
            for problem in error.problems:
                assert_clear(problem, longest=600)
            return
    assert spec.overridden(NOW) in {None, "Freeze", "ForceFallback", "ForceLive"}


def test_a_spec_of_a_thousand_mistakes_is_refused_soon() -> None:
    with bounded(seconds=3, mebibytes=64), pytest.raises(SpecError) as refused:
        IntegrationSpec.parse(SPEC | {f"colour{number}": "x" for number in range(5000)})
    assert len(refused.value.problems) < 100
    assert_clear(str(refused.value))


@pytest.mark.parametrize("field", ["targets", "history", "alerts", "conditions"])
def test_reading_a_damaged_status_takes_time_by_its_size(field: str) -> None:
    grows_linearly(lambda size: IntegrationStatus.parse({field: [{"at": 5, "kind": 7}] * size}), 1000)


@given(data=st.data())
@examples(60)
def test_what_is_kept_of_a_damaged_status_is_what_was_sound(data: st.DataObject) -> None:
    """One part that is spoilt takes nothing else along: losing an alert is better than losing the count of flips."""
    part = data.draw(st.sampled_from(sorted(set(STATUS) - {"breaker"})))
    value = data.draw(hostile_json(names_in(STATUS)))
    status = IntegrationStatus.parse(STATUS | {part: value})
    assert status.breaker == IntegrationStatus.parse(STATUS).breaker
