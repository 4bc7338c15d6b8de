"""When to ask again without new evidence."""

from dataclasses import replace
from datetime import timedelta

from ideogram_operator.resource.words import Health, OverrideMode
from tests.decisions.player import DEFAULTS, HOUR, MINUTE, NOON, SECOND, Player, fallen

BLINK = timedelta(milliseconds=1)


def test_it_is_never_longer_than_ten_minutes() -> None:
    assert Player().decide().next_in == 10 * MINUTE


def test_until_the_evidence_is_stale() -> None:
    player = Player()
    decision = player.see("ok")
    assert decision.next_in == 30 * SECOND + BLINK
    assert player.wait(decision.next_in - 2 * BLINK).health is Health.HEALTHY
    assert player.wait(2 * BLINK).health is Health.UNKNOWN


def test_until_what_is_believed_is_stale_though_newer_facts_are_not() -> None:
    player = Player()
    player.see("paid:503")
    player.wait(18 * HOUR - 20 * SECOND)
    assert player.see("ok").next_in == 10 * SECOND + BLINK


def test_until_the_hold_is_over() -> None:
    player = fallen(replace(DEFAULTS, hold=20 * SECOND))
    assert player.decide().next_in == 20 * SECOND


def test_until_a_flip_is_an_hour_old() -> None:
    player = fallen(replace(DEFAULTS, max_flips_per_hour=2))
    player.wait(HOUR - 3 * MINUTE)
    assert player.decide().next_in == 3 * MINUTE


def test_until_an_order_ends() -> None:
    player = Player()
    assert player.order(OverrideMode.FREEZE, until=NOON + MINUTE).next_in == MINUTE


def test_until_throttling_may_end() -> None:
    player = Player()
    player.see("429 429 429 429 429 429 ok ok ok")
    player.evidence.clear()
    assert player.decide().next_in == 5 * MINUTE - 30 * SECOND


def test_there_is_always_a_moment_to_wait() -> None:
    player = fallen()
    for _ in range(200):
        assert player.decide().next_in > timedelta()
        player.wait(7 * SECOND)
