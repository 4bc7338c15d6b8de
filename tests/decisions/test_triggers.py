"""What makes each trigger fire, and what clears it: the table of DESIGN.md §4."""

from dataclasses import replace

import pytest

from ideogram_operator.resource.words import Action, Health, Severity, State, Strength, Trigger
from tests.decisions.player import DEFAULTS, HOUR, MINUTE, NOON, SECOND, Player, edited, facts

FIRES = {
    "two failures are not three": ("503 503", ""),
    "the third failure in a row means unreachable": ("503 503 503", "apiUnreachable"),
    "a refused request counts as unreachable": ("400 503 400", "apiUnreachable"),
    "a single 503 among good answers is nothing": ("ok 503 ok 503 ok 503", ""),
    "unknown in between speaks neither way": ("503 blind 503 blind 503", "apiUnreachable"),
    "unknown alone is never an alert": ("blind blind blind blind", ""),
    "a missing key is never an alert": ("no-key no-key no-key", ""),
    "probe and traffic are counted together": ("503 traffic:503 503", "apiUnreachable"),
    "one 401 has to be confirmed": ("401", ""),
    "two 401 mean the key is refused": ("401 401", "authFailure"),
    "a 401 between good answers is not confirmed": ("401 ok 401 ok", ""),
    "one 402 is enough": ("ok ok 402", "creditsExhausted"),
    "five 429 are not more than five": ("429 429 429 429 429", ""),
    "the sixth 429 fires": ("429 429 429 429 429 429", "rateLimited"),
    "a good answer starts the count of 429 again": ("429 429 429 429 429 ok 429", ""),
    "a 503 starts the count of 429 again": ("429 429 429 429 429 503 429", ""),
    "503 and 429 in turns never work, so it is down": ("503 429 503 429 503", "apiUnreachable"),
    "503 and 401 in turns are both": ("503 401 503 401 503", "apiUnreachable authFailure"),
    "a weaker good answer does not contradict a paid failure": ("paid:503 ok paid:503 ok paid:503", "apiUnreachable"),
    "a stronger good answer does": ("503 503 paid:ok 503", ""),
    "weak failures that were contradicted do not add up behind a paid one": ("paid:503 503 ok 503 ok 503 ok", ""),
    "a paid failure and two free ones are three": ("paid:503 503 503", "apiUnreachable"),
}


@pytest.mark.parametrize(("words", "expected"), FIRES.values(), ids=FIRES)
def test_fires(words: str, expected: str) -> None:
    player = Player()
    player.see(words)
    assert player.firing == set(expected.split())


CLEARS = {
    "two good answers are not three": ("503 503 503 ok ok", "apiUnreachable"),
    "three good answers end unreachable": ("503 503 503 ok ok ok", ""),
    "any failure starts the good ones again": ("503 503 503 ok ok 503 ok ok", "apiUnreachable"),
    "even a weak failure does": ("503 503 503 ok ok key:503 ok", "apiUnreachable"),
    "unknown between good answers is passed over": ("503 503 503 ok blind ok blind ok", ""),
    "unknown clears nothing": ("503 503 503 blind blind blind", "apiUnreachable"),
    "one good answer shows that the key works": ("401 401 ok", ""),
    "a key that is accepted weakly is not proven": ("401 401 key:ok key:ok key:ok", "authFailure"),
    "one good answer of its strength ends a 402": ("402 ok", ""),
    "a free check cannot end a 402 on a generation": ("paid:402 ok ok ok ok", "creditsExhausted"),
    "a paid check can": ("paid:402 ok ok paid:ok", ""),
    "traffic that works can": ("paid:402 traffic:ok", ""),
    "two others do not end the rate limit": ("429 429 429 429 429 429 ok ok", "rateLimited"),
    "three others end the rate limit": ("429 429 429 429 429 429 ok 503 ok", ""),
    "a weak 429 between others starts them again": (
        "429 429 429 429 429 429 paid:ok 429 429 429 429 429 429 ok ok",
        "rateLimited",
    ),
    "a paid failure in the count asks for a paid success": ("503 paid:503 503 ok ok ok ok", "apiUnreachable"),
    "one paid success among the good ones is enough": ("503 paid:503 503 ok paid:ok ok", ""),
    "a paid failure later raises what is asked for": ("503 503 503 paid:503 ok ok ok ok", "apiUnreachable"),
}


@pytest.mark.parametrize(("words", "expected"), CLEARS.values(), ids=CLEARS)
def test_clears(words: str, expected: str) -> None:
    player = Player()
    player.see(words)
    assert player.firing == set(expected.split())


def test_an_edge_is_told_once() -> None:
    player = Player()
    player.see("503 503 503 503 503 blind 503 ok ok ok ok ok")
    assert player.told == ["apiUnreachable fired", "apiUnreachable cleared"]


def test_a_gap_starts_the_count_again() -> None:
    player = Player()
    player.see("503 503")
    player.wait(5 * MINUTE)
    player.see("503 503")
    assert not player.firing
    player.see("503")
    assert player.firing == {Trigger.API_UNREACHABLE}


def test_after_a_gap_a_paid_failure_still_counts_while_it_is_fresh() -> None:
    player = Player()
    player.see("paid:503 ok 503")
    player.last(5 * HOUR, "ok", 10 * MINUTE)
    player.see("503 503")
    assert player.firing == {Trigger.API_UNREACHABLE}


