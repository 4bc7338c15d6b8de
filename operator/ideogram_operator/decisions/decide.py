"""The one decision: from the policy, the memory and the evidence to what the targets should be told.

``decide`` is pure and level-based. It does not know what was done about its last decision: it says how things should
be, as often as it is asked, and says the same while nothing changes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ideogram_operator.decisions.breaker import FLIP_WINDOW, Situation, proven, settle, way_open
from ideogram_operator.decisions.evidence import Evidence
from ideogram_operator.decisions.health import Assessment, assess
from ideogram_operator.decisions.memory import Alert, Memory
from ideogram_operator.decisions.policy import Policy
from ideogram_operator.decisions.triggers import evaluate
from ideogram_operator.resource.words import Action, Health, Strength, TargetMode

LONGEST_WAIT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What was found out since the last decision.

    Attributes:
        evidence: oldest first; may be empty, as after a restart.
        recover_token: the value of the annotation by which a person opens the way back.
        targets: how many targets the integration has.
        settled: how many of the targets already given back have become ready again.
    """

    evidence: Sequence[Evidence] = ()
    recover_token: str = ""
    targets: int = 1
    settled: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """How things should be.

    Attributes:
        memory: what the next decision needs, and all that is persisted.
        wanted: what targets should be told: a level, not an edge.
        restored: the first so many targets are told Live already (``OneByOne`` only).
        fired, cleared: alerts that began or ended with this decision, each to be told once.
        seen: whether there was any evidence at all.
        proven: good facts in a row since recovery may be tried; 0 outside of fallback.
        recovery_strength: how strong the evidence has to be that is looked for now; None: no recovery is looked for.
        next_in: until there is something new to decide without new evidence.
    """

    memory: Memory
    assessment: Assessment
    wanted: TargetMode
    restored: int
    alerts: tuple[Alert, ...]
    fired: tuple[Alert, ...]
    cleared: tuple[Alert, ...]
    seen: bool
    proven: int
    recovery_strength: Strength | None
    next_in: timedelta

    @property
    def health(self) -> Health:
        """What is believed about the API."""
        return self.assessment.health

    def mode_of(self, index: int) -> TargetMode:
        """Returns what the target at this place of the spec's order should be told."""
        return TargetMode.LIVE if index < self.restored else self.wanted


def decide(policy: Policy, memory: Memory, observed: Observed, now: datetime) -> Decision:
    """Returns the decision; total over all input, without side effects."""
    assessment = assess(observed.evidence, now)
    alerts = evaluate(policy, memory.alerts, observed.evidence, now)
    situation = Situation(
        policy=policy,
        facts=observed.evidence,
        alerts=alerts,
        health=assessment.health,
        now=now,
        recover_token=observed.recover_token,
        targets=observed.targets,
        settled=observed.settled,
    )
    settled = settle(situation, memory)
    return Decision(
        memory=settled,
        assessment=assessment,
        wanted=TargetMode.FALLBACK if settled.falling_back else TargetMode.LIVE,
        restored=settled.restored,
        alerts=alerts,
        fired=_missing(alerts, memory.alerts),
        cleared=_missing(memory.alerts, alerts),
        seen=bool(observed.evidence),
        proven=proven(situation, settled) if settled.falling_back else 0,
        recovery_strength=_recovery_strength(situation, settled),
        next_in=_next_in(situation, settled),
    )


def _missing(these: Sequence[Alert], those: Sequence[Alert]) -> tuple[Alert, ...]:
    names = {alert.trigger for alert in those}
    return tuple(alert for alert in these if alert.trigger not in names)


def _recovery_strength(situation: Situation, memory: Memory) -> Strength | None:
    """Returns what a check must prove for the way back, None while nothing may be tried."""
    if not memory.falling_back or situation.policy.overridden(situation.now) is not None:
        return None
    if not way_open(situation, memory):
        return None
    return max((alert.strength for alert in situation.calling), default=Strength.KEY_CHECK)


def _next_in(situation: Situation, memory: Memory) -> timedelta:
    now = situation.now
    moments = [moment - now for moment in _moments(situation, memory) if moment > now]
    return min([*moments, LONGEST_WAIT])


def _moments(situation: Situation, memory: Memory) -> Iterator[datetime]:
    override = situation.policy.override
    if override is not None and override.until is not None:
        yield override.until
    if memory.hold_until is not None:
        yield memory.hold_until
    if memory.falling_back:
        yield from (flip + FLIP_WINDOW for flip in memory.recent_flips)
    # The moment after the newest fact went stale, the health is another one.
    yield from (fact.at + fact.fresh_for + timedelta(milliseconds=1) for fact in situation.facts[-1:])


def asks_for_fallback(policy: Policy, alert: Alert) -> bool:
    """Whether the alert's action is the fallback."""
    rule = policy.of(alert.trigger)
    return rule is not None and rule.action is Action.FALLBACK
