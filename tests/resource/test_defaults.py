"""What the least manifest means: DESIGN's defaults, in the units the code works with."""

from datetime import timedelta
from decimal import Decimal

import pytest

from ideogram_operator.resource.probe import Probe
from ideogram_operator.resource.spec import IntegrationSpec
from ideogram_operator.resource.triggers import Triggers
from ideogram_operator.resource.words import (
    Action,
    Environment,
    Mode,
    ProbeMethod,
    Recovery,
    RestoreOrder,
    Severity,
    Trigger,
)
from tests.resource.examples import MINIMAL, minimal

SPEC = IntegrationSpec.parse(MINIMAL)


def test_least_manifest() -> None:
    assert (SPEC.mode, SPEC.environment) == (Mode.ENFORCE, Environment.PRODUCTION)
    assert (SPEC.api.base_url, SPEC.api.model, SPEC.api.key_secret_ref.key) == (
        "https://api.ideogram.ai",
        "V_2_TURBO",
        "api-key",
    )
    switch = SPEC.targets[0].switch
    assert switch is not None
    assert (switch.name, switch.fallback_value) == ("IDEOGRAM_ENABLED", "false")


def test_probe_and_recovery() -> None:
    probe, recovery = SPEC.probe, SPEC.recovery
    assert probe.method is ProbeMethod.DRY_RUN
    assert (probe.interval, probe.suspect_interval, probe.timeout) == tuple(timedelta(seconds=n) for n in (10, 2, 10))
    assert (probe.generate.interval, probe.generate.timeout) == (timedelta(hours=6), timedelta(seconds=30))
    assert probe.generate.daily_budget_usd == Decimal("1.00")
    assert (recovery.successes, recovery.max_flips_per_hour, recovery.order) == (3, 4, RestoreOrder.TOGETHER)
    assert (recovery.hold, recovery.max_hold, recovery.relapse_window) == (
        timedelta(minutes=5),
        timedelta(hours=1),
        timedelta(hours=1),
    )


@pytest.mark.parametrize(
    ("trigger", "severity", "action"),
    [
        (Trigger.API_UNREACHABLE, Severity.P1, Action.FALLBACK),
        (Trigger.AUTH_FAILURE, Severity.P1, Action.FALLBACK),
        (Trigger.CREDITS_EXHAUSTED, Severity.P1, Action.FALLBACK),
        (Trigger.RATE_LIMITED, Severity.P2, Action.THROTTLE),
        (Trigger.SLOW_GENERATION, Severity.P2, Action.ALERT),
        (Trigger.CREDITS_LOW, Severity.P2, Action.ALERT),
        (Trigger.SAFETY_REJECTIONS, Severity.P3, Action.ALERT),
    ],
)
def test_triggers(trigger: Trigger, severity: Severity, action: Action) -> None:
    rule = SPEC.triggers[trigger]
    assert (rule.severity, rule.action, rule.recovery) == (severity, action, Recovery.AUTO)


def test_thresholds_of_the_checklist() -> None:
    triggers = Triggers()
    assert triggers.api_unreachable.consecutive == 3
    assert triggers.rate_limited.consecutive == 6
    assert triggers.slow_generation.p95 == timedelta(seconds=30)
    assert triggers.credits_low.threshold_usd == Decimal(10)
    assert triggers.safety_rejections.percent == 10


def test_every_trigger_has_its_rule_in_the_order_of_the_vocabulary() -> None:
    assert [trigger for trigger, _ in SPEC.triggers.items()] == list(Trigger)


def test_a_threshold_alone_leaves_the_rest_of_its_rule() -> None:
    rule = IntegrationSpec.parse(minimal(triggers={"rateLimited": {"consecutive": 9}})).triggers.rate_limited
    assert (rule.consecutive, rule.severity, rule.action) == (9, Severity.P2, Action.THROTTLE)


def test_confirming_is_never_slower_than_watching() -> None:
    assert Probe(interval=timedelta(seconds=1)).confirm_interval == timedelta(seconds=1)
    assert Probe().confirm_interval == timedelta(seconds=2)
