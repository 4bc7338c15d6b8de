"""Streaks: how often in a row the same thing was seen, and how much that proves.

Three rules hold for every streak. Unknown evidence speaks neither way, so it is passed over. What a stronger request
saw, a weaker one cannot contradict (a free check that works says nothing about a generation that was refused). And a
gap in which the last fact went stale starts the count again, because what happened meanwhile is not known.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ideogram_operator.decisions.evidence import Evidence
from ideogram_operator.resource.words import Health, Strength

Matches = Callable[[Evidence], bool]


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


def streak(facts: Iterable[Evidence], matches: Matches, *, breaks: Matches) -> Streak:
    """Returns the streak of matching facts with which the facts end.

    Args:
        facts: oldest first.
        matches: what is counted.
        breaks: what contradicts it; takes back the matching facts that rest on nothing stronger. What neither
            matches nor breaks is passed over.
    """
    chain: list[Evidence] = []
    for fact in facts:
        if fact.health is Health.UNKNOWN:
            continue
        if matches(fact):
            _join(chain, fact)
        elif chain and breaks(fact):
            chain = [earlier for earlier in chain if earlier.strength > fact.strength]
    return _summed(chain)


def unbroken(facts: Iterable[Evidence], matches: Matches, since: datetime | None = None) -> Streak:
    """Returns the streak of matching facts with which the facts end; any other known fact ends it, however weak.

    This is the streak that speaks for going back, so it is the strict one.

    Args:
        facts: oldest first.
        matches: what is counted.
        since: only facts from here on are counted; None counts all.
    """
    chain: list[Evidence] = []
    for fact in facts:
        if fact.health is Health.UNKNOWN:
            continue
        if not matches(fact):
            chain.clear()
        elif since is None or fact.at >= since:
            _join(chain, fact)
    return _summed(chain)


def good_streak(facts: Iterable[Evidence], since: datetime | None = None) -> Streak:
    """Returns the streak of good facts with which the facts end; any bad fact breaks it, however weak."""
    return unbroken(facts, lambda fact: fact.good, since)


def suspicion(facts: Iterable[Evidence], now: datetime) -> Evidence | None:
    """Returns the bad fact that counts: fresh, and with no later good fact of its strength or more.

    Of several that stand, each method's newest word counts, and of these the worst: what a free check says of the
    rate limit does not hide that a generation was refused.
    """
    standing: list[Evidence] = []
    for fact in facts:
        if standing and fact.good:
            standing = [earlier for earlier in standing if earlier.strength > fact.strength]
        elif fact.bad:
            standing.append(fact)
    words: list[Evidence] = []
    for fact in reversed([fact for fact in standing if fact.fresh(now)]):
        if not words or fact.strength > words[-1].strength:
            words.append(fact)
    return max(words, key=lambda fact: fact.health is Health.DOWN, default=None)


def _join(chain: list[Evidence], following: Evidence) -> None:
    """Adds the next fact; if the last one went stale before it, only what is still fresh itself counts on."""
    if chain and not chain[-1].fresh(following.at):
        chain[:] = [earlier for earlier in chain if earlier.fresh(following.at)]
    chain.append(following)


def _summed(chain: Sequence[Evidence]) -> Streak:
    if not chain:
        return NO_STREAK
    return Streak(
        count=len(chain),
        strength=max(fact.strength for fact in chain),
        first=chain[0].at,
        last=chain[-1],
    )
