"""What a person reads in status: what is the case, since when, why, and what to do."""

from datetime import timedelta

import pytest

from ideogram_operator.decisions.story import tell
from ideogram_operator.decisions.wording import ADVICE, clock_time, span
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.words import RECOVER_ANNOTATION, TargetMode, Trigger
from tests.decisions.player import NOON, fallen
from tests.decisions.standings import KEY_AT, STATES, problem, seen, standing, target

STORIES = [
    ("new", "EvidenceStale", ["no evidence yet", "Nothing is switched"]),
    ("healthy", "ProbeSucceeded", ["The API is Healthy: ok."]),
    ("suspect: down", "ConfirmingFailure", ["Suspect since 12:00:20Z", "is being confirmed", "503"]),
    ("suspect: rejected", "ConfirmingFailure", ["400"]),
    ("suspect: key", "ConfirmingFailure", ["401"]),
    ("suspect: limit", "ConfirmingFailure", ["429"]),
    ("throttled", "ConfirmingFailure", ["rateLimited", "Lower the applications' concurrency"]),
    ("throttled still", "ProbeSucceeded", ["Targets are told to do less since 12:01:00Z"]),
    ("down", "ApiUnreachable", ["In fallback since 12:00:30Z", "apiUnreachable fired", "12:05:30Z", "hold 5m"]),
    ("rejected", "ApiUnreachable", ["400"]),
    ("key", "KeyRejected", ["authFailure", f"Put a working key into {KEY_AT}"]),
    ("credit", "CreditsExhausted", ["creditsExhausted", "Top up"]),
    ("holding", "HoldActive", ["In fallback since", "is not tried before 12:05:30Z"]),
    ("hold over", "ApiUnreachable", ["returns after 3 good checks"]),
    ("manual", "RecoveryManual", ["waits for a person", RECOVER_ANNOTATION]),
    ("flip limit", "FlipLimitReached", ["2 flips in the last hour of at most 2"]),
    ("recovering", "AwaitingRecovery", ["answers again", "1 of 3 good checks"]),
    ("one by one", "RestoringTargets", ["one by one: 1 of"]),
    ("own network", "OwnNetwork", ["Nothing is switched"]),
    ("no key", "KeyMissing", ["Nothing is switched"]),
    ("unsupported", "ProbeUnsupported", ["Nothing is switched"]),
    ("stale", "EvidenceStale", ["too old to count"]),
    ("forced fallback", "OverrideForceFallback", ["In fallback by spec.override until", "maintenance"]),
    ("forced live", "OverrideForceLive", ["Live by spec.override", "maintenance"]),
    ("frozen", "OverrideFrozen", ["Frozen in Live", "maintenance"]),
    ("drill", "DrillInProgress", ["In fallback since 12:00:10Z", "rehearsal", "return by themselves"]),
    ("drill over, suspect", "ConfirmingFailure", ["The drill is over", "dispelled or confirmed", "503"]),
    ("gate", "PreflightGate", ["In fallback since", "until the required checks of the preflight pass", "Healthy"]),
    ("gate, down", "PreflightGate", ["until the required checks of the preflight pass", "503"]),
    ("gate open, blind", "AwaitingRecovery", ["gate is open", "until it can be told how the API is"]),
    ("gate open, suspect", "ConfirmingFailure", ["gate is open", "dispelled or confirmed"]),
    ("down, gate", "ApiUnreachable", ["apiUnreachable fired", "not tried before the required checks"]),
]


@pytest.mark.parametrize(("name", "reason", "says"), STORIES, ids=[name for name, _, _ in STORIES])
def test_each_state_is_told_with_its_reason_its_time_and_its_way_on(name: str, reason: str, says: list[str]) -> None:
    told, message = tell(standing(STATES[name]()))
    assert told.value == reason
    for part in says:
        assert part in message


def test_the_table_has_every_state() -> None:
    assert {name for name, _, _ in STORIES} == set(STATES)


@pytest.mark.parametrize("name", STATES)
def test_every_message_is_whole_sentences_in_one_line(name: str) -> None:
    _, message = tell(standing(STATES[name]()))
    assert message == message.strip()
    assert message.endswith(".")
    assert "  " not in message
    assert ".." not in message
    assert "None" not in message
    assert "\n" not in message


def test_every_trigger_has_advice() -> None:
    assert set(ADVICE) == set(Trigger)


def test_targets_that_are_behind_are_named() -> None:
    _, message = tell(standing(fallen(), targets=(target(TargetMode.LIVE, TargetMode.FALLBACK),)))
    assert "Not there yet: Deployment/web: going into fallback." in message


def test_a_closed_gate_names_what_is_missing() -> None:
    _, message = tell(standing(STATES["gate"](), gate_missing=("key-in-secret", "moderation-layer")))
    assert "the required checks of the preflight pass; missing: key-in-secret, moderation-layer." in message


def test_a_drill_that_holds_says_until_when() -> None:
    _, message = tell(standing(STATES["drill"](), drill_until=NOON))
    assert "the fallback is being rehearsed until 12:00:00Z" in message


def test_a_gate_that_only_observes_claims_nothing() -> None:
    _, message = tell(standing(STATES["gate"](), why_not_touching=Reason.OBSERVE_MODE))
    assert message.startswith("Would be in fallback since")


def test_five_targets_are_named_at_most() -> None:
    behind = tuple(target(TargetMode.LIVE, TargetMode.FALLBACK) for _ in range(20))
    _, message = tell(standing(fallen(), targets=behind))
    assert message.count("Deployment/web") == 5


def test_where_nothing_is_touched_nothing_is_claimed() -> None:
    behind = (target(TargetMode.LIVE, TargetMode.FALLBACK),)
    _, message = tell(standing(fallen(), why_not_touching=Reason.OBSERVE_MODE, targets=behind))
    assert message.startswith("Would be in fallback since")
    assert "Not there yet" not in message


def test_a_spec_that_is_invalid_is_all_that_is_told() -> None:
    wrong = problem(Reason.SPEC_INVALID, "spec.targets: too many; have fewer.")
    assert tell(standing(fallen(), problems=(wrong,), spec_invalid=True)) == (wrong.reason, wrong.message)


def test_a_key_that_is_missing_is_told_as_the_problem_says_it() -> None:
    wrong = problem(Reason.KEY_MISSING, "there is no Secret ideogram; create it.")
    assert tell(standing(seen("no-key"), problems=(wrong,))) == (Reason.KEY_MISSING, wrong.message)


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(milliseconds=500), "500ms"),
        (timedelta(seconds=2), "2s"),
        (timedelta(minutes=5), "5m"),
        (timedelta(minutes=90), "1h30m"),
        (timedelta(hours=24), "24h"),
        (timedelta(hours=1, seconds=1), "1h1s"),
        (timedelta(0), "0ms"),
    ],
)
def test_lengths_are_told_in_the_words_of_the_spec(length: timedelta, words: str) -> None:
    assert span(length) == words


def test_times_are_told_in_utc() -> None:
    assert clock_time(NOON) == "12:00:00Z"
    assert clock_time(None) == "an unknown time"
