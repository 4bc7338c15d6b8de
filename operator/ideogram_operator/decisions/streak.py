"""Streaks: how often in a row the same thing was seen, and how much that proves.

Three rules hold for every streak. Unknown evidence speaks neither way, so it is passed over. A weaker fact cannot
break a streak that a stronger one is part of (a free check that works says nothing about a generation that was
refused). A gap in which the last fact went stale starts the count again: what happened meanwhile is not known.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from ideogram_operator.decisions.evidence import Evidence
from ideogram_operator.resource.words import Health, Strength


@dataclass(frozen=True, slots=True, kw_only=True)
class Streak:
    """The same thing seen ``count`` times in a row.

    Attributes:
        count: how often, 0 if the last word was another one.
        strength: the strongest request in it.
        first: when it began; None while the count is 0.
        last: the newest fact in it; None while the count is 0.
    """

    count: int = 0
    strength: Strength = Strength.KEY_CHECK
    first: datetime | None = None
    last: Evidence | None = None

    def fresh(self, now: datetime) -> bool:
        """Whether it still goes on as far as we know."""
        return self.last is not None and self.last.fresh(now)


NO_STREAK = Streak()


def streak(facts: Iterable[Evidence], matches: Callable[[Evidence], bool]) -> Streak:
    """Returns the streak of matching facts with which the facts end, oldest fact first."""
    current = NO_STREAK
    for fact in facts:
        if fact.health is Health.UNKNOWN:
            continue
        if matches(fact):
            current = _longer(current, fact)
        elif fact.strength >= current.strength:
            current = NO_STREAK
    return current


def good_streak(facts: Iterable[Evidence], since: datetime | None = None) -> Streak:
    """Returns the streak of good facts with which the facts end; any bad fact breaks it, however weak.

    Args:
        facts: oldest first.
        since: only facts from here on count as good; None counts all.
    """
    current = NO_STREAK
    for fact in facts:
        if fact.bad:
            current = NO_STREAK
        elif fact.good and (since is None or fact.at >= since):
            current = _longer(current, fact)
    return current


def suspicion(facts: Iterable[Evidence], now: datetime) -> Evidence | None:
    """Returns the newest bad fact that still stands: fresh, and no later good fact of its strength or more."""
    standing: Evidence | None = None
    for fact in facts:
        if not fact.fresh(now):
            continue
        if fact.bad and (standing is None or fact.strength >= standing.strength):
            standing = fact
        elif fact.good and standing is not None and fact.strength >= standing.strength:
            standing = None
    return standing


def _longer(current: Streak, fact: Evidence) -> Streak:
    if current.last is None or fact.at - current.last.at > current.last.fresh_for:
        return Streak(count=1, strength=fact.strength, first=fact.at, last=fact)
    return replace(current, count=current.count + 1, strength=max(current.strength, fact.strength), last=fact)
