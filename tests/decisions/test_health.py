"""What is believed about the API, given what was seen."""

from datetime import timedelta

import pytest

from ideogram_operator.decisions.health import assess
from ideogram_operator.resource.words import Cause, Health
from tests.decisions.player import HOUR, NOON, SECOND, facts

BELIEVED = {
    "nothing was seen": ("", "Unknown Stale"),
    "it works": ("ok", "Healthy"),
    "it does not": ("ok 503", "Down Provider"),
    "it works again": ("503 ok", "Healthy"),
    "it is busy": ("ok 429", "Degraded RateLimited"),
    "it answers now, if only that it is busy": ("503 429", "Degraded RateLimited"),
    "our own network is broken": ("ok blind", "Unknown OwnNetwork"),
    "the network was broken": ("blind ok", "Healthy"),
    "a paid failure stands against free successes": ("paid:503 ok ok", "Down Provider"),
    "until a paid success": ("paid:503 ok paid:ok", "Healthy"),
    "a busy free check does not hide a paid refusal": ("paid:402 429", "Down Credits"),
    "a busy generation does not hide that nothing answers": ("paid:429 503", "Down Provider"),
    "of two failures of a kind the newest is told": ("paid:402 503", "Down Provider"),
    "a check that the API does not offer is passed over": ("ok 404", "Healthy"),
    "unless it is all there is": ("404 404", "Unknown ProbeUnsupported"),
    "metrics that say nothing are passed over": ("503 traffic:blind", "Down Provider"),
    "a missing key is unknown, whatever was seen before": ("ok 503 no-key", "Unknown KeyMissing"),
}


@pytest.mark.parametrize(("words", "expected"), BELIEVED.values(), ids=BELIEVED)
def test_believed(words: str, expected: str) -> None:
    seen = facts(words)
    found = assess(seen, seen[-1].at if seen else NOON)
    assert f"{found.health} {found.cause or ''}".strip() == expected


def test_what_is_stale_is_unknown() -> None:
    seen = facts("ok")
    assert assess(seen, NOON + 30 * SECOND).health is Health.HEALTHY
    late = assess(seen, NOON + 31 * SECOND)
    assert (late.health, late.cause, late.fact) == (Health.UNKNOWN, Cause.STALE, None)
    assert "12:00:00Z" in late.message


def test_a_clock_that_jumped_back_makes_nothing_stale() -> None:
    assert assess(facts("ok"), NOON - timedelta(days=365)).health is Health.HEALTHY


def test_a_contradiction_holds_after_it_went_stale() -> None:
    seen = facts("paid:503 traffic:ok ok", every=20 * SECOND)
    assert assess(seen, NOON + 60 * SECOND).health is Health.HEALTHY, "the traffic proved it, and is stale by now"


def test_a_paid_failure_is_believed_as_long_as_it_is_fresh() -> None:
    seen = [*facts("paid:503"), *facts("ok", start=NOON + 18 * HOUR)]
    assert assess(seen, NOON + 18 * HOUR).health is Health.DOWN
    assert assess(seen, NOON + 18 * HOUR + SECOND).health is Health.HEALTHY
