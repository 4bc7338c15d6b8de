"""When a preflight is due and how much of it: tables over what status remembers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideogram_operator.checks.facts import GenerationFacts, Inquiry, Lack
from ideogram_operator.resource.checklist import CheckEvidence, CheckId, CheckResult
from ideogram_operator.resource.observations import CheckStatus, PreflightStatus
from ideogram_operator.resource.spec import IntegrationSpec
from ideogram_operator.resource.words import Health
from ideogram_operator.runtime.preflight.occasion import (
    FREE,
    Occasion,
    Situation,
    look_in,
    mendable,
    next_in,
    notify_digest,
    occasion,
    paid_digest,
)
from ideogram_operator.runtime.preflight.starts import Starts

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
PAID, MESSAGES = Inquiry.GENERATION, Inquiry.RECEIVERS
NOTIFY = [{"severities": ["P1"], "urlSecretRef": {"name": "oncall"}}]


def spec(**parts: Any) -> IntegrationSpec:
    targets = [{"kind": "Deployment", "name": "web", "switch": {}}]
    return IntegrationSpec.parse({"api": {"keySecretRef": {"name": "ideogram"}}, "targets": targets, **parts})


SPEC = spec(notify=NOTIFY)


def check(name: CheckId, result: CheckResult = CheckResult.PASS, **more: Any) -> CheckStatus:
    return CheckStatus(id=name, result=result, evidence=CheckEvidence.PROBED, **more)


DONE = PreflightStatus(
    last_time=NOON - HOUR,
    observed_generation=1,
    last_handled_request="one",
    paid_for=paid_digest(SPEC),
    notified_for=notify_digest(SPEC),
    notified_at=NOON - HOUR,
    checks=(check(CheckId.IMAGE_DOWNLOAD), check(CheckId.IMAGE_SAFE_FLAG)),
)
NO_PICTURE = Lack(result=CheckResult.UNKNOWN, message="no image was made")
IMAGE = GenerationFacts(at=NOON, health=Health.HEALTHY, message="HTTP 200", picture=NO_PICTURE)
QUIET = Situation(spec=SPEC, status=DONE, generation=1, request="one", now=NOON)


def due(**changes: Any) -> Occasion | None:
    return occasion(replace(QUIET, **changes))


def test_nothing_is_due_while_nothing_changes() -> None:
    assert due() is None
    assert next_in(QUIET) == 5 * HOUR


WHOLE = {
    "new": {"status": PreflightStatus()},
    "request": {"request": "two"},
    "spec": {"generation": 2},
    "key": {"key_changed": True},
    "interval": {"now": NOON + 5 * HOUR},
}


@pytest.mark.parametrize(("why", "changes"), WHOLE.items(), ids=WHOLE)
def test_all_of_it_is_carried_out_when_something_changed(why: str, changes: dict[str, Any]) -> None:
    found = due(**changes)
    assert found is not None
    assert (found.why, found.whole, found.wanted >= FREE) == (why, True, True)


COSTLY = {
    "a new integration": ({"status": PreflightStatus()}, {PAID, MESSAGES}),
    "a request": ({"request": "two"}, {PAID, MESSAGES}),
    "an edit of something else": ({"generation": 2}, set()),
    "another model": (
        {"generation": 2, "spec": spec(notify=NOTIFY, api={"keySecretRef": {"name": "ideogram"}, "model": "V_2"})},
        {PAID},
    ),
    "another key": ({"key_changed": True}, {PAID}),
    "another receiver": (
        {"generation": 2, "spec": spec(notify=[NOTIFY[0], {**NOTIFY[0], "severities": ["P2"]}])},
        {MESSAGES},
    ),
    "the interval": ({"now": NOON + 5 * HOUR}, {PAID}),
    "a month": ({"now": NOON + timedelta(days=30)}, {PAID, MESSAGES}),
    "a receiver that was not reached": (
        {"generation": 2, "status": DONE.model_copy(update={"notified_at": None})},
        {MESSAGES},
    ),
    "an image that was left out": (
        {
            "generation": 2,
            "status": DONE.model_copy(update={"checks": (check(CheckId.IMAGE_DOWNLOAD, CheckResult.SKIPPED),)}),
        },
        {PAID},
    ),
    "an attestation that came, with the image forgotten": (
        {
            "generation": 2,
            "status": DONE.model_copy(
                update={
                    "checks": (
                        check(CheckId.IMAGE_DOWNLOAD),
                        CheckStatus(id=CheckId.IMAGE_SAFE_FLAG, result=CheckResult.UNKNOWN),
                    )
                }
            ),
        },
        {PAID},
    ),
}


@pytest.mark.parametrize(("changes", "wanted"), COSTLY.values(), ids=COSTLY)
def test_what_costs_or_disturbs_is_asked_only_where_it_is_about_something_new(
    changes: dict[str, Any], wanted: set[Inquiry]
) -> None:
    found = due(**changes)
    assert found is not None
    assert found.wanted - FREE == wanted


def test_an_image_that_this_process_remembers_is_not_paid_for_again() -> None:
    checks = (check(CheckId.IMAGE_DOWNLOAD), CheckStatus(id=CheckId.IMAGE_SAFE_FLAG, result=CheckResult.UNKNOWN))
    found = due(generation=2, status=DONE.model_copy(update={"checks": checks}), image=IMAGE)
    assert found is not None
    assert found.wanted == FREE


def test_another_look_is_at_what_is_wrong_alone_and_is_not_a_preflight_of_its_own() -> None:
    wrong = wrongly(check(CheckId.METADATA_DATABASE, CheckResult.FAIL), check(CheckId.TARGETS_EXIST, CheckResult.FAIL))
    stored = spec(notify=NOTIFY, database={"urlSecretRef": {"name": "db"}})
    wanted = frozenset({Inquiry.DATABASE, Inquiry.TARGETS})
    assert due(look_again=True, spec=stored, status=wrong) == Occasion(whole=False, wanted=wanted, why="look")
    assert due(look_again=True) is None


def test_the_end_of_a_drill_is_looked_at_and_nothing_else_with_it() -> None:
    assert due(drilled=True) == Occasion(whole=False, wanted=frozenset({Inquiry.BREAKER}), why="look")


def wrongly(*checks: CheckStatus) -> PreflightStatus:
    return DONE.model_copy(update={"checks": (*DONE.checks, *checks)})


@pytest.mark.parametrize("field", ["at", "expires"])
def test_an_attestation_is_judged_again_when_it_begins_and_when_it_ends(field: str) -> None:
    times = {"at": "2020-01-01T00:00:00Z", "expires": "2030-01-01T00:00:00Z", field: "2026-11-24T12:30:00Z"}
    one = {"check": "safety-log", "by": "dana@example.com", "evidence": "https://example.com", **times}
    before = replace(QUIET, spec=spec(notify=NOTIFY, attestations=[one]), judged_at=NOON)
    assert occasion(before) is None
    assert next_in(before) == timedelta(minutes=30)
    after = replace(before, now=NOON + timedelta(minutes=30))
    look = occasion(after)
    assert look is not None
    assert not look.whole
    # What is seen is asked again beside what is said, and nothing that costs money or disturbs people.
    assert {Inquiry.TARGETS, Inquiry.STORAGE, Inquiry.TRAFFIC} <= look.wanted <= FREE
    assert occasion(replace(after, judged_at=after.now)) is None


def test_a_time_ahead_of_the_clock_delays_nothing() -> None:
    ahead = DONE.model_copy(update={"last_time": NOON + timedelta(days=300)})
    found = due(status=ahead)
    assert found is not None
    assert found.why == "interval"


@pytest.mark.parametrize(
    ("told", "mends"),
    [
        (check(CheckId.TARGETS_EXIST, CheckResult.FAIL), True),
        (check(CheckId.DURABLE_STORAGE, CheckResult.UNKNOWN), True),
        (check(CheckId.METADATA_DATABASE, CheckResult.UNKNOWN), False),
        (check(CheckId.ROLLBACK_TESTED, CheckResult.FAIL), False),
        (check(CheckId.CIRCUIT_BREAKER, CheckResult.FAIL), True),
        (check(CheckId.TARGETS_EXIST), False),
        (check(CheckId.STAGING_TESTED, CheckResult.SKIPPED), False),
        (check(CheckId.SAFETY_LOG, CheckResult.UNKNOWN), False),
        (check(CheckId.IMAGE_DOWNLOAD, CheckResult.FAIL), False),
        (check(CheckId.AUTH_ALERT, CheckResult.FAIL), False),
    ],
)
def test_only_what_another_free_look_could_find_mended_is_looked_at_again(told: CheckStatus, mends: bool) -> None:
    stored = spec(storage={"url": "s3://images"})
    assert bool(mendable(stored, wrongly(told), None)) is mends


def test_with_the_image_remembered_what_rests_on_it_is_looked_at_for_nothing() -> None:
    wrong = wrongly(check(CheckId.MODEL_ACCEPTED, CheckResult.UNKNOWN))
    assert mendable(SPEC, wrong, None) == frozenset()
    assert mendable(SPEC, wrong, IMAGE) == {Inquiry.API}


WITHOUT_IMAGE = DONE.model_copy(update={"checks": (check(CheckId.IMAGE_DOWNLOAD, CheckResult.FAIL),)})
AGAIN = Occasion(whole=False, wanted=frozenset({Inquiry.GENERATION}), why="look")


def test_a_paid_check_that_came_to_nothing_is_made_again_and_rarer_each_time() -> None:
    failed = replace(QUIET, status=WITHOUT_IMAGE, paid_at=NOON, unpaid=1, image=IMAGE, now=NOON + timedelta(minutes=9))
    assert occasion(failed) is None
    assert next_in(failed) == timedelta(minutes=1)
    later = replace(failed, now=NOON + timedelta(minutes=10))
    assert occasion(later) == AGAIN
    assert occasion(replace(later, unpaid=2)) is None
    assert occasion(replace(later, unpaid=2, now=NOON + timedelta(minutes=20))) == AGAIN


def test_an_outage_is_left_to_the_paid_stream_and_its_money() -> None:
    failed = replace(QUIET, status=WITHOUT_IMAGE, paid_at=NOON, unpaid=1, image=IMAGE, now=NOON + timedelta(minutes=30))
    assert occasion(failed) == AGAIN
    assert occasion(replace(failed, healthy=False)) is None


def test_after_a_restart_nothing_is_paid_for_before_its_interval() -> None:
    assert occasion(replace(QUIET, status=WITHOUT_IMAGE, image=IMAGE)) is None


def test_a_broken_receiver_has_the_others_disturbed_once_a_day_at_most() -> None:
    broken = DONE.model_copy(update={"notified_at": None})
    edited = replace(QUIET, status=broken, generation=2, messaged_at=NOON - HOUR)
    found = occasion(edited)
    assert found is not None
    assert MESSAGES not in found.wanted
    found = occasion(replace(edited, messaged_at=NOON - timedelta(days=1)))
    assert found is not None
    assert MESSAGES in found.wanted


def test_looks_get_rarer_the_longer_something_stays_wrong() -> None:
    assert [look_in(lasted) for lasted in (0, 150, 600, 6000, 1e6)] == [15, 15, 60, 600, 3600]


@given(st.integers(0, 400))
def test_no_burst_is_larger_than_allowed_and_everybody_comes_at_their_turn(wanted: int) -> None:
    now = 0.0
    starts = Starts(monotonic=lambda: now, burst=100, per_second=10, most=1000)
    waits = [starts.begin() for _ in range(wanted)]
    assert sum(wait == 0 for wait in waits) == min(wanted, 100)
    late = [wait for wait in waits if wait > 0]
    assert late == pytest.approx([(turn + 1) / 10 for turn in range(len(late))])
    for wait in late:
        now = wait
        assert starts.begin(in_line=True) == 0.0


def test_whoever_has_to_wait_is_told_how_long_and_places_are_given_back() -> None:
    now = 0.0
    starts = Starts(monotonic=lambda: now, burst=5, per_second=10, most=1)
    assert [starts.begin(), starts.begin()] == [0.0, 1.0]
    assert starts.begin(in_line=True) > 0
    starts.end()
    assert starts.begin(in_line=True) == 0.0
