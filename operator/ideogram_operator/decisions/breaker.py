"""The circuit breaker: which state follows, given what is known.

Each rule below looks at one situation and returns the memory that follows, or None if it does not apply. ``settle``
applies the first that does until none does, so the outcome is a fixed point: asked again with the same facts at the
same time, nothing moves. A person's override comes before every rule.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ideogram_operator.decisions.evidence import Evidence
from ideogram_operator.decisions.memory import OVERRIDE, Alert, Memory
from ideogram_operator.decisions.policy import Policy
from ideogram_operator.decisions.streak import good_streak, suspicion
from ideogram_operator.resource.words import Action, Health, OverrideMode, Recovery, RestoreOrder, State, Trigger

FLIP_WINDOW = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that a transition may look at.

    Attributes:
        health: as assessed from the evidence; Unknown moves nothing.
        recover_token: the recover annotation's present value.
        targets: how many targets there are; ``settled``: how many of those already given back have become ready.
    """

    policy: Policy
    facts: Sequence[Evidence]
    alerts: tuple[Alert, ...]
    health: Health
    now: datetime
    recover_token: str = ""
    targets: int = 1
    settled: int = 0

    @property
    def calling(self) -> tuple[Alert, ...]:
        """The alerts that ask for fallback."""
        return tuple(alert for alert in self.alerts if self._action(alert) is Action.FALLBACK)

    def _action(self, alert: Alert) -> Action | None:
        rule = self.policy.of(alert.trigger)
        return rule.action if rule else None


Rule = Callable[[Situation, Memory], Memory | None]


def settle(situation: Situation, memory: Memory) -> Memory:
    """Returns the memory in which no rule moves anything any more."""
    order = situation.policy.overridden(situation.now)
    current = _refresh(situation, memory)
    if order is not None:
        return _obey(order, situation, current)
    for _ in range(len(RULES) + situation.targets):
        following = next((moved for rule in RULES if (moved := rule(situation, current)) is not None), None)
        if following is None:
            break
        current = following
    return current


def flip_room(policy: Policy, memory: Memory, now: datetime) -> bool:
    """Whether the hour has room for a return and for the fallback that may have to follow it.

    A return that used up the last flip would leave the application without protection, so two must be free.
    """
    return len(_recent(memory.recent_flips, now)) + 2 <= policy.max_flips_per_hour


def waits_for_person(situation: Situation, memory: Memory) -> bool:
    """Whether the way back is a person's to open, and nobody has."""
    rules = [situation.policy.of(alert.trigger) for alert in situation.alerts]
    rules += [situation.policy.of(trigger) for trigger in Trigger if trigger.value == memory.cause]
    manual = any(rule is not None and rule.recovery is Recovery.MANUAL for rule in rules)
    return manual and situation.recover_token == memory.recover_token


def hold_over(memory: Memory, now: datetime) -> bool:
    """Whether recovery may be tried."""
    return memory.hold_until is None or now >= memory.hold_until


def _refresh(situation: Situation, memory: Memory) -> Memory:
    # A clock that jumped back must not stretch a hold beyond the longest there is.
    longest = situation.now + situation.policy.max_hold
    hold_until = min(memory.hold_until, longest) if memory.hold_until else None
    return replace(
        memory,
        alerts=situation.alerts,
        hold_until=hold_until,
        recent_flips=_recent(memory.recent_flips, situation.now),
    )


def _recent(flips: Sequence[datetime], now: datetime) -> tuple[datetime, ...]:
    return tuple(flip for flip in flips if now - flip < FLIP_WINDOW)


# -- a person's orders ------------------------------------------------------------------------------------------------


def _obey(order: OverrideMode, situation: Situation, memory: Memory) -> Memory:
    match order:
        case OverrideMode.FORCE_FALLBACK if memory.state is not State.FALLBACK or memory.restored:
            return _forced_fallback(situation, memory)
        case OverrideMode.FORCE_LIVE if memory.state is not State.LIVE:
            return _live(situation, memory, by_itself=False)
    return memory


def _forced_fallback(situation: Situation, memory: Memory) -> Memory:
    # The hold protects against a provider that flaps; a person's order needs none once it ends.
    flips = memory.flips if memory.falling_back and not memory.restored else memory.flips + 1
    return replace(
        memory,
        state=State.FALLBACK,
        since=situation.now,
        cause=OVERRIDE,
        detected_at=situation.now,
        hold_until=None,
        flips=flips,
        restored=0,
        recover_token=situation.recover_token,
    )


# -- the rules, in the order in which they are asked ------------------------------------------------------------------


def _fall_back(situation: Situation, memory: Memory) -> Memory | None:
    """Live or Suspect, and a trigger asks for fallback."""
    if memory.falling_back or not situation.calling:
        return None
    first = situation.calling[0]
    relapses = _relapses(situation, memory)
    return replace(
        memory,
        state=State.FALLBACK,
        since=situation.now,
        cause=first.trigger.value,
        detected_at=min(alert.first for alert in situation.calling),
        hold_until=situation.now + _hold(situation.policy, relapses),
        relapses=relapses,
        flips=memory.flips + 1,
        recent_flips=(*memory.recent_flips, situation.now),
        recover_token=situation.recover_token,
        restored=0,
    )


