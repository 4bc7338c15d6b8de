"""The conditions: which hold in which state, and that an outage of the provider never makes Ready false."""

from dataclasses import replace

import pytest

from ideogram_operator.decisions.conditions import conditions
from ideogram_operator.decisions.standing import Standing
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.words import ConditionStatus, ConditionType, TargetMode
from tests.decisions.player import fact, fallen
from tests.decisions.standings import KEY_AT, STATES, problem, seen, standing, target

ALWAYS = [kind for kind in ConditionType if kind not in {ConditionType.RECONCILING, ConditionType.STALLED}]

TABLE = {
    # state: Ready, APIHealthy, CredentialsValid, FallbackActive, Overridden
    "new": "Unknown/EvidenceStale Unknown/EvidenceStale Unknown/ProbeUnknown False/NoFallbackRequested False",
    "healthy": "True/AllGood True/ProbeSucceeded True/KeyAccepted False/NoFallbackRequested False",
    "suspect: down": "True/AllGood False/ProbeFailed Unknown/ProbeUnknown False/NoFallbackRequested False",
    "suspect: rejected": "True/AllGood False/ProbeFailed True/KeyAccepted False/NoFallbackRequested False",
    "suspect: key": "True/AllGood False/ProbeFailed Unknown/ConfirmingFailure False/NoFallbackRequested False",
    "suspect: limit": "True/AllGood False/ProbeDegraded True/KeyAccepted False/NoFallbackRequested False",
    "throttled": "True/AllGood False/ProbeDegraded True/KeyAccepted False/NoFallbackRequested False",
    "throttled still": "True/AllGood True/ProbeSucceeded True/KeyAccepted False/NoFallbackRequested False",
    "down": "True/AllGood False/ProbeFailed Unknown/ProbeUnknown True/ApiUnreachable False",
    "rejected": "True/AllGood False/ProbeFailed True/KeyAccepted True/ApiUnreachable False",
    "key": "True/AllGood False/ProbeFailed False/KeyRejected True/KeyRejected False",
    "credit": "True/AllGood False/ProbeFailed True/KeyAccepted True/CreditsExhausted False",
    "holding": "True/AllGood True/ProbeSucceeded True/KeyAccepted True/ApiUnreachable False",
    "hold over": "False/EvidenceStale Unknown/EvidenceStale Unknown/ProbeUnknown True/ApiUnreachable False",
    "manual": "True/AllGood True/ProbeSucceeded True/KeyAccepted True/ApiUnreachable False",
    "flip limit": "True/AllGood True/ProbeSucceeded True/KeyAccepted True/ApiUnreachable False",
    "recovering": "True/AllGood True/ProbeSucceeded True/KeyAccepted True/ApiUnreachable False",
    "one by one": "True/AllGood True/ProbeSucceeded True/KeyAccepted True/ApiUnreachable False",
    "own network": "False/OwnNetwork Unknown/OwnNetwork Unknown/ProbeUnknown False/NoFallbackRequested False",
    "no key": "False/KeyMissing Unknown/KeyMissing Unknown/ProbeUnknown False/NoFallbackRequested False",
    "unsupported": "False/ProbeUnsupported Unknown/ProbeUnsupported Unknown/ProbeUnknown False/NoFallbackRequested False",
    "stale": "False/EvidenceStale Unknown/EvidenceStale Unknown/ProbeUnknown False/NoFallbackRequested False",
    "forced fallback": "True/AllGood True/ProbeSucceeded True/KeyAccepted True/OverrideForceFallback True",
    "forced live": "True/AllGood True/ProbeSucceeded True/KeyAccepted False/NoFallbackRequested True",
    "frozen": "True/AllGood True/ProbeSucceeded True/KeyAccepted False/NoFallbackRequested True",
    "drill": "True/AllGood True/ProbeSucceeded True/KeyAccepted True/DrillInProgress False",
    "drill over, suspect": "True/AllGood False/ProbeFailed Unknown/ProbeUnknown True/DrillInProgress False",
    "gate": "True/AllGood True/ProbeSucceeded True/KeyAccepted True/PreflightGate False",
    "gate, down": "True/AllGood False/ProbeFailed Unknown/ProbeUnknown True/PreflightGate False",
    "gate open, blind": "False/OwnNetwork Unknown/OwnNetwork Unknown/ProbeUnknown True/PreflightGate False",
    "gate open, suspect": "True/AllGood False/ProbeFailed Unknown/ProbeUnknown True/PreflightGate False",
    "down, gate": "True/AllGood False/ProbeFailed Unknown/ProbeUnknown True/ApiUnreachable False",
}


def told(stands: Standing, kind: ConditionType) -> str:
    found = [one for one in conditions(stands) if one.type is kind]
    return f"{found[0].status}/{found[0].reason}" if found else ""


def message(stands: Standing, kind: ConditionType) -> str:
    return next(one.message for one in conditions(stands) if one.type is kind)


@pytest.mark.parametrize("name", STATES)
def test_the_conditions_of_each_state(name: str) -> None:
    stands = standing(STATES[name]())
    ready, healthy, credentials, active, overridden = TABLE[name].split()
    assert told(stands, ConditionType.READY) == ready
    assert told(stands, ConditionType.API_HEALTHY) == healthy
    assert told(stands, ConditionType.CREDENTIALS_VALID) == credentials
    assert told(stands, ConditionType.FALLBACK_ACTIVE) == active
    assert told(stands, ConditionType.OVERRIDDEN).startswith(overridden)


