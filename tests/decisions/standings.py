"""Integrations as they may stand, each told by the evidence that leads there."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ideogram_operator.decisions.memory import DRILL, PREFLIGHT
from ideogram_operator.decisions.standing import Problem, Standing, TargetStanding
from ideogram_operator.resource.reasons import Reason
from ideogram_operator.resource.words import OverrideMode, RestoreOrder, TargetMode, Trigger
from tests.decisions.player import DEFAULTS, HOUR, MINUTE, SECOND, Player, fallen, manual, recovering

KEY_AT = "Secret shop/ideogram, key api-key"


def standing(player: Player, **changes: Any) -> Standing:
    """How the player's integration stands, its one target in sync unless told otherwise."""
    decision = player.decide()
    told = TargetStanding(name="Deployment/web", mode=decision.wanted, wanted=decision.wanted, ready=True)
    given: dict[str, Any] = {"targets": (told,)} | changes
    return Standing(policy=player.policy, decision=decision, now=player.now, key_at=KEY_AT, **given)


def target(mode: TargetMode, wanted: TargetMode, *, ready: bool = True, **more: Any) -> TargetStanding:
    return TargetStanding(name="Deployment/web", mode=mode, wanted=wanted, ready=ready, **more)


def seen(words: str) -> Player:
    player = Player()
    player.see(words)
    return player


def ordered(mode: OverrideMode) -> Player:
    player = seen("ok")
    player.order(mode, until=player.now + HOUR)
    return player


def held(player: Player) -> Player:
    """Good again, the hold not over."""
    player.see("ok ok ok")
    return player


def proven(player: Player) -> Player:
    player.wait(DEFAULTS.hold)
    return player


def one_by_one() -> Player:
    player = recovering(replace(DEFAULTS, order=RestoreOrder.ONE_BY_ONE), targets=3)
    player.see("ok ok")
    return player


def flapping() -> Player:
    player = Player(policy=replace(DEFAULTS, max_flips_per_hour=2, hold=timedelta(0)))
    player.see("503 503 503")
    player.memory = replace(player.memory, recent_flips=(player.now - MINUTE, player.now))
    player.see("ok ok ok")
    return player


def stale() -> Player:
    player = seen("ok")
    player.wait(10 * MINUTE)
    return player


def wished(asked: str, words: str = "ok") -> Player:
    player = seen("ok")
    player.wish(asked)
    player.see(words)
    return player


def let_go(asked: str, words: str) -> Player:
    player = wished(asked, words)
    player.wish(None)
    return player


def gated_outage() -> Player:
    player = fallen()
    player.wish(PREFLIGHT)
    return player


def problem(reason: Reason, message: str = "something is wrong; mend it.") -> Problem:
    return Problem(reason=reason, message=message)


STATES: dict[str, Callable[[], Player]] = {
    "new": Player,
    "healthy": lambda: seen("ok"),
    "suspect: down": lambda: seen("ok 503"),
    "suspect: rejected": lambda: seen("ok 400"),
    "suspect: key": lambda: seen("ok 401"),
    "suspect: limit": lambda: seen("ok 429"),
    "throttled": lambda: seen("429 429 429 429 429 429"),
    "throttled still": lambda: seen("429 429 429 429 429 429 ok ok ok"),
    "down": fallen,
    "rejected": lambda: fallen(words="400 400 400"),
    "key": lambda: fallen(words="401 401"),
    "credit": lambda: fallen(words="402"),
    "holding": lambda: held(fallen()),
    "hold over": lambda: proven(fallen()),
    "manual": lambda: held(proven(fallen(manual(DEFAULTS)))),
    "flip limit": flapping,
    "recovering": recovering,
    "one by one": one_by_one,
    "own network": lambda: seen("ok blind"),
    "no key": lambda: seen("no-key"),
    "unsupported": lambda: seen("404"),
    "stale": stale,
    "forced fallback": lambda: ordered(OverrideMode.FORCE_FALLBACK),
    "forced live": lambda: ordered(OverrideMode.FORCE_LIVE),
    "frozen": lambda: ordered(OverrideMode.FREEZE),
    "drill": lambda: wished(DRILL),
    "drill over, suspect": lambda: let_go(DRILL, "503"),
    "gate": lambda: wished(PREFLIGHT),
    "gate, down": lambda: wished(PREFLIGHT, "503 503 503"),
    "gate open, blind": lambda: let_go(PREFLIGHT, "blind"),
    "gate open, suspect": lambda: let_go(PREFLIGHT, "503"),
    "down, gate": gated_outage,
}
"""Every state, and every cause in which it may be met."""

__all__ = ["KEY_AT", "SECOND", "STATES", "Trigger", "problem", "seen", "standing", "target"]
