"""Every field of the spec that deciding needs reaches the policy, and every default is the documented one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ideogram_operator.decisions.from_spec import drill_plan_of, policy_of
from ideogram_operator.decisions.policy import Policy
from ideogram_operator.resource.spec import IntegrationSpec
from ideogram_operator.resource.words import (
    Action,
    OverrideMode,
    Recovery,
    RestoreOrder,
    Severity,
    Strength,
    Trigger,
)

WEB = {"kind": "Deployment", "name": "web", "switch": {}}
THROTTLED = WEB | {"throttle": {"name": "IDEOGRAM_CONCURRENCY", "value": "2"}}


def policy(targets: list[dict[str, Any]] | None = None, **spec: Any) -> Policy:
    given = {"api": {"keySecretRef": {"name": "ideogram"}}, "targets": targets or [WEB]} | spec
    return policy_of(IntegrationSpec.parse(given))


@pytest.mark.parametrize(
    ("trigger", "consecutive", "severity", "action"),
    [
        (Trigger.API_UNREACHABLE, 3, Severity.P1, Action.FALLBACK),
        (Trigger.AUTH_FAILURE, 2, Severity.P1, Action.FALLBACK),
        (Trigger.CREDITS_EXHAUSTED, 1, Severity.P1, Action.FALLBACK),
        (Trigger.RATE_LIMITED, 6, Severity.P2, Action.THROTTLE),
    ],
)
def test_the_defaults_are_those_of_the_checklist(
    trigger: Trigger, consecutive: int, severity: Severity, action: Action
) -> None:
    rule = policy([THROTTLED]).of(trigger)
    assert rule is not None
    assert (rule.consecutive, rule.severity, rule.action, rule.recovery) == (
        consecutive,
        severity,
        action,
        Recovery.AUTO,
    )


def test_throttling_that_no_target_can_do_is_an_alert() -> None:
    rule = policy([WEB]).of(Trigger.RATE_LIMITED)
    assert rule is not None
    assert rule.action is Action.ALERT


def test_what_the_spec_says_of_a_trigger_counts() -> None:
    given = {"apiUnreachable": {"consecutive": 5, "action": "Alert", "severity": "P3", "recovery": "Manual"}}
    rule = policy(triggers=given).of(Trigger.API_UNREACHABLE)
    assert rule is not None
    assert (rule.consecutive, rule.action, rule.severity, rule.recovery) == (
        5,
        Action.ALERT,
        Severity.P3,
        Recovery.MANUAL,
    )


def test_what_the_spec_says_of_the_way_back_counts() -> None:
    found = policy(
        recovery={
            "successes": 5,
            "hold": "2m",
            "maxHold": "20m",
            "relapseWindow": "30m",
            "maxFlipsPerHour": 6,
            "order": "OneByOne",
        }
    )
    assert (found.successes, found.hold, found.max_hold) == (5, timedelta(minutes=2), timedelta(minutes=20))
    assert (found.relapse_window, found.max_flips_per_hour) == (timedelta(minutes=30), 6)
    assert found.order is RestoreOrder.ONE_BY_ONE


@pytest.mark.parametrize(
    ("probe", "strongest"),
    [
        ({}, Strength.GENERATE),
        ({"generate": {"interval": "0s"}}, Strength.DRY_RUN),
        ({"method": "KeyCheck", "generate": {"interval": "0s"}}, Strength.KEY_CHECK),
    ],
)
def test_no_more_proof_is_asked_for_than_the_checks_can_give(probe: dict[str, Any], strongest: Strength) -> None:
    assert policy(probe=probe).strongest is strongest


def test_an_order_is_taken_over_with_its_end() -> None:
    order = {"mode": "Freeze", "reason": "provider maintenance", "until": "2026-12-01T06:00:00Z"}
    found = policy(override=order).override
    assert found is not None
    assert (found.mode, found.reason) == (OverrideMode.FREEZE, "provider maintenance")
    assert found.until == datetime(2026, 12, 1, 6, tzinfo=UTC)
    assert policy().override is None


@pytest.mark.parametrize(
    ("drill", "interval", "duration"),
    [
        (None, None, timedelta(seconds=60)),
        ({}, timedelta(hours=720), timedelta(seconds=60)),
        ({"interval": "2h", "duration": "5m"}, timedelta(hours=2), timedelta(minutes=5)),
    ],
)
def test_drills_are_only_scheduled_where_the_spec_asks_for_them(
    drill: dict[str, Any] | None, interval: timedelta | None, duration: timedelta
) -> None:
    given = {"api": {"keySecretRef": {"name": "ideogram"}}, "targets": [WEB]} | (
        {} if drill is None else {"drill": drill}
    )
    created = datetime(2026, 11, 22, tzinfo=UTC)
    plan = drill_plan_of(IntegrationSpec.parse(given), created)
    assert (plan.interval, plan.duration, plan.window, plan.created) == (interval, duration, None, created)
