"""From facts to results, to the count, and to whether the required checks passed."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideogram_operator.checks.checklist import CHECKLIST
from ideogram_operator.checks.facts import NOT_ASKED, Facts, Inquiry, KeyFacts, Lack
from ideogram_operator.checks.finding import Finding
from ideogram_operator.checks.judging import Result, judge, summary, verdict
from ideogram_operator.checks.required import Required, required
from ideogram_operator.resource.checklist import CheckId, CheckResult
from ideogram_operator.resource.words import Cause, Health
from tests.checks.cases import FAIL, SKIPPED, UNKNOWN
from tests.checks.facts import (
    API,
    BREAKER,
    GENERATION,
    NOON,
    PERFECT,
    PREDECESSOR,
    STOREFRONT,
    TABLE,
    TRAFFIC,
    container,
    facts,
    lack,
    peer,
    pods,
    said,
    spec,
    target,
    unattested,
)

PASS, WARN = CheckResult.PASS, CheckResult.WARN


def results(**found: CheckResult) -> tuple[Result, ...]:
    """Results by id, underscores for dashes."""
    return tuple(
        Result(id=CheckId(name.replace("_", "-")), finding=Finding(result=result, message="Seen."))
        for name, result in found.items()
    )


def not_passed(given: Facts) -> set[str]:
    return {result.id.value for result in judge(given) if result.finding.result is not PASS}


def test_the_perfect_integration_passes_all_of_them() -> None:
    found = judge(PERFECT)
    assert not_passed(PERFECT) == set()
    assert summary(found).text == "28/28"
    assert verdict(found, required(PERFECT.spec)).passed


LITERAL = target("Deployment/storefront", replace(STOREFRONT.containers[0], exposed=("env PAINTER_TOKEN",)))
LOST = target("Deployment/lost", trouble="there is no Deployment lost", containers=(), pods=None)
UNSET = target("Deployment/storefront", container(CONCURRENCY="2"))
OLD = PERFECT.spec.attestations[0]

BROKEN = [
    ("white space around the key", facts(key=KeyFacts(place="Secret shop/ideogram", spaced=True)), {"key-in-secret"}),
    ("the key in clear", facts(targets=(LITERAL,)), {"key-in-secret"}),
    ("a key that staging has too", facts(peers=(peer("x/y", environment="Staging"),)), {"key-separate"}),
    ("a host that is not allowed", facts(host_problem="not allowed"), {"base-url"}),
    ("a refused key", facts(api=replace(API, health=Health.DOWN, cause=Cause.CREDENTIALS)), {"api-key-header"}),
    ("a model that is gone", facts(api=replace(API, cause=Cause.PROBE_UNSUPPORTED)), {"model-accepted"}),
    (
        "three replicas with eight",
        facts(targets=(target("Deployment/storefront", replace(STOREFRONT.containers[0]), pods=pods(24)),)),
        {"concurrency"},
    ),
    ("settings that cannot be seen", facts(targets=(UNSET,)), {"request-timeout", "retry-policy", "prompt-length"}),
    (
        "an attestation that has expired",
        facts(spec=said(CheckId.SAFETY_LOG, at="2026-01-01", expires="2026-02-01")),
        {"safety-log"},
    ),
    ("an attestation that is not there", facts(spec=unattested(CheckId.MODERATION_LAYER)), {"moderation-layer"}),
    ("a bucket that refuses to delete", facts(storage=lack(FAIL)), {"durable-storage", "seed-in-name"}),
    (
        "a table without seed",
        facts(database=replace(TABLE, columns=TABLE.columns - {"seed"})),
        {"metadata-database"},
    ),
    ("a receiver that does not answer", facts(receivers=lack(FAIL)), {"auth-alert", "credits-alert"}),
    ("rate limits shown", facts(traffic=replace(TRAFFIC, rate_limited=3.0)), {"rate-limit-hidden"}),
    ("series that are not there", facts(traffic=replace(TRAFFIC, missing=("x",))), {"monitoring-ready"}),
    ("no drill", facts(breaker=replace(BREAKER, last_success=None)), {"rollback-tested"}),
    ("an operator that only reads", facts(breaker=replace(BREAKER, hindrance="--read-only")), {"circuit-breaker"}),
    ("a predecessor that is not ready", facts(predecessor=replace(PREDECESSOR, ready=False)), {"staging-tested"}),
    ("a permission that is wanting", facts(permissions=lack(FAIL)), {"permissions"}),
    (
        "an image that does not download",
        facts(generation=replace(GENERATION, picture=lack(FAIL))),
        {"image-download"},
    ),
    ("no image", facts(generation=lack(FAIL)), {"image-download", "image-safe-flag"}),
    ("a paused target", facts(targets=(target(hindrances=("paused",)),)), {"targets-exist", "circuit-breaker"}),
    ("a rival", facts(targets=(target(rivals=("shop/x sets Y=1",)),)), {"targets-exist"}),
    (
        "a target that is not there",
        facts(targets=(STOREFRONT, LOST)),
        {
            "targets-exist",
            "key-in-secret",
            "base-url",
            "api-key-header",
            "request-timeout",
            "retry-policy",
            "concurrency",
            "prompt-length",
            "circuit-breaker",
        },
    ),
]


@pytest.mark.parametrize(("broken", "expected"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_one_thing_that_breaks_is_told_by_its_own_checks_alone(broken: Facts, expected: set[str]) -> None:
    assert not_passed(broken) == expected


def test_a_target_that_is_not_there_fails_one_check_and_leaves_the_others_unknown() -> None:
    failed = [one.id for one in judge(facts(targets=(STOREFRONT, LOST))) if one.finding.result is FAIL]
    assert failed == [CheckId.TARGETS_EXIST]


@pytest.mark.parametrize("inquiry", Inquiry)
def test_what_was_not_asked_is_not_judged_and_all_else_is(inquiry: Inquiry) -> None:
    found = {result.id for result in judge(facts(**{inquiry.value: NOT_ASKED}))}
    assert found == {check.id for check in CHECKLIST if inquiry not in check.needs}


def test_a_part_of_the_checklist_can_be_judged_alone() -> None:
    assert [result.id for result in judge(PERFECT, CHECKLIST[:2])] == [CheckId.KEY_IN_SECRET, CheckId.KEY_SEPARATE]


def test_the_count_leaves_out_what_was_skipped_and_counts_a_warning_as_not_passed() -> None:
    found = summary(
        results(key_in_secret=PASS, key_separate=WARN, base_url=FAIL, concurrency=UNKNOWN, permissions=SKIPPED)
    )
    assert (found.passed, found.failed, found.unknown, found.applicable) == (1, 1, 1, 4)
    assert found.text == "1/4"


def test_nothing_found_is_nothing_of_nothing() -> None:
    assert summary(()).text == "0/0"


NAMED = (CheckId.KEY_IN_SECRET, CheckId.BASE_URL, CheckId.CONCURRENCY)


def asked(*, explicit: bool) -> Required:
    return Required(checks=NAMED, explicit=explicit)


@pytest.mark.parametrize(
    ("found", "explicit", "missing"),
    [
        (results(key_in_secret=PASS, base_url=PASS, concurrency=PASS), True, ()),
        (results(key_in_secret=PASS, base_url=WARN, concurrency=PASS), True, ()),
        (results(key_in_secret=PASS, base_url=SKIPPED, concurrency=PASS), False, ()),
        (results(key_in_secret=PASS, base_url=SKIPPED, concurrency=PASS), True, (CheckId.BASE_URL,)),
        (results(key_in_secret=PASS, base_url=PASS), False, (CheckId.CONCURRENCY,)),
        (
            results(key_in_secret=UNKNOWN, base_url=PASS, concurrency=FAIL, permissions=FAIL),
            False,
            (CheckId.CONCURRENCY, CheckId.KEY_IN_SECRET),
        ),
        ((), False, NAMED),
    ],
)
def test_what_is_missing_is_told_with_the_failed_ones_first(
    found: tuple[Result, ...], explicit: bool, missing: tuple[CheckId, ...]
) -> None:
    told = verdict(found, asked(explicit=explicit))
    assert told.missing == missing
    assert told.passed is (missing == ())


def test_how_many_failed_is_told_beside_what_is_missing() -> None:
    assert verdict(results(key_in_secret=FAIL, base_url=UNKNOWN), asked(explicit=False)).failed == 1


@given(st.lists(st.tuples(st.sampled_from(CheckId), st.sampled_from(CheckResult)), unique_by=lambda pair: pair[0]))
def test_a_required_check_is_missing_or_it_was_found_good(pairs: list[tuple[CheckId, CheckResult]]) -> None:
    found = tuple(Result(id=check, finding=Finding(result=result, message="Seen.")) for check, result in pairs)
    wanted = required(spec(environment="Production"))
    told = verdict(found, wanted)
    good = {check for check, result in pairs if result in {PASS, WARN, SKIPPED}}
    assert set(told.missing) == set(wanted.checks) - good
    assert len(told.missing) == len(set(told.missing))


def test_time_alone_turns_an_attestation_stale() -> None:
    later = replace(PERFECT, now=OLD.expires - timedelta(seconds=1))
    assert {one.id for one in judge(later) if one.finding.result is FAIL} == {CheckId.ROLLBACK_TESTED}
    assert CheckId.AUTO_TOP_UP.value in not_passed(replace(PERFECT, now=OLD.expires))
    assert OLD.at < NOON < OLD.expires


def test_a_lack_keeps_its_hint_and_one_without_gets_the_command_that_asks_again() -> None:
    bare = Lack(result=UNKNOWN, message="nobody answered")
    finding = next(one.finding for one in judge(facts(storage=bare)) if one.id is CheckId.DURABLE_STORAGE)
    assert finding.message == "Nobody answered."
    assert finding.hint.startswith("Ask again: kubectl -n shop annotate idi storefront")