def test_after_a_gap_only_what_is_fresh_itself_counts() -> None:
    player = Player()
    player.see("paid:503 503")
    player.wait(5 * MINUTE)
    player.see("503")
    assert not player.firing, "the free failure before the gap is forgotten, the paid one is not"
    player.see("503")
    assert player.firing == {Trigger.API_UNREACHABLE}


def test_many_good_ones_far_apart_are_no_streak() -> None:
    player = Player()
    player.see("503 503 503")
    player.see("ok ok ok ok", every=5 * MINUTE)
    assert player.firing == {Trigger.API_UNREACHABLE}


def test_an_alert_tells_what_was_seen_and_keeps_it() -> None:
    player = Player()
    fired = player.see("ok 503 503 503").fired[0]
    assert (fired.value, fired.threshold, fired.severity) == (3, 3, Severity.P1)
    assert fired.message == "3 consecutive failed checks, the last: 503"
    assert fired.since - fired.first == 20 * SECOND
    before = player.memory
    player.see("503 503 503")
    assert player.memory == before, "an outage that goes on is no news"


def test_an_alert_ends_with_the_severity_with_which_it_began() -> None:
    player = Player()
    player.see("503 503 503")
    player.edit(edited(DEFAULTS, Trigger.API_UNREACHABLE, severity=Severity.P3))
    cleared = player.see("ok ok ok").cleared
    assert [alert.severity for alert in cleared] == [Severity.P1], "the receivers that were paged learn that it is over"


@pytest.mark.parametrize("threshold", [1, 2, 5, 20])
def test_the_threshold_is_the_specs(threshold: int) -> None:
    player = Player(policy=edited(DEFAULTS, Trigger.API_UNREACHABLE, consecutive=threshold))
    player.see("503 " * (threshold - 1) + "blind")
    assert not player.firing
    player.see("503")
    assert player.firing == {Trigger.API_UNREACHABLE}


def test_a_raised_threshold_does_not_clear_what_fires() -> None:
    player = Player()
    player.see("503 503 503")
    player.edit(edited(DEFAULTS, Trigger.API_UNREACHABLE, consecutive=10))
    assert player.firing == {Trigger.API_UNREACHABLE}
    player.see("ok ok ok")
    assert not player.firing


def test_a_trigger_that_is_gone_ends_its_alert() -> None:
    player = Player()
    player.see("503 503 503")
    player.edit(replace(DEFAULTS, triggers=DEFAULTS.triggers[1:]))
    assert player.told == ["apiUnreachable fired", "apiUnreachable cleared"]


def test_only_an_alert_is_told_where_the_action_is_alert() -> None:
    player = Player(policy=edited(DEFAULTS, Trigger.API_UNREACHABLE, action=Action.ALERT))
    player.see("503 503 503 503")
    assert player.firing == {Trigger.API_UNREACHABLE}
    assert player.state is State.SUSPECT


def test_where_no_paid_check_is_allowed_the_strongest_free_one_clears() -> None:
    player = Player(policy=replace(DEFAULTS, strongest=Strength.DRY_RUN))
    player.see("traffic:503 traffic:503 traffic:503")
    player.last(MINUTE, "key:ok")
    assert player.firing == {Trigger.API_UNREACHABLE}
    player.see("ok ok ok")
    assert not player.firing, "in fallback there is no traffic that could ever prove more"


def test_a_clock_put_back_a_little_does_not_lose_the_count() -> None:
    player = Player()
    player.see("503 503")
    player.now -= 4 * SECOND
    player.see("503")
    assert player.firing == {Trigger.API_UNREACHABLE}


@pytest.mark.parametrize("words", ["ok ok ok", "paid:ok", "paid:blind", "no-key"])
def test_facts_from_a_clock_that_was_ahead_hide_nothing(words: str) -> None:
    player = Player()
    player.see(words)
    player.now -= HOUR
    player.see("503 503 503")
    assert player.firing == {Trigger.API_UNREACHABLE}


def test_facts_from_a_clock_that_was_ahead_prove_nothing() -> None:
    player = Player()
    player.see("503 503")
    player.now -= HOUR
    assert player.decide().health is Health.UNKNOWN
    player.see("503")
    assert not player.firing


BATCHES = {
    "three failures, and then our network failed": ("503 503 503 blind", ""),
    "three failures, and then the key was gone": ("503 503 503 no-key", ""),
    "three failures, and then an answer that is no verdict": ("503 503 503 404", "apiUnreachable"),
}


@pytest.mark.parametrize(("words", "expected"), BATCHES.values(), ids=BATCHES)
def test_what_cannot_be_told_begins_no_alert(words: str, expected: str) -> None:
    player = Player(evidence=facts(words), now=NOON + MINUTE / 2)
    player.decide()
    assert player.firing == set(expected.split())


def test_what_cannot_be_told_ends_no_alert() -> None:
    player = Player()
    player.see("503 503 503")
    player.evidence = facts("ok ok ok blind", start=player.now + SECOND, every=SECOND)
    player.wait(4 * SECOND)
    assert player.firing == {Trigger.API_UNREACHABLE}
    player.see("ok")
    assert not player.firing