@pytest.mark.parametrize("name", STATES)
def test_all_are_there_from_the_first_and_none_is_empty(name: str) -> None:
    found = conditions(standing(STATES[name]()))
    assert [one.type for one in found if one.type in ALWAYS] == ALWAYS
    for one in found:
        assert one.message.strip().endswith(".")
        assert ".." not in one.message
        assert "None" not in one.message


@pytest.mark.parametrize("name", ["down", "key", "credit", "rejected", "holding", "recovering", "suspect: down"])
def test_an_outage_blocks_nobody_who_waits_for_ready(name: str) -> None:
    stands = standing(STATES[name]())
    assert told(stands, ConditionType.READY) == "True/AllGood"
    assert not told(stands, ConditionType.STALLED)


@pytest.mark.parametrize(
    "reason", [Reason.KEY_MISSING, Reason.TARGET_MISSING, Reason.PERMISSION_DENIED, Reason.SPEC_INVALID]
)
def test_what_keeps_the_operator_from_its_work_makes_it_unready(reason: Reason) -> None:
    stands = standing(seen("ok"), problems=(problem(reason),))
    assert told(stands, ConditionType.READY) == f"False/{reason}"
    assert message(stands, ConditionType.READY) == "something is wrong; mend it."


def test_a_spec_that_is_invalid_stalls_it() -> None:
    stands = standing(seen("ok"), problems=(problem(Reason.SPEC_INVALID),), spec_invalid=True)
    assert told(stands, ConditionType.STALLED) == "True/SpecInvalid"
    assert not told(stands, ConditionType.RECONCILING)


def test_fields_that_nothing_is_done_about_are_said() -> None:
    stands = standing(seen("ok"), not_acted_on=("spec.notify",))
    assert "spec.notify" in message(stands, ConditionType.READY)


def test_a_key_that_is_refused_says_where_to_put_another() -> None:
    assert KEY_AT in message(standing(fallen(words="401 401")), ConditionType.CREDENTIALS_VALID)


def test_only_a_paid_check_proves_credit() -> None:
    stands = standing(seen("ok"))
    assert told(stands, ConditionType.CREDITS_SUFFICIENT) == "Unknown/NotChecked"
    paid = replace(stands, paid=fact("paid:ok"))
    assert told(paid, ConditionType.CREDITS_SUFFICIENT) == "True/CreditsAvailable"
    assert told(standing(fallen(words="402")), ConditionType.CREDITS_SUFFICIENT) == "False/CreditsExhausted"


TARGETS = [
    ("in sync", target(TargetMode.FALLBACK, TargetMode.FALLBACK), "True/TargetsInSync", "", ""),
    (
        "pods follow",
        target(TargetMode.FALLBACK, TargetMode.FALLBACK, ready=False),
        "True/TargetsInSync",
        "True/RolloutInProgress",
        "",
    ),
    (
        "not yet told",
        target(TargetMode.LIVE, TargetMode.FALLBACK),
        "False/RolloutLimitReached",
        "True/RolloutInProgress",
        "",
    ),
    (
        "stuck",
        target(TargetMode.FALLBACK, TargetMode.FALLBACK, ready=False, problem=problem(Reason.ROLLOUT_STUCK)),
        "False/RolloutStuck",
        "",
        "True/RolloutStuck",
    ),
    (
        "conflict",
        target(TargetMode.FALLBACK, TargetMode.FALLBACK, problem=problem(Reason.TARGET_CONFLICT)),
        "False/TargetConflict",
        "",
        "True/TargetConflict",
    ),
    (
        "forbidden",
        target(TargetMode.LIVE, TargetMode.FALLBACK, problem=problem(Reason.PERMISSION_DENIED)),
        "False/PermissionDenied",
        "",
        "True/PermissionDenied",
    ),
]


@pytest.mark.parametrize(
    ("which", "in_sync", "reconciling", "stalled"), [row[1:] for row in TARGETS], ids=[row[0] for row in TARGETS]
)
def test_how_targets_stand(which: object, in_sync: str, reconciling: str, stalled: str) -> None:
    stands = standing(fallen(), targets=(which,))
    assert told(stands, ConditionType.TARGETS_IN_SYNC) == in_sync
    assert told(stands, ConditionType.RECONCILING) == reconciling
    assert told(stands, ConditionType.STALLED) == stalled


def test_before_targets_were_looked_at_nothing_is_claimed() -> None:
    assert told(standing(seen("ok"), targets=()), ConditionType.TARGETS_IN_SYNC) == "Unknown/NotChecked"


@pytest.mark.parametrize("reason", [Reason.OBSERVE_MODE, Reason.READ_ONLY])
def test_where_nothing_is_touched_no_fallback_is_claimed(reason: Reason) -> None:
    live = target(TargetMode.LIVE, TargetMode.FALLBACK)
    stands = standing(fallen(), why_not_touching=reason, targets=(live,))
    assert told(stands, ConditionType.FALLBACK_ACTIVE) == f"False/{reason}"
    assert told(stands, ConditionType.TARGETS_IN_SYNC) == f"Unknown/{reason}"
    assert not told(stands, ConditionType.RECONCILING)


@pytest.mark.parametrize("words", ["503 503 503", "ok"])
def test_what_was_switched_before_nothing_was_touched_any_more_is_still_told(words: str) -> None:
    held = target(TargetMode.FALLBACK, TargetMode.FALLBACK)
    stands = standing(seen(words), why_not_touching=Reason.OBSERVE_MODE, targets=(held,))
    found = next(one for one in conditions(stands) if one.type is ConditionType.FALLBACK_ACTIVE)
    assert (found.status, found.reason) == (ConditionStatus.TRUE, Reason.OBSERVE_MODE)
    assert "1 of 1" in found.message