def _become_suspicious(situation: Situation, memory: Memory) -> Memory | None:
    """Live, and something speaks against the API."""
    if memory.state is not State.LIVE:
        return None
    bad = suspicion(situation.facts, situation.now)
    if bad is None or situation.health is Health.UNKNOWN:
        return None
    return replace(memory, state=State.SUSPECT, since=situation.now, detected_at=bad.at)


def _dispel_suspicion(situation: Situation, memory: Memory) -> Memory | None:
    """Suspect, and the API works after all."""
    if memory.state is not State.SUSPECT or situation.health is not Health.HEALTHY:
        return None
    return replace(memory, state=State.LIVE, since=situation.now, detected_at=None)


def _try_recovery(situation: Situation, memory: Memory) -> Memory | None:
    """Fallback, and there is a reason to hope."""
    if memory.state is not State.FALLBACK or not may_recover(situation, memory):
        return None
    if not proven(situation, memory):
        return None
    return replace(memory, state=State.RECOVERING, since=situation.now, restored=0)


def _give_up_recovery(situation: Situation, memory: Memory) -> Memory | None:
    """Recovering, and the API fails again; what was given back already is taken back."""
    if memory.state is not State.RECOVERING:
        return None
    failing = situation.health is not Health.UNKNOWN and suspicion(situation.facts, situation.now) is not None
    if not failing and not _blocked(situation):
        return None
    held = replace(memory, state=State.FALLBACK, since=situation.now)
    if not memory.restored:
        return held
    relapses = memory.relapses + 1
    return replace(
        held,
        restored=0,
        relapses=relapses,
        hold_until=situation.now + _hold(situation.policy, relapses),
        flips=memory.flips + 1,
        recent_flips=(*memory.recent_flips, situation.now),
    )


def _restore(situation: Situation, memory: Memory) -> Memory | None:
    """Recovering, and the API has proven itself."""
    if memory.state is not State.RECOVERING or situation.calling:
        return None
    if proven(situation, memory) < situation.policy.successes:
        return None
    if not memory.restored and not flip_room(situation.policy, memory, situation.now):
        return None
    if situation.policy.order is RestoreOrder.ONE_BY_ONE:
        return _restore_next(situation, memory)
    return _live(situation, memory, by_itself=True)


RULES: tuple[Rule, ...] = (
    _fall_back,
    _become_suspicious,
    _dispel_suspicion,
    _give_up_recovery,
    _try_recovery,
    _restore,
)


# -- what the rules share ---------------------------------------------------------------------------------------------


def may_recover(situation: Situation, memory: Memory) -> bool:
    """Whether nothing but good evidence is missing for the way back."""
    return not _blocked(situation) and way_open(situation, memory)


def way_open(situation: Situation, memory: Memory) -> bool:
    """Whether hold, flips and people allow a return, whatever the API does."""
    return (
        hold_over(memory, situation.now)
        and flip_room(situation.policy, memory, situation.now)
        and not waits_for_person(situation, memory)
    )


def _blocked(situation: Situation) -> bool:
    # apiUnreachable does not stand in the way of its own recovery: it clears by it.
    return any(alert.trigger is not Trigger.API_UNREACHABLE for alert in situation.calling)


def proven(situation: Situation, memory: Memory) -> int:
    """Returns how many good facts in a row speak for a return, counted from the moment it may be tried."""
    if situation.health is not Health.HEALTHY:
        return 0
    found = good_streak(situation.facts, since=memory.hold_until or memory.since)
    return found.count if found.fresh(situation.now) else 0


def _restore_next(situation: Situation, memory: Memory) -> Memory | None:
    """One target more, once those before it are ready; Live when all are."""
    if situation.settled < memory.restored:
        return None
    if memory.restored >= situation.targets:
        return _live(situation, memory, by_itself=True)
    if memory.restored:
        return replace(memory, restored=memory.restored + 1)
    return replace(
        memory,
        restored=1,
        flips=memory.flips + 1,
        recent_flips=(*memory.recent_flips, situation.now),
    )


def _live(situation: Situation, memory: Memory, *, by_itself: bool) -> Memory:
    # One by one, the flip was counted when the first target was given back.
    counted = memory.restored > 0 or not memory.falling_back
    flips = memory.recent_flips if counted or not by_itself else (*memory.recent_flips, situation.now)
    return replace(
        memory,
        state=State.LIVE,
        since=situation.now,
        cause=None,
        detected_at=None,
        hold_until=None,
        flips=memory.flips if counted else memory.flips + 1,
        recent_flips=flips,
        returned_at=situation.now if memory.falling_back else memory.returned_at,
        restored=0,
    )


def _relapses(situation: Situation, memory: Memory) -> int:
    returned = memory.returned_at
    relapsed = returned is not None and situation.now - returned <= situation.policy.relapse_window
    return memory.relapses + 1 if relapsed else 0


def _hold(policy: Policy, relapses: int) -> timedelta:
    # Twenty doublings of the shortest hold exceed every longest one; the bound keeps the number finite.
    return min(policy.hold * (1 << min(relapses, 20)), policy.max_hold)
